"""CRMs as functions from request to answer, small enough to see through. Bitrix24 has a file
of its own."""

import json
import re
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

Json = dict[str, Any]
Trouble = Callable[[httpx.Request], httpx.Response]
"""What happens to one request instead of an answer: returns another answer, or raises."""


class StandIn:
    """Answers from `routes`; `trouble` is used up first, `lost` answers are made and then lost."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.trouble: deque[Trouble | None] = deque()
        self.lose_answers = 0

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def wrote(self) -> list[tuple[str, str, Any]]:
        """(method, path, body) of everything but reads."""
        return [
            (request.method, request.url.path, json.loads(request.content or b"null"))
            for request in self.requests
            if request.method != "GET" and "oauth2" not in request.url.path
        ]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble is not None:
            return trouble(request)
        answer = self.answer(request)
        if self.lose_answers > 0:
            self.lose_answers -= 1
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    def answer(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError


def status(code: int, body: Any = None, **headers: str) -> Trouble:
    def trouble(_request: httpx.Request) -> httpx.Response:
        if isinstance(body, str):
            return httpx.Response(code, html=body, headers=headers)
        return httpx.Response(code, json=body, headers=headers)

    return trouble


def failing(error: type[httpx.RequestError]) -> Trouble:
    def trouble(request: httpx.Request) -> httpx.Response:
        raise error("made to fail", request=request)

    return trouble


class AmocrmStandIn(StandIn):
    """Leads, contacts, notes, tasks; a long-lived token and an OAuth chain."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[int, Json] = {41000001: lead(41000001)}
        self.contacts: dict[int, Json] = {51000001: contact()}
        self.notes: list[Json] = []
        self.tasks: list[Json] = []
        self.valid = {"long-lived-TEST"}
        self.refresh = 1
        self.page = 250

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        if path == "/oauth2/access_token":
            return self._exchange(json.loads(request.content))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid:
            return httpx.Response(401, json={"title": "Unauthorized", "status": 401})
        parts = path.removeprefix("/api/v4/").split("/")
        match method, parts:
            case "GET", ["leads"]:
                return self._listed(request)
            case "GET", ["leads", number]:
                return _found(self.leads.get(int(number)))
            case "PATCH", ["leads", number]:
                return _change(self.leads, int(number), json.loads(request.content))
            case "GET", ["leads", number, "notes"]:
                return _list("notes", [n for n in self.notes if n["entity_id"] == int(number)])
            case "POST", ["leads", number, "notes"]:
                self.notes += [n | {"entity_id": int(number)} for n in json.loads(request.content)]
                return httpx.Response(200, json={})
            case "GET", ["contacts"]:
                return self._people(request)
            case "GET", ["contacts", number]:
                return _found(self.contacts.get(int(number)))
            case "PATCH", ["contacts", number]:
                return _change(self.contacts, int(number), json.loads(request.content))
            case "GET", ["tasks"]:
                wanted = request.url.params["filter[entity_id]"]
                return _list("tasks", [t for t in self.tasks if str(t["entity_id"]) == wanted])
            case "POST", ["tasks"]:
                self.tasks += json.loads(request.content)
                return httpx.Response(200, json={})
        return httpx.Response(404, json={"title": "Not found", "status": 404})

    def _exchange(self, asked: Json) -> httpx.Response:
        known = ("client-TEST", "client-secret-TEST", f"refresh-{self.refresh}-TEST")
        if (asked["client_id"], asked["client_secret"], asked["refresh_token"]) != known:
            return httpx.Response(401, json={"hint": "Token has been revoked", "status": 401})
        self.refresh += 1
        self.valid = {f"access-{self.refresh}-TEST"}
        return httpx.Response(
            200,
            json={
                "token_type": "Bearer",
                "expires_in": 86400,
                "access_token": f"access-{self.refresh}-TEST",
                "refresh_token": f"refresh-{self.refresh}-TEST",
            },
        )

    def _listed(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        ids = {int(value) for key, value in params.items() if key.startswith("filter[id]")}
        if ids:
            return _list("leads", [one for one in self.leads.values() if one["id"] in ids])
        since, page = int(params["filter[updated_at][from]"]), int(params["page"])
        found = sorted(
            (one for one in self.leads.values() if one["updated_at"] >= since),
            key=lambda one: (one["updated_at"], one["id"]),
        )
        return _list("leads", found[(page - 1) * self.page : page * self.page])

    def _people(self, request: httpx.Request) -> httpx.Response:
        """`query` is looked for in the digits of everything, as amoCRM does it."""
        found = [
            person
            for person in self.contacts.values()
            if request.url.params["query"] in re.sub(r"[^0-9]", "", json.dumps(person))
        ]
        linked = [
            person | {"_embedded": {"leads": self._leads_of(person["id"])}} for person in found
        ]
        return _list("contacts", linked)

    def _leads_of(self, contact_id: int) -> list[Json]:
        return [
            {"id": one["id"]}
            for one in self.leads.values()
            if contact_id in [linked["id"] for linked in one["_embedded"]["contacts"]]
        ]


def _change(entities: dict[int, Json], number: int, change: Json) -> httpx.Response:
    if number not in entities:
        return httpx.Response(404, json={"status": 404})
    fields = {f["field_id"]: f for f in entities[number].get("custom_fields_values") or []}
    for field in change.pop("custom_fields_values", []):
        fields.pop(field["field_id"], None)
        if field["values"] is not None:
            fields[field["field_id"]] = field
    entities[number] |= change | {"custom_fields_values": list(fields.values())}
    return httpx.Response(200, json={"id": number})


def _found(entity: Json | None) -> httpx.Response:
    return httpx.Response(204) if entity is None else httpx.Response(200, json=entity)


def _list(name: str, entities: list[Json]) -> httpx.Response:
    if not entities:
        return httpx.Response(204)
    return httpx.Response(200, json={"_page": 1, "_links": {}, "_embedded": {name: entities}})


def lead(number: int, **changes: object) -> Json:
    """A lead as `GET /api/v4/leads/{id}?with=contacts` answers, in the search stage."""
    return {
        "id": number,
        "name": "Перевод документов",
        "price": 15000,
        "responsible_user_id": 8000001,
        "status_id": 70000001,
        "pipeline_id": 9000001,
        "loss_reason_id": None,
        "updated_at": 1763726400,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": [
            field(500001, "textarea", "Два паспорта"),
            field(500002, "date_time", 1763737200),
            field(500003, "numeric", "12000"),
            field(500004, "multiselect", "английский", "немецкий"),
        ],
        "_links": {"self": {"href": f"https://example.amocrm.ru/api/v4/leads/{number}"}},
        "_embedded": {
            "tags": [],
            "companies": [],
            "contacts": [{"id": 51000009, "is_main": False}, {"id": 51000001, "is_main": True}],
        },
    } | changes


def field(number: int, kind: str, *values: object) -> Json:
    return {
        "field_id": number,
        "field_name": "Поле",
        "field_code": None,
        "field_type": kind,
        "values": [{"value": value} for value in values],
    }


def contact(**changes: object) -> Json:
    phone = field(600001, "multitext", "8 900 000 00 01", "+7 900 000-00-02")
    return {
        "id": 51000001,
        "name": "Иванна Примерова",
        "custom_fields_values": [phone | {"field_code": "PHONE"}],
    } | changes


class GenericStandIn(StandIn):
    """Deals with comments and tasks; the Idempotency-Key is heeded."""

    def __init__(self) -> None:
        super().__init__()
        self.deals: dict[str, Json] = {"1001": generic_deal("1001")}
        self.comments: list[Json] = []
        self.tasks: list[Json] = []
        self.keys: set[str] = set()

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != "Bearer long-lived-TEST":
            return httpx.Response(401)
        parts = request.url.raw_path.decode().partition("?")[0].removeprefix("/api/").split("/")
        match request.method, parts:
            case "GET", ["deals"]:
                since = float(request.url.params["updated_since"])
                changed = [d for d in self.deals.values() if d["updated_at"] >= since]
                return httpx.Response(200, json={"deals": changed})
            case "GET", ["deals", number] if number in self.deals:
                return httpx.Response(200, json=self.deals[number])
            case "PATCH", ["deals", number] if number in self.deals:
                self.deals[number] |= json.loads(request.content)
                return httpx.Response(200, json={})
            case "POST", ["deals", number, ("comments" | "tasks") as kind] if number in self.deals:
                return self._add(self.comments if kind == "comments" else self.tasks, request)
        return httpx.Response(404)

    def _add(self, to: list[Json], request: httpx.Request) -> httpx.Response:
        key = request.headers["Idempotency-Key"]
        if key not in self.keys:
            self.keys.add(key)
            to.append(json.loads(request.content))
        return httpx.Response(201)


def generic_deal(number: str, **changes: object) -> Json:
    return {
        "id": number,
        "stage": "search",
        "title": "Доставка букета",
        "updated_at": 1763726400,
        "terms": {"text": "Забрать на складе", "pay": {"amount": 1500}},
        "schedule": {"deadline": "2030-01-15T15:00:00+03:00"},
        "tags": [{"name": "Курьер"}, {"name": "Авто"}],
        "client": {"name": "Пробный Клиент", "phones": ["+79000000021"]},
        "assignee": {"id": 17},
        "url": "https://crm.example/deals/1001",
    } | changes
