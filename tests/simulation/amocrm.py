"""amoCRM: leads, their contacts, notes and tasks behind API v4, and webhooks to our door."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx

from tests.simulation.clock import Clock
from tests.simulation.faults import Faults
from tests.simulation.processes import Ended, Function
from tests.simulation.telegram import http_event
from tests.simulation.trace import Trace

PIPELINE = 1
SEARCH, CLAIMED, TALKS, WON, LOST = 10, 20, 30, 142, 143
WORKER_NAME, WORKER_LOGIN = 501, 502
AVERAGE, VARIANT, ANSWERS, REVIEW, BONUS, BALANCE = 511, 512, 513, 514, 515, 516
SCORES = {"work": 521, "master": 522, "again": 523}
"""Fields of a question's own, by the question's id."""
MANAGER = 7000009
CLOSED = (WON, LOST)


@dataclass
class Contact:
    id: int
    phone: str
    fields: dict[int, str] = field(default_factory=dict)


@dataclass
class Lead:
    id: int
    name: str
    contact: Contact
    status: int
    updated_at: int
    price: int = 0
    closed_at: int | None = None
    responsible: int = MANAGER
    fields: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def phone(self) -> str:
        return self.contact.phone


class Change(NamedTuple):
    """A lead's price or stage was changed, by whom. `effect` is ours, empty for the manager's."""

    at: float
    lead: int
    what: str
    before: Any
    after: Any
    effect: str


class Account:
    """The account's leads. Every change is told to our door, unless the webhook is lost."""

    def __init__(
        self,
        door: Function,
        clock: Clock,
        faults: Faults,
        chance: Random,
        trace: Trace,
    ) -> None:
        self.leads: dict[int, Lead] = {}
        self.contacts: dict[int, Contact] = {}
        self.changes: list[Change] = []
        self._door = door
        self._clock = clock
        self._faults = faults
        self._chance = chance
        self._trace = trace
        self._skew = chance.uniform(-1, 1) * faults.rates.skew
        self._requests = 0
        self.waiting = 0

    def meet(self, phone: str) -> Contact:
        """A new contact card; a person may have several."""
        number = 31000001 + len(self.contacts)
        contact = self.contacts[number] = Contact(number, phone)
        return contact

    def add(self, name: str, whose: Contact | str, status: int, price: int = 0) -> Lead:
        """A new lead of that contact, or of a new one with that phone."""
        contact = self.meet(whose) if isinstance(whose, str) else whose
        number = 41000001 + len(self.leads)
        closed = self._now() if status in CLOSED else None
        lead = Lead(number, name, contact, status, self._now(), price, closed)
        self.leads[number] = lead
        self._note(lead, {"status": status}, "")
        self._tell(lead, "add")
        return lead

    def change(self, lead: Lead, who: str, effect: str = "", **changes: Any) -> None:
        self._note(lead, changes, effect)
        if changes.get("status", lead.status) != lead.status:
            lead.closed_at = self._now() if changes["status"] in CLOSED else None
        for name, value in changes.items():
            setattr(lead, name, value)
        lead.updated_at = self._now()
        if self._trace.on:
            self._trace.tell("amocrm", f"{who} changes {lead.id}: {changes}")
        self._tell(lead, "status" if "status" in changes else "update")

    def _note(self, lead: Lead, changes: Mapping[str, Any], effect: str) -> None:
        for what in ("status", "price", "deleted"):
            if what in changes:
                before = getattr(lead, what)
                self.changes.append(
                    Change(self._clock.now, lead.id, what, before, changes[what], effect)
                )

    def _now(self) -> int:
        return int(self._clock.now + self._skew)

    def _tell(self, lead: Lead, action: str) -> None:
        # A deletion that nobody tells is never found: it is in no list of changes.
        if not lead.deleted and self._faults.happens("lost_webhook"):
            self._trace.tell("amocrm", f"the webhook of {lead.id} is lost")
            return
        said = {f"leads[{action}][0][id]": lead.id, f"leads[{action}][0][status_id]": lead.status}
        attempts = 1000 if lead.deleted else 3
        for _ in range(self._chance.choice((2, 3)) if self._faults.happens("again") else 1):
            late = self._faults.happens("late")
            delay = self._chance.random() * (120 if late else self._chance.choice((0.05, 1)))
            self.waiting += 1
            self._clock.after(delay, lambda: self._knock(urlencode(said), 0, attempts))

    def _knock(self, body: str, attempt: int, most: int) -> None:
        self._requests += 1
        request = f"amocrm-{self._requests}"

        def then(ended: Ended) -> None:
            status = ended.answer["statusCode"] if ended.answer else 500
            self._trace.tell("amocrm", f"webhook {request}: {status}")
            # amoCRM tries again for a while (amocrm.ru, "Webhooks"), then never more.
            if status == 200 or attempt >= most:
                self.waiting -= 1
            else:
                self._clock.after(
                    20 * min(attempt + 1, 5), lambda: self._knock(body, attempt + 1, most)
                )

        path = {"branch": "demo", "provider": "amocrm", "secret": "crm-secret"}
        if not self._door.invoke(http_event(request, path, body), request, then):
            self._clock.after(0.2, lambda: self._knock(body, attempt, most))


def answer(account: Account, request: httpx.Request, effect: str) -> httpx.Response:
    """What API v4 answers, in its own shapes, as much of them as our client reads.

    `effect` is ours that the request is made for, for the account's book of changes.
    """
    if request.headers.get("authorization") != "Bearer crm-token":
        return httpx.Response(401)
    parts = request.url.path.removeprefix("/api/v4/").split("/")
    match request.method, parts:
        case "GET", ["leads"]:
            return _listed(account, request.url.params)
        case "GET", ["leads", number]:
            return _lead(account, int(number))
        case "GET", ["contacts"]:
            return _found(account, request.url.params["query"])
        case "GET", ["contacts", number]:
            return httpx.Response(200, json=_person(account.contacts[int(number)]))
        case "GET", ["leads", number, "notes"]:
            texts = account.leads[int(number)].notes
            return _embedded("notes", [{"params": {"text": text}} for text in reversed(texts)])
        case "GET", ["tasks"]:
            texts = account.leads[int(request.url.params["filter[entity_id]"])].tasks
            return _embedded("tasks", [{"text": text} for text in reversed(texts)])
        case "PATCH", ["contacts", number]:
            account.contacts[int(number)].fields |= _fields(json.loads(request.content))
            return httpx.Response(200, json={})
        case "PATCH" | "POST", _:
            return _written(account, request.method, parts, json.loads(request.content), effect)
        case _:
            raise AssertionError(f"{request.method} {request.url.path}")


def _written(
    account: Account, method: str, parts: list[str], body: Any, effect: str
) -> httpx.Response:
    if (method, parts) == ("POST", ["tasks"]):
        account.leads[body[0]["entity_id"]].tasks.append(body[0]["text"])
        return httpx.Response(200, json={})
    lead = account.leads[int(parts[1])]
    if lead.deleted:
        return httpx.Response(404, json={})
    if (method, parts[2:]) == ("POST", ["notes"]):
        lead.notes.append(body[0]["params"]["text"])
        return httpx.Response(200, json={})
    if (method, parts[2:]) != ("PATCH", []):
        raise AssertionError(f"{method} {parts}")
    changes: dict[str, Any] = {"fields": lead.fields | _fields(body)}
    for theirs, ours in (
        ("responsible_user_id", "responsible"),
        ("status_id", "status"),
        ("price", "price"),
    ):
        if theirs in body:
            changes[ours] = body[theirs]
    account.change(lead, "switchboard", effect, **changes)
    return httpx.Response(200, json={})


def _fields(body: Mapping[str, Any]) -> dict[int, str]:
    return {
        one["field_id"]: one["values"][0]["value"] if one["values"] else ""
        for one in body.get("custom_fields_values", [])
    }


def _lead(account: Account, number: int) -> httpx.Response:
    lead = account.leads.get(number)
    if lead is None or lead.deleted:
        return httpx.Response(204)
    return httpx.Response(
        200,
        json={
            "id": lead.id,
            "name": lead.name,
            "price": lead.price,
            "status_id": lead.status,
            "pipeline_id": PIPELINE,
            "responsible_user_id": lead.responsible,
            "updated_at": lead.updated_at,
            "closed_at": lead.closed_at,
            "custom_fields_values": None,
            "_embedded": {"contacts": [{"id": lead.contact.id, "is_main": True}]},
        },
    )


def _person(contact: Contact) -> dict[str, Any]:
    phones = [{"field_code": "PHONE", "values": [{"value": contact.phone}]}]
    shown = phones if contact.phone else None
    return {"id": contact.id, "name": "Клиент", "custom_fields_values": shown}


def _found(account: Account, query: str) -> httpx.Response:
    """Contacts with these digits, each with its leads."""
    found = []
    for contact in account.contacts.values():
        if query in "".join(filter(str.isdigit, contact.phone)):
            leads = [lead for lead in account.leads.values() if lead.contact is contact]
            alive = [{"id": lead.id} for lead in leads if not lead.deleted]
            found.append(_person(contact) | {"_embedded": {"leads": alive}})
    return _embedded("contacts", found)


def _listed(account: Account, params: httpx.QueryParams) -> httpx.Response:
    wanted = {int(value) for name, value in params.items() if name.startswith("filter[id]")}
    if wanted:
        leads = [account.leads[number] for number in sorted(wanted)]
        return _embedded("leads", [_in_list(one) for one in leads if not one.deleted])
    since = int(params["filter[updated_at][from]"])
    found = [lead for lead in account.leads.values() if lead.updated_at >= since]
    found.sort(key=lambda lead: (lead.updated_at, lead.id))
    start = (int(params["page"]) - 1) * int(params["limit"])
    page = found[start : start + int(params["limit"])]
    return _embedded("leads", [_in_list(one) for one in page])


def _in_list(lead: Lead) -> dict[str, int]:
    return {
        "id": lead.id,
        "updated_at": lead.updated_at,
        "status_id": lead.status,
        "pipeline_id": PIPELINE,
    }


def _embedded(kind: str, found: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json={"_embedded": {kind: found}}) if found else httpx.Response(204)
