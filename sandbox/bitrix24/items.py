"""crm.item.get, list, add, update, fields, and the frozen crm.deal.get and crm.contact.get."""

from collections.abc import Callable
from typing import Any

from sandbox.bitrix24 import changes, fields, php, shapes
from sandbox.bitrix24.errors import (
    access_denied,
    item_not_found,
    missing,
    old_style,
    type_not_found,
)
from sandbox.bitrix24.records import CONTACT, DEAL, Contact, Deal, Portal
from sandbox.bitrix24.samples import SampleContact, SampleDeal
from sandbox.bitrix24.selection import Answer, matches, ordered, paged
from sandbox.wire import Json

Method = Callable[[Json], Answer]
Saved = Callable[[Deal | Contact, list[changes.Step], bool], object]


class Items:
    """`save` takes the steps in the API's name, and tells it to the hooks; True for a new card."""

    def __init__(self, portal: Portal, save: Saved) -> None:
        self._portal = portal
        self._save = save

    def table(self) -> dict[str, Method]:
        return {
            "crm.item.get": self._get,
            "crm.item.list": self._list,
            "crm.item.update": self._update,
            "crm.item.add": self._add,
            "crm.item.fields": self._fields,
            "crm.deal.get": self._deal_get,
            "crm.contact.get": self._contact_get,
        }

    def _get(self, params: Json) -> Answer:
        card = self._card(params)
        shown = shapes.item(self._portal, card, original=_original(params))
        return Answer({"item": shown})

    def _card(self, params: Json) -> Deal | Contact:
        kind = _kind(params)
        if params.get("id") is None:
            raise missing("id")
        card = self._portal.card(kind, php.integer(params["id"]) or 0)
        if card is None:
            raise item_not_found()
        if card.id in self._portal.hidden:
            raise access_denied()
        return card

    def _list(self, params: Json) -> Answer:
        kind, original = _kind(params), _original(params)
        cards: dict[int, Any] = dict(self._portal.deals if kind == DEAL else self._portal.contacts)
        names = [name for _, name in php.items(params.get("select"))]
        whole = not names or "*" in names
        allowed = {
            *fields.STANDARD[kind],
            *(
                fields.user_name(one, original=original)
                for one in fields.user_fields(self._portal, kind)
            ),
        }
        # `fm` is in no filter and no order: it is not among them.
        found = ordered(
            (
                shown
                for card in cards.values()
                if matches(
                    shown := shapes.values(self._portal, card, original=original),
                    params.get("filter"),
                    allowed,
                )
            ),
            params.get("order"),
            allowed,
        )
        page = paged(found, params.get("start"))
        shown_items: list[Any]
        if whole:
            shown_items = [
                shapes.item(self._portal, cards[one["id"]], original=original)
                for one in page.result
            ]
        else:
            # PHP writes an object without fields as [].
            shown_items = [
                {key: value for key, value in one.items() if key in names} or []
                for one in page.result
            ]
        return page._replace(result={"items": shown_items})

    def _update(self, params: Json) -> Answer:
        card = self._card(params)
        steps = changes.plan(self._portal, card, _fields(params), self._caller())
        if steps:
            self._save(card, steps, False)
        shown = shapes.item(self._portal, card, original=_original(params))
        return Answer({"item": shown})

    def _add(self, params: Json) -> Answer:
        kind, given = _kind(params), _fields(params)
        given = {key: value for key, value in given.items() if key.lower() != "id"}
        card: Deal | Contact
        if kind == DEAL:
            card = self._portal.add_deal(SampleDeal("", 0, None, service=None), [])
            card.title = f"Сделка #{card.id}"
        else:
            card = self._portal.add_contact(SampleContact("", "", ""))
            card.last_name = f"Контакт #{card.id}"
        card.assigned_by = card.created_by = self._caller()
        try:
            steps = changes.plan(self._portal, card, given, self._caller())
        except Exception:
            (self._portal.deals if kind == DEAL else self._portal.contacts).pop(card.id)
            raise
        self._save(card, steps, True)
        shown = shapes.item(self._portal, card, original=_original(params))
        return Answer({"item": shown})

    def _caller(self) -> int:
        return self._portal.settings.bitrix24_user_id

    def _fields(self, params: Json) -> Answer:
        kind, original = _kind(params), _original(params)
        return Answer({"fields": fields.described(self._portal, kind, original=original)})

    def _deal_get(self, params: Json) -> Answer:
        deal = self._portal.deals.get(_old_id(params))
        if deal is None:
            raise old_style("Not found")
        return Answer(shapes.old_deal(self._portal, deal))

    def _contact_get(self, params: Json) -> Answer:
        contact = self._portal.contacts.get(_old_id(params))
        if contact is None:
            raise old_style("Not found")
        return Answer(shapes.old_contact(self._portal, contact))


def _kind(params: Json) -> int:
    if params.get("entityTypeId") is None:
        raise missing("entityTypeId")
    kind = php.integer(params["entityTypeId"])
    if kind not in {DEAL, CONTACT}:
        raise type_not_found()
    return kind


def _original(params: Json) -> bool:
    return php.yes(params.get("useOriginalUfNames"))


def _fields(params: Json) -> Json:
    given = params.get("fields")
    if given is None:
        raise missing("fields")
    return given if isinstance(given, dict) else {}


def _old_id(params: Json) -> int:
    number = php.integer(php.any_case(params, "id"))
    if number is None or number <= 0:
        raise old_style("ID is not defined or invalid.")
    return number
