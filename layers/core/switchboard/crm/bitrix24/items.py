"""Deals and contacts through `crm.item.*`, the successors of the frozen `crm.deal.*`."""

from collections.abc import Mapping
from typing import Any

from switchboard.crm.bitrix24.answers import Deal, ListedDeal, Person, part, read
from switchboard.crm.bitrix24.api import Api, Command
from switchboard.crm.bitrix24.errors import PROVIDER, Gone
from switchboard.domain.errors import Misconfigured

DEAL, CONTACT = 2, 3
"""`entityTypeId`."""
PAGE = 50
"""The most that a list gives at once."""

_GET, _LIST, _UPDATE = "crm.item.get", "crm.item.list", "crm.item.update"


class Items:
    """What every method may raise: see `Api`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def deal(self, deal: int) -> Deal:
        """Raises Gone."""
        said = self._api.call(_GET, {"entityTypeId": DEAL, "id": deal})
        return read(Deal, part(said, "item"), _GET)

    def main_contact(self, deal: int) -> Person | None:
        """The deal and its contact, in one request; None: it has none. Raises Gone for the deal."""
        # `contactId` is the main one of `contactIds`, and marked as older than they are.
        contact = "$result[deal][item][contactId]"
        found = self._api.batch(
            {
                "deal": Command(_GET, {"entityTypeId": DEAL, "id": deal}),
                "contact": Command(_GET, {"entityTypeId": CONTACT, "id": contact}),
            }
        )
        if not read(Deal, part(found.result("deal"), "item"), _GET).contact_id:
            return None
        try:
            return read(Person, part(found.result("contact"), "item"), _GET)
        except Gone:
            return None

    def contact(self, contact: int) -> Person:
        """Raises Gone."""
        said = self._api.call(_GET, {"entityTypeId": CONTACT, "id": contact})
        return read(Person, part(said, "item"), _GET)

    def deals(
        self, condition: Mapping[str, Any], order: Mapping[str, str], start: int = 0
    ) -> list[ListedDeal]:
        """A page of those that fit."""
        asked = {
            "entityTypeId": DEAL,
            "select": ["id", "updatedTime"],
            "filter": condition,
            "order": order,
            "start": start,
        }
        return read(list[ListedDeal], part(self._api.call(_LIST, asked), "items") or [], _LIST)

    def write(self, entity: int, item: int, fields: Mapping[str, Any]) -> None:
        """Nothing where there are no fields. What is so already, the account does not save."""
        if not fields:
            return
        said = self._api.call(_UPDATE, {"entityTypeId": entity, "id": item, "fields": dict(fields)})
        known = read(dict[str, Any], part(said, "item"), _UPDATE)
        # A field that the account does not know is ignored without an error.
        missing = [name for name in fields if name not in known]
        if missing:
            raise Misconfigured(f"{PROVIDER}: the account has no field {missing[0]}")
