"""Control of Bitrix24's cards: what the manager does with deals and contacts."""

from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.bitrix24.api import Bitrix24StandIn
from sandbox.bitrix24.dates import written
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import user_fields
from sandbox.bitrix24.records import CONTACT, DEAL, Card, Contact, Deal, Phone
from sandbox.bitrix24.samples import SampleContact, SampleDeal
from sandbox.control.crm import BULK_LIMIT
from sandbox.settings_tyres import UserField
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World


class Bitrix24Control:
    """Handlers under /control/bitrix24: deals and contacts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/deals", self._list),
            ("POST", "/deals", self._create),
            ("POST", "/deals/move", self._move_many),
            ("GET", "/deals/{id:int}", self._read),
            ("PATCH", "/deals/{id:int}", self._edit),
            ("DELETE", "/deals/{id:int}", self._delete),
            ("POST", "/deals/{id:int}/move", self._move),
            ("POST", "/deals/{id:int}/robot", self._robot),
            ("GET", "/contacts", self._contacts),
            ("PATCH", "/contacts/{id:int}", self._edit_contact),
        ]
        return [(verb, f"/bitrix24{path}", handler) for verb, path, handler in table]

    @property
    def _stand_in(self) -> Bitrix24StandIn:
        return self._world.bitrix24

    async def _list(self, request: Request) -> Response:
        del request
        deals = self._stand_in.portal.deals.values()
        return JSONResponse({"deals": [self._shown(deal) for deal in deals]})

    async def _read(self, request: Request) -> Response:
        return JSONResponse(self._shown(self._deal(request)))

    def _deal(self, request: Request) -> Deal:
        deal = self._stand_in.portal.deals.get(request.path_params["id"])
        if deal is None:
            raise Impossible("there is no such deal")
        return deal

    def _shown(self, deal: Deal) -> Json:
        portal = self._stand_in.portal
        contacts = [portal.contacts[number] for number in deal.contact_ids]
        return {
            "id": deal.id,
            "title": deal.title,
            "amount": deal.opportunity,
            "stage": deal.stage_id,
            "category_id": deal.category_id,
            "responsible_id": deal.assigned_by,
            "responsible": portal.settings.user_name(deal.assigned_by),
            "contacts": [self._shown_contact(contact) for contact in contacts],
            "fields": self._values(deal),
            "comments": [one.text for one in portal.comments_of("deal", deal.id)],
            "tasks": self._tasks(DEAL, deal.id),
            "history": [asdict(change) for change in deal.history],
            "hidden": deal.id in portal.hidden,
            "updated_at": deal.updated_at,
        }

    def _shown_contact(self, contact: Contact) -> Json:
        portal = self._stand_in.portal
        return {
            "id": contact.id,
            "name": contact.full_name,
            "phones": [phone.value for phone in contact.phones],
            "fields": self._values(contact),
            "comments": [one.text for one in portal.comments_of("contact", contact.id)],
            "tasks": self._tasks(CONTACT, contact.id),
            "history": [asdict(change) for change in contact.history],
        }

    def _values(self, card: Card) -> Json:
        kind = DEAL if isinstance(card, Deal) else CONTACT
        found = {
            field.key: (field, card.values.get(field.code))
            for field in user_fields(self._stand_in.portal, kind)
        }
        return {
            key: dict(field.items).get(value, value) if field.items else value
            for key, (field, value) in found.items()
            if value not in {None, ""}
        }

    def _tasks(self, kind: int, number: int) -> list[Json]:
        portal = self._stand_in.portal
        return [
            {
                "id": one.id,
                "title": one.title,
                "description": one.description,
                "deadline": written(one.deadline),
                "responsible_id": one.responsible_id,
                "responsible": portal.settings.user_name(one.responsible_id),
            }
            for one in portal.activities_of(kind, number)
        ]

    async def _create(self, request: Request) -> Response:
        """{title?, amount?, client?, phone? (null: none), contact_id?, category?, stage?, …}."""
        body = json_object(await request.body())
        count = min(BULK_LIMIT, int(body.pop("count", 1)))
        portal = self._stand_in.portal
        contact_id = self._contact_of(body)
        sample = SampleDeal(
            title=str(body.pop("title", "Переобувка")),
            amount=float(body.pop("amount", 4000)),
            contact=None,
            service=body.pop("category", "Шиномонтаж"),
            stage=str(body.pop("stage", "NEW")),
            time_zone=body.pop("time_zone", None),
        )
        if body:
            raise Impossible(f"unknown: {', '.join(sorted(body))}")
        made = []
        for number in range(count):
            title = f"{sample.title} · {number + 1}" if count > 1 else sample.title
            contacts = [] if contact_id is None else [contact_id]
            deal = portal.add_deal(replace(sample, title=title), contacts)
            self._stand_in.created(deal)
            made.append(deal.id)
        self._world.feed.tell("crm", f"Администратор создал сделок: {count}")
        return JSONResponse({"ids": made, "contact_id": contact_id}, 201)

    def _contact_of(self, body: Json) -> int | None:
        """The card that is named, or a new one; None where a deal without a client is wished."""
        portal = self._stand_in.portal
        client, phone = body.pop("client", "Пробный Клиент"), body.pop("phone", None)
        number = body.pop("contact_id", None)
        if number is not None:
            if number not in portal.contacts:
                raise Impossible("there is no such contact")
            return int(number)
        if client is None:
            return None
        phones = phone if isinstance(phone, list) else [] if phone is None else [phone]
        name, _, last_name = str(client).partition(" ")
        return portal.add_contact(SampleContact("", name, last_name, tuple(map(str, phones)))).id

    async def _move(self, request: Request) -> Response:
        """{stage}; the general funnel is 0, a stage of another takes the deal there."""
        body = json_object(await request.body())
        return JSONResponse({"changed": self._moved(self._deal(request), body)})

    def _moved(self, deal: Deal, body: Json) -> list[str]:
        stage = self._stand_in.settings.stage(str(body.get("stage")))
        return self._change(deal, {"stageId": stage.id, "categoryId": stage.category})

    async def _move_many(self, request: Request) -> Response:
        """{ids: [...], stage}: a mass edit sends one webhook for each deal."""
        body = json_object(await request.body())
        deals = self._stand_in.portal.deals
        moved = [deals[number] for number in body["ids"] if number in deals]
        for deal in moved:
            self._moved(deal, body)
        return JSONResponse({"moved": len(moved)})

    def _change(self, card: Deal | Contact, patch: Json) -> list[str]:
        try:
            return self._stand_in.change_by_manager(card, patch)
        except RestError as error:
            raise Impossible(error.text) from error

    async def _edit(self, request: Request) -> Response:
        """{title?, amount?, responsible_id?, contact_ids?, hidden?, fields?: {key: value}}."""
        deal, body = self._deal(request), json_object(await request.body())
        portal = self._stand_in.portal
        if "hidden" in body:
            (portal.hidden.add if body["hidden"] else portal.hidden.discard)(deal.id)
        names = {
            "title": "title",
            "amount": "opportunity",
            "responsible_id": "assignedById",
            "contact_ids": "contactIds",
        }
        patch = {name: body[key] for key, name in names.items() if key in body}
        patch |= self._user_values(DEAL, body)
        return JSONResponse({"changed": self._change(deal, patch)})

    def _user_values(self, kind: int, body: Json) -> Json:
        fields = {one.key: one for one in user_fields(self._stand_in.portal, kind)}
        given = body.get("fields", {}).items()
        return {fields[key].name: _choice(fields[key], value) for key, value in given}

    async def _delete(self, request: Request) -> Response:
        self._stand_in.delete(self._deal(request))
        return JSONResponse({"ok": True})

    async def _contacts(self, request: Request) -> Response:
        del request
        cards = self._stand_in.portal.contacts.values()
        return JSONResponse({"contacts": [self._shown_contact(card) for card in cards]})

    async def _edit_contact(self, request: Request) -> Response:
        """{name?, last_name?, phones?: [...], fields?: {key: value}}; phones replace the old."""
        portal = self._stand_in.portal
        contact = portal.contacts.get(request.path_params["id"])
        if contact is None:
            raise Impossible("there is no such contact")
        body = json_object(await request.body())
        if "phones" in body:
            contact.phones = [Phone(portal.new_id(), str(one)) for one in body["phones"]]
        names = {"name": "name", "last_name": "lastName"}
        patch = {name: body[key] for key, name in names.items() if key in body}
        said = self._change(contact, patch | self._user_values(CONTACT, body))
        self._world.feed.changed()
        return JSONResponse({"changed": said})

    async def _robot(self, request: Request) -> Response:
        """{query?}: the robot «Webhook» of this deal, now."""
        body = json_object(await request.body())
        self._stand_in.hooks.run_robot(self._deal(request).id, str(body.get("query", "")))
        return JSONResponse({"ok": True})


def _choice(field: UserField, value: Any) -> Any:
    """A manager picks a choice by its text. Raises KeyError when there is no such choice."""
    if field.items and isinstance(value, str):
        return {text: number for number, text in field.items}[value]
    return value
