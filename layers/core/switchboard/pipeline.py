"""The way of the data, on one screen.

door      a press, somebody waits:  answer()  one write decides, the truth comes back with it
          a machine calls:          the event is put into the inbox queue, then 200
inbox     settle()                  load → step → commit → hand over → clear
sweeper   what a crash left behind is settled again; every effect has the same id as before
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar, cast

from switchboard.domain.effects import Effect
from switchboard.domain.errors import Conflict, Postponed
from switchboard.domain.events import Press
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import judge
from switchboard.flows.claim.table import Outcome
from switchboard.flows.decision import Decision
from switchboard.store.jobs import NotWritten, Written
from switchboard.store.record import Commit, Outbox, Record

S = TypeVar("S")
E = TypeVar("E")

STEPPED_AT_ONCE = 100
"""Waiting presses taken up by one commit: DynamoDB's update expression may hold 4 KB."""
NUDGE_EVERY = 50
"""In a burst of presses, every so many ask for the log to be carried to the journal."""
_ATTEMPTS = 20


class Presses(Protocol):
    def press(self, branch: str, press: Press) -> Written | NotWritten: ...


class Subjects(Protocol[S]):
    """Where a flow's subjects are kept: `store/jobs.py`, `store/subjects.py`."""

    def load(self, branch: str, subject: str) -> Record[S]: ...
    def commit(self, record: Record[S], commit: Commit[S]) -> Record[S]: ...
    def clear(self, record: Record[S]) -> bool: ...


class HandOver(Protocol):
    """Where a commit's effects and lines go: queues, the scheduler, the journal."""

    def effects(self, branch: str, outbox: Outbox) -> None: ...
    def lines(self, branch: str, subject: str, lines: Sequence[Entry]) -> None: ...


@dataclass(frozen=True, slots=True)
class Flow(Generic[S, E]):
    """A flow with its settings: what to do next, and the version of the playbook it does it by."""

    step: Callable[[S | None, E, datetime], Decision[S]]
    playbook: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press came to. `follows`: the job is to be settled, for there is more to do."""

    outcome: Outcome
    first_name: str = ""
    follows: bool = False


def answer(presses: Presses, branch: str, press: Press) -> Answer:
    """Decides a press in one write; whoever loses learns it from the very same write."""
    written = presses.press(branch, press)
    if isinstance(written, NotWritten) and not (written.repeated and written.offer == press.offer):
        return Answer(_refusal(written, press))
    outcome = judge(press, written.holder)
    worker = written.holder.worker if written.holder else None
    follows = outcome in (Outcome.WON, Outcome.CONTACT_SENT) or (
        isinstance(written, Written) and written.seq % NUDGE_EVERY == NUDGE_EVERY - 1
    )
    return Answer(outcome, worker.first_name if worker else "", follows)


def _refusal(written: NotWritten, press: Press) -> Outcome:
    if written.chat is None:
        return Outcome.UNKNOWN
    if written.chat != press.chat:
        return Outcome.NOT_MEMBER
    return Outcome.STALE if press.offer < written.offer else Outcome.UNKNOWN


def settle(
    subjects: Subjects[S],
    out: HandOver,
    branch: str,
    subject: str,
    flow_of: Callable[[Record[S]], Flow[S, E]],
    events: Sequence[E],
    now: datetime,
    trace: str,
) -> str:
    """Steps what waits in the subject's item, then the events; hands over until nothing is left.

    Returns the outcome of the last event. Raises Postponed when others commit to the same subject
    all the while; the events are then still in their queue.
    """
    outcome = "settled"
    for _ in range(_ATTEMPTS):
        record = subjects.load(branch, subject)
        try:
            if record.outbox.effects or record.lines:
                _deliver(out, record)
                subjects.clear(record)
                continue
            decided = _decide(record, flow_of(record), events, now, trace)
            if decided.commit is not None:
                record = subjects.commit(record, decided.commit)
                _deliver(out, record)
            if decided.outcome is not None:
                outcome, events = decided.outcome, ()
            cleared = subjects.clear(record) if record.unsettled else True
            if cleared and not events:
                return outcome
        except Conflict:
            continue
    raise Postponed(f"{subject} is busy")


@dataclass(frozen=True, slots=True)
class _Decided(Generic[S]):
    """What one round came to. `outcome` is None while presses still go before the events."""

    commit: Commit[S] | None
    outcome: str | None


def _decide(
    record: Record[S], flow: Flow[S, E], events: Sequence[E], now: datetime, trace: str
) -> _Decided[S]:
    """Steps the waiting presses in their order, then the events. Pure.

    What follows from a press goes on under the press's own trace, whoever settles it.
    """
    state, effects, lines = record.state, list[Effect](), list[Entry]()
    traces = dict[str, str]()
    stepped = record.waiting[:STEPPED_AT_ONCE]
    for one in stepped:
        # Only flows whose subjects take presses ever find one waiting.
        decision = flow.step(state, cast("E", one.press), now)
        state = decision.state
        effects += decision.effects
        of_press = one.press.trace or trace
        if of_press != trace:
            traces |= {effect.id: of_press for effect in decision.effects}
        if decision.line is not None:
            numbered = {"seq": one.seq, "trace": of_press}
            lines.append(decision.line.model_copy(update=numbered))
    outcome, line = None, None
    for event in events if len(stepped) == len(record.waiting) else ():
        decision = flow.step(state, event, now)
        state, outcome = decision.state, decision.outcome
        line = decision.line and decision.line.model_copy(update={"trace": trace})
        effects += decision.effects
    if state is None or (state == record.state and not (stepped or effects or line)):
        return _Decided(None, outcome)
    outbox = Outbox(tuple(effects), trace, flow.playbook, traces)
    return _Decided(Commit(state, outbox, now, line, stepped, tuple(lines)), outcome)


def _deliver(out: HandOver, record: Record[S]) -> None:
    out.lines(record.branch, record.id, record.lines)
    out.effects(record.branch, record.outbox)
