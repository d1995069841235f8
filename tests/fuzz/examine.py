"""A case through its door and through the parsers, and what is wrong with what came of it."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NamedTuple

from switchboard.channels.telegram.parse import Malformed as NoUpdate
from switchboard.channels.telegram.parse import parse as parse_update
from switchboard.channels.whatsapp.parse import Malformed as NoWebhook
from switchboard.channels.whatsapp.parse import parse as parse_webhook
from switchboard.crm.amocrm.parse import parse as parse_form
from switchboard.crm.bitrix24.parse import parse as parse_event
from switchboard.crm.generic.parse import parse as parse_json
from switchboard.crm.onec.parse import parse_sale
from switchboard.crm.parsed import Malformed
from switchboard.crm.parsers import Parse
from switchboard.playbook.view import Amocrm, Bitrix24, Generic, OnecHttp
from tests.crm.surroundings import amocrm, bitrix24, generic
from tests.doors.house import SECRET
from tests.doors.whatsapp_webhooks import PHONE_ID
from tests.flows.story import BRANCH, NOW
from tests.fuzz import lines, oracle, oracle_links, oracle_whatsapp
from tests.fuzz.case import LINK_DOORS, Case
from tests.fuzz.doors import Answer, Doors, Happened

SLOW = 1.0
"""Seconds of this thread's own time that a body may take; waiting for others does not count."""
_HANGS = 30.0
"""Seconds after which a body is given up."""
_AGAIN = 3

_STATUSES = frozenset({200, 400, 413})
_CRMS: tuple[tuple[Parse, Amocrm | Bitrix24 | Generic], ...] = (
    (parse_form, Amocrm.model_validate(amocrm())),
    (parse_event, Bitrix24.model_validate(bitrix24())),
    (parse_json, Generic.model_validate(generic())),
)
_ONEC = OnecHttp(kind="onec_http")


class Hung(BaseException):
    """Not an Exception, so that nothing on the way catches it."""


class Outcome(NamedTuple):
    """`wrong` is empty where all is well; `what` names what came of the case, to be counted."""

    what: str
    wrong: str = ""


def examine(doors: Doors, one: Case, slow: float = SLOW) -> Outcome:
    try:
        happened, taken = _through(doors, one)
        # Once may be bad luck, such as a collection of garbage.
        for _ in range(_AGAIN):
            if taken > slow:
                taken = min(taken, _through(doors, one)[1])
    except (Exception, Hung) as fault:
        return Outcome(f"{one.door} fault", f"raised {_chain(fault)}")
    if taken > slow:
        return Outcome(f"{one.door} slow", f"took {taken:.1f} s")
    return _judged(one, happened)


def _through(doors: Doors, one: Case) -> tuple[Happened, float]:
    """What happened, and the seconds of this thread's time that it took."""
    with patience():
        began = time.thread_time()
        happened = doors.take(one.door, one.event)
        _parsed_by_all(one.body)
        return happened, time.thread_time() - began


def _judged(one: Case, happened: Happened) -> Outcome:
    what = f"{one.door} {happened.answer.get('statusCode')}"
    if happened.queued:
        what += f" {happened.queued[0]['event']['kind']}"
    if one.door in LINK_DOORS:
        wrong = oracle_links.unexplained(one, happened)
    elif one.door == "whatsapp":
        wrong = oracle_whatsapp.unexplained(one, happened)
    else:
        written = [(write.table, write.key) for write in happened.written]
        body = one.body if one.admitted else b""
        wrong = _answered(one, happened.answer) or oracle.unexplained(
            one.door, body, written, happened.queued
        )
    return Outcome(what, wrong or lines.told(happened.said))


def _answered(one: Case, answer: Answer) -> str:
    status = answer.get("statusCode")
    if one.door == "health":
        expected = frozenset({200})
    else:
        expected = _STATUSES if one.admitted else frozenset({401})
    if status not in expected:
        return f"answered {status}"
    try:
        # It goes back as UTF-8.
        said = json.loads(answer["body"].encode())
    except ValueError:
        said = None
    return "" if isinstance(said, dict) else "answered no JSON object"


def _parsed_by_all(body: bytes) -> None:
    """Every parser may get every body."""
    with suppress(NoUpdate):
        parse_update(body, BRANCH, (SECRET,), NOW)
    with suppress(NoWebhook):
        parse_webhook(body, BRANCH, PHONE_ID, NOW)
    for parse, section in _CRMS:
        with suppress(Malformed):
            parsed = parse({}, body, section)
            if len(set(parsed.deals)) != len(parsed.deals):
                raise ValueError("a deal is named twice")
    with suppress(Malformed):
        parse_sale({}, body, _ONEC)


def _chain(fault: BaseException) -> str:
    """The fault and those that it came from: the log turns ours into their types alone."""
    causes: list[str] = []
    one: BaseException | None = fault
    while one is not None and len(causes) < 4:
        causes.append(f"{type(one).__name__}: {str(one)[:200]}")
        one = one.__cause__ or one.__context__
    return " from ".join(causes)


@contextmanager
def patience() -> Iterator[None]:
    """Raises Hung in what takes too long."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise Hung(f"more than {_HANGS:.0f} s")

    before: Callable[[int, FrameType | None], Any] | int | None
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, _HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
