"""Bitrix24 as the port asks for it. Source: bitrix24/b24restdocs, api-reference/crm."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from switchboard.crm.bitrix24 import answers
from switchboard.crm.bitrix24 import deal as deals
from switchboard.crm.bitrix24.answers import part, read
from switchboard.crm.bitrix24.api import Api
from switchboard.crm.bitrix24.errors import PROVIDER, Gone
from switchboard.crm.bitrix24.fields import Fields
from switchboard.crm.bitrix24.items import CONTACT, DEAL, PAGE, Items
from switchboard.crm.bitrix24.timeline import Timeline
from switchboard.crm.line import Unanswered
from switchboard.crm.phone import e164, reachable, spellings
from switchboard.crm.port import Assignment, Change, PhoneMatch
from switchboard.crm.results import by_field
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.errors import Misconfigured, Refused
from switchboard.playbook.model import Bitrix24, Playbook


class Bitrix24Client:
    """One branch's account; implements `crm.port.Crm`.

    Effectively once: fields, stage and price by their nature; notes and tasks by a mark at the
    end of their text, which is looked for before a second attempt.
    """

    def __init__(
        self, api: Api, crm: Bitrix24, playbook: Playbook, clock: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._crm = crm
        self._playbook = playbook
        self._items = Items(api)
        self._timeline = Timeline(api)
        self._fields = Fields(api, DEAL, clock)

    def deal(self, deal_id: str) -> Deal | None:
        try:
            item = self._items.deal(_number(deal_id))
        except Gone:
            return None
        return deals.deal(item, self._described(item), self._crm, self._playbook)

    def contact(self, deal_id: str) -> Contact | None:
        try:
            person = self._items.main_contact(_number(deal_id))
        except Gone:
            return None
        return Contact() if person is None else deals.contact(person, self._playbook.language)

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        change: dict[str, Any] = {}
        if assignment.responsible is not None:
            change["assignedById"] = _number(assignment.responsible)
        ids = self._crm.fields
        if ids.worker_name is not None:
            change[ids.worker_name] = assignment.worker_name
        if ids.worker_login is not None:
            change[ids.worker_login] = assignment.worker_login
        change |= self._move(deal_id)
        self._items.write(DEAL, _number(deal_id), change)

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        self._timeline.add_note(_number(deal_id), text, key, again=again)

    def add_task(
        self,
        deal_id: str,
        text: str,
        due: datetime,
        responsible: str | None,
        key: str,
        *,
        again: bool,
    ) -> None:
        person = None if responsible is None else _number(responsible)
        self._timeline.add_task(_number(deal_id), text, due, person, key, again=again)

    def changed_since(self, moment: datetime) -> Iterator[Change]:
        """Each page begins where the last one ended, at its last `updatedTime`: numbered pages
        would leave a deal out whenever one on an earlier page changes while they are read.
        """
        since, start, seen = int(moment.timestamp()), 0, set[Change]()
        while True:
            found = self._changed(since, start)
            changes = dict.fromkeys(_change(deal) for deal in found)
            fresh = changes.keys() - seen
            yield from (change for change in changes if change in fresh)
            if len(found) < PAGE:
                return
            if start > 0 and not fresh:
                raise Unanswered(PROVIDER, "crm.item.list: the list of deals has no end")
            seen |= fresh
            # A mass edit puts more than a page into one second: then the page is turned after all.
            last = _change(found[-1]).at or since
            since, start = (last, 0) if last > since else (since, start + PAGE)

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        """Looks among the deals of this branch's pipeline whose main contact has the phone."""
        contacts = self._contacts(phone)
        if not contacts or not stages:
            return PhoneMatch(len(contacts))
        found = self._items.deals(
            {"@contactId": contacts, "@stageId": list(stages), "categoryId": self._crm.category},
            {"id": "DESC"},
        )
        return PhoneMatch(len(contacts), str(found[0].id) if found else None)

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        self._items.write(DEAL, _number(deal_id), by_field(self._crm.results, results))

    def set_balance(self, phone: str, balance: int) -> None:
        field = self._crm.results.balance
        if field is None:
            return
        contacts = [one for one in self._contacts(phone) if self._is_written_to(one, phone)]
        if not contacts:
            raise Refused(f"{PROVIDER}: no contact has the client's phone")
        for contact in contacts:
            self._items.write(CONTACT, contact, {field: balance})

    def _is_written_to(self, contact: int, phone: str) -> bool:
        """Whether it is the client himself: a card may hold a relative's number beside its own."""
        language = self._playbook.language
        try:
            person = self._items.contact(contact)
        except Gone:
            return False
        return e164(reachable(person.phones, language), language) == phone

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        now = self._items.deal(_number(deal_id)).opportunity or Decimal(0)
        if now == amount:
            return True
        if now != before:
            return False
        change = {
            "opportunity": int(amount) if amount == int(amount) else float(amount),
            # In automatic mode the account would sum up the deal's products again.
            "isManualOpportunity": "Y",
        }
        self._items.write(DEAL, _number(deal_id), change)
        return True

    def _described(self, item: answers.Deal) -> deals.Described:
        """The account's fields, asked for only where one that is read has a value."""
        ids = self._crm.fields
        names = (ids.conditions, ids.deadline, ids.pay, ids.skills, ids.category, ids.timezone)
        return self._fields.described() if any(map(item.own, names)) else {}

    def _move(self, deal_id: str) -> dict[str, str]:
        """To the claimed stage, but never back: a manager may already have moved it on."""
        if self._crm.claimed_stage is None:
            return {}
        try:
            item = self._items.deal(_number(deal_id))
        except Gone:
            return {}
        if deals.stage(item, self._crm) != "search":
            return {}
        return {"stageId": self._crm.claimed_stage}

    def _changed(self, since: int, start: int) -> list[answers.ListedDeal]:
        condition = {
            ">=updatedTime": datetime.fromtimestamp(since, UTC).isoformat(),
            "categoryId": self._crm.category,
        }
        return self._items.deals(condition, {"updatedTime": "ASC", "id": "ASC"}, start)

    def _contacts(self, phone: str) -> list[int]:
        method = "crm.duplicate.findbycomm"
        # Compared letter by letter; 20 spellings are what it takes.
        asked = {"entity_type": "CONTACT", "type": "PHONE", "values": list(spellings(phone))}
        said = part(self._api.call(method, asked), "CONTACT") or []
        return sorted(set(read(list[int], said, method)))


def _change(deal: answers.ListedDeal) -> Change:
    at = None if deal.updated_time is None else int(deal.updated_time.timestamp())
    return Change(str(deal.id), at)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Misconfigured(f"{PROVIDER}: users and deals are named by numbers")
    return int(text)
