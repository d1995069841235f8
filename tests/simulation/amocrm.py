"""amoCRM: leads with their notes and tasks behind API v4, and webhooks to our door."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.simulation.clock import Clock
from tests.simulation.faults import Faults
from tests.simulation.processes import Ended, Function, Process
from tests.simulation.telegram import http_event
from tests.simulation.trace import Trace

PIPELINE = 1
SEARCH, CLAIMED, TALKS, WON, LOST = 10, 20, 30, 142, 143
WORKER_NAME, WORKER_LOGIN = 501, 502
MANAGER = 7000009


@dataclass
class Lead:
    id: int
    name: str
    phone: str
    status: int
    updated_at: int
    responsible: int = MANAGER
    fields: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    deleted: bool = False


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
        self._door = door
        self._clock = clock
        self._faults = faults
        self._chance = chance
        self._trace = trace
        self._skew = chance.uniform(-1, 1) * faults.rates.skew
        self._requests = 0
        self.waiting = 0

    def add(self, name: str, phone: str, status: int) -> Lead:
        number = 41000001 + len(self.leads)
        lead = self.leads[number] = Lead(number, name, phone, status, self._now())
        self._tell(lead, "add")
        return lead

    def change(self, lead: Lead, who: str, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(lead, name, value)
        lead.updated_at = self._now()
        self._trace.tell("amocrm", f"{who} changes {lead.id}: {changes}")
        self._tell(lead, "status" if "status" in changes else "update")

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
            delay = self._chance.random() * (120 if late else 1)
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


class Transport(httpx.BaseTransport):
    """The wire between one process's HTTP client and the account."""

    def __init__(self, account: Account, process: Process, chance: Random) -> None:
        self._account = account
        self._process = process
        self._chance = chance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        def told_to_wait() -> Exception:
            return _Answered(httpx.Response(429, headers={"Retry-After": "7"}, request=request))

        try:
            return self._process.reach(
                "amocrm",
                request.method,
                [request.url.raw_path.decode(), request.content.decode()],
                lambda: answer(self._account, request),
                lost=lambda: self._lost(request),
                refused=lambda: httpx.ConnectError("nobody is there", request=request),
                wait=told_to_wait,
            )
        except _Answered as answered:
            return answered.response

    def _lost(self, request: httpx.Request) -> Exception:
        if self._chance.random() < 0.3:
            return _Answered(httpx.Response(502, text="<html>", request=request))
        return httpx.ReadTimeout("no answer", request=request)


class _Answered(Exception):
    """An answer that a fault has put in the place of the real one."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("answered")
        self.response = response


def answer(account: Account, request: httpx.Request) -> httpx.Response:
    """What API v4 answers, in its own shapes, as much of them as our client reads."""
    if request.headers.get("authorization") != "Bearer crm-token":
        return httpx.Response(401)
    parts = request.url.path.removeprefix("/api/v4/").split("/")
    match request.method, parts:
        case "GET", ["leads"]:
            return _listed(account, request.url.params)
        case "GET", ["leads", number]:
            return _lead(account, int(number))
        case "GET", ["contacts", number]:
            return _contact(account, int(number))
        case "GET", ["leads", number, "notes"]:
            texts = account.leads[int(number)].notes
            return _embedded("notes", [{"params": {"text": text}} for text in reversed(texts)])
        case "GET", ["tasks"]:
            texts = account.leads[int(request.url.params["filter[entity_id]"])].tasks
            return _embedded("tasks", [{"text": text} for text in reversed(texts)])
        case "PATCH" | "POST", _:
            return _written(account, request.method, parts, json.loads(request.content))
        case _:
            raise AssertionError(f"{request.method} {request.url.path}")


def _written(account: Account, method: str, parts: list[str], body: Any) -> httpx.Response:
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
    values = {
        one["field_id"]: one["values"][0]["value"] if one["values"] else ""
        for one in body.get("custom_fields_values", [])
    }
    changes: dict[str, Any] = {"fields": lead.fields | values}
    if "responsible_user_id" in body:
        changes["responsible"] = body["responsible_user_id"]
    if "status_id" in body:
        changes["status"] = body["status_id"]
    account.change(lead, "switchboard", **changes)
    return httpx.Response(200, json={})


def _lead(account: Account, number: int) -> httpx.Response:
    lead = account.leads.get(number)
    if lead is None or lead.deleted:
        return httpx.Response(204)
    return httpx.Response(
        200,
        json={
            "id": lead.id,
            "name": lead.name,
            "status_id": lead.status,
            "pipeline_id": PIPELINE,
            "responsible_user_id": lead.responsible,
            "updated_at": lead.updated_at,
            "custom_fields_values": None,
            "_embedded": {"contacts": [{"id": lead.id, "is_main": True}]},
        },
    )


def _contact(account: Account, number: int) -> httpx.Response:
    phone = {"field_code": "PHONE", "values": [{"value": account.leads[number].phone}]}
    return httpx.Response(200, json={"name": "Клиент", "custom_fields_values": [phone]})


def _listed(account: Account, params: httpx.QueryParams) -> httpx.Response:
    since = int(params["filter[updated_at][from]"])
    found = [lead for lead in account.leads.values() if lead.updated_at >= since]
    found.sort(key=lambda lead: (lead.updated_at, lead.id))
    start = (int(params["page"]) - 1) * int(params["limit"])
    page = found[start : start + int(params["limit"])]
    return _embedded("leads", [{"id": one.id, "updated_at": one.updated_at} for one in page])


def _embedded(kind: str, found: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json={"_embedded": {kind: found}}) if found else httpx.Response(204)
