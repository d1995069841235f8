"""Providers whose answers are spoilt: what the adapters read must come to an outcome of theirs.

Each case is one call of one adapter. The other side is a stand-in that answers well; one or several
of its answers are then spoilt on their way back. A seed and a number are the case, as with bodies.
"""

import time
from random import Random
from typing import Any

import httpx
from pydantic import BaseModel

from switchboard.crm.connect import Surroundings
from switchboard.crm.port import Change
from switchboard.domain.errors import Postponed, Refused, Unreachable
from switchboard.store.database import Database
from tests.channels import phones
from tests.crm import onec_sections as onec
from tests.crm.surroundings import SECRETS, Clock
from tests.fuzz.examine import SLOW, Hung, Outcome, patience
from tests.fuzz.mutations import mutated
from tests.fuzz.providers import Answer, Call, Provider, providers
from tests.simulation.database import Client, Tables

_MOST_ANSWERS = 60
_CANARIES = ("Иванна", "Примерова", "900 000", "9000000", "Анна", "Тайна")
"""Parts of what the good answers and the calls say of people: reasons never repeat them."""
_SECRETS = {**SECRETS, **onec.SECRETS, **phones.SECRETS}


def examine(seed: int, number: int, slow: float = SLOW) -> Outcome:
    """What came of a case, and what is wrong with that."""
    chance = Random(f"answers:{seed}:{number}")
    name = chance.choice(sorted(providers()))
    call = chance.choice(sorted(providers()[name].calls))
    return answered(name, call, Spoiling(providers()[name].stand_in(), chance), slow)


def answered(name: str, call: str, other: Answer, slow: float = SLOW) -> Outcome:
    """One call to a provider that answers like this."""
    return judged(f"{name} {call}", providers()[name], call, other, slow)


def judged(what: str, provider: Provider, call: str, other: Answer, slow: float = SLOW) -> Outcome:
    """The same with a provider of one's own."""
    with httpx.Client(transport=httpx.MockTransport(other), trust_env=False) as http:
        adapter = provider.connected(_surroundings(http))
        try:
            with patience():
                began = time.thread_time()
                outcome = _called(provider.calls[call], adapter)
                taken = time.thread_time() - began
        except (Exception, Hung) as fault:
            return Outcome(f"{what} fault", f"{what} raised {type(fault).__name__}: {fault}"[:500])
    if taken > slow:
        return Outcome(f"{what} slow", f"{what} took {taken:.1f} s")
    kind, _, said = outcome.partition(": ")
    wrong = next((one for one in _CANARIES if kind != "done" and one in said), "")
    if not said.isprintable() or wrong:
        return Outcome(f"{what} {kind}", f"{what} says {said!r}")
    return Outcome(f"{what} {kind}")


def _called(call: Call, adapter: Any) -> str:
    """`done`, or the kind of refusal with its reason."""
    try:
        _check(call(adapter))
    except (Postponed, Refused) as refusal:
        return f"{type(refusal).__name__}: {refusal.reason}"
    except Unreachable as refusal:
        return f"Unreachable: {refusal}"
    return "done"


def _check(found: Any) -> None:
    """What is handed on goes over wires and into tables."""
    match found:
        case BaseModel():
            found.model_dump_json().encode()
        case list():
            for one in found:
                assert isinstance(one, Change)
                one.deal.encode()
                assert one.at is None or type(one.at) is int
        case str():
            found.encode()
        case None | bool() | int() | tuple():
            pass
        case _:
            raise TypeError(type(found).__name__)


class Spoiling:
    """A stand-in, some of whose answers are spoilt on their way."""

    def __init__(self, good: Answer, chance: Random) -> None:
        self._good = good
        self._chance = chance
        self._answers = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self._answers += 1
        if self._answers > _MOST_ANSWERS:
            return httpx.Response(503)
        try:
            answer = self._good(request)
        except Exception:
            # It was asked for what a spoilt answer has led to.
            answer = httpx.Response(404, json={"error": "NOT_FOUND"})
        return self._spoilt(answer) if self._chance.random() < 0.7 else answer

    def _spoilt(self, answer: httpx.Response) -> httpx.Response:
        chance, status, content = self._chance, answer.status_code, answer.content
        headers = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
        if chance.random() < 0.9:
            content = mutated(chance, content or b"{}", _OTHERS)
        if chance.random() < 0.2:
            status = chance.choice(_STATUSES)
        if chance.random() < 0.15:
            name, value = chance.choice(_HEADERS)
            headers[name] = value
        try:
            # As they come over the wire: whatever bytes.
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            return httpx.Response(status, content=content, headers=raw)
        except httpx.DecodingError as error:
            # The real transport fails so while it reads.
            raise httpx.DecodingError("spoilt") from error


_STATUSES = (
    *(200, 200, 201, 202, 204, 206, 301, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413),
    *(422, 425, 429, 451, 500, 502, 503, 504, 520, 599),
)
_HEADERS = (
    *(("Content-Type", kind) for kind in ("text/html", "", "x", "application/json; charset=utf-7")),
    *(("Content-Type", f"application/json; charset={one}") for one in ("utf-16", "?", "koi8-r")),
    *(("Retry-After", one) for one in ("-1", "1e9", "٣", "9" * 5000, "Fri, 99 Foo 2025", "0")),
    ("Retry-After", "Fri, 21 Nov 9999 23:59:59 GMT"),
    *(("Date", one) for one in ("", "x", "Mon, 01 Jan 0001 00:00:00 +2359")),
    *(("Content-Encoding", one) for one in ("gzip", "deflate", "x")),
    ("Location", "https://evil.example"),
)
_OTHERS = (
    b'{"error": {"code": 131026, "type": "OAuthException", "message": "+7 900 000-00-01"}}',
    b'{"error": "QUERY_LIMIT_EXCEEDED", "error_description": "+7 900 000-00-01"}',
    b'{"odata.error": {"code": "9", "message": {"value": "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0"}}}',
    b'{"_embedded": {"leads": [{"id": 1, "updated_at": 1}]}}',
    b'{"result": {"item": {"id": 1}}, "time": {"operating": 470, "operating_reset_at": 1e400}}',
    b"<!DOCTYPE html><html><body>503</body></html>",
    b'{"error_code": 3, "error": "no money", "status": -3, "id": 1}',
)


def _surroundings(http: httpx.Client) -> Surroundings:
    tables = Tables(lambda: 0.0, lambda _: False)
    client: Any = Client(tables, lambda _service, _kind, _request, act: act(), lambda size: size)
    clock = Clock()
    return Surroundings(
        secret=_SECRETS.__getitem__,
        http=http,
        database=Database(client),
        deliveries="deliveries",
        settings="settings",
        clock=clock,
        sleep=clock.sleep,
    )
