"""Contacts over HTTP: found by a text, read, and changed."""

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from sandbox.amocrm import own_fields, queries
from sandbox.amocrm.mistakes import error
from sandbox.amocrm.records import Contact, Records
from sandbox.amocrm.shapes import HalResponse, Shapes, invalid, link, problem
from sandbox.wire import Handler, Json, json_object


class People:
    """`change` applies a checked body in the API's name and sends the hook."""

    def __init__(self, records: Records, change: Callable[[Contact, Json], object]) -> None:
        self.records = records
        self._change = change

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/contacts", self._list),
            ("GET", "/contacts/{id:int}", self._contact),
            ("PATCH", "/contacts/{id:int}", self._patch),
        ]

    async def _list(self, request: Request) -> Response:
        """The newest first, as amoCRM lists them."""
        wanted = request.query_params.get("query", "")
        found = [one for one in self.records.contacts.values() if holds(one, wanted)]
        found.sort(key=lambda one: one.id, reverse=True)
        shown = [self._shown(request, one) for one in found]
        return queries.page(request, _base(request), "contacts", shown)

    async def _contact(self, request: Request) -> Response:
        contact = self.records.contacts.get(request.path_params["id"])
        if contact is None:
            return Response(status_code=204)
        return HalResponse(self._shown(request, contact))

    async def _patch(self, request: Request) -> Response:
        body = json_object(await request.body())
        contact = self.records.contacts.get(request.path_params["id"])
        if contact is None:
            return problem(404, "Element not found")
        wrong = mistakes(self.records, body)
        if wrong:
            return invalid([(0, one) for one in wrong])
        self._change(contact, body)
        links = link(_base(request), f"contacts/{contact.id}")
        shown = {"id": contact.id, "updated_at": contact.updated_at, "_links": links}
        return HalResponse({"name": contact.name, **shown})

    def _shown(self, request: Request, contact: Contact) -> Json:
        wanted = request.query_params.get("with", "").split(",")
        shapes = Shapes(self.records, _base(request))
        return shapes.contact(contact, with_leads="leads" in wanted)


def holds(contact: Contact, query: str) -> bool:
    """amoCRM looks into every field, and compares digits where the query is a number.

    Nothing is known of country codes: +7 900 … and 8 900 … are different numbers.
    """
    own = [one["value"] for values in contact.values.values() for one in values]
    texts = [str(text) for text in (contact.name, contact.phone or "", *own)]
    if any(query.lower() in text.lower() for text in texts):
        return True
    if re.fullmatch(r"[0-9+() -]*[0-9][0-9+() -]*", query) is None:
        return False
    return any(_digits(query) in _digits(text) for text in texts)


def mistakes(records: Records, body: Json) -> list[Json]:
    """Each mistake as `{code, path, detail}`; an empty list when the body is right."""
    found = []
    if "name" in body and not isinstance(body["name"], str):
        found.append(error("InvalidType", "name", "This value should be of type string."))
    fields = records.settings.contact_fields
    return found + own_fields.mistakes(fields, body.get("custom_fields_values"))


def apply(records: Records, contact: Contact, body: Json) -> list[str]:
    """Change the card and say in words what is different now."""
    said = []
    if "name" in body and contact.name != body["name"]:
        contact.name = body["name"]
        said.append(f"имя: {contact.name}")
    own = body.get("custom_fields_values")
    said += own_fields.put(records.settings.contact_fields, contact.values, own)
    contact.touch()
    return said


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
