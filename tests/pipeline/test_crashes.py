"""A process is killed at every call that it makes; what remains is finished, and only once.

Queues and Telegram repeat what was not acknowledged, or, in the second half, nobody repeats
anything and the sweeper alone finds what was left behind.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from switchboard.domain.events import DealRead, Envelope, Press, Settle, Unclaimed
from switchboard.flows.claim.job import Holder, Job
from switchboard.flows.claim.step import step
from switchboard.pipeline import Flow, answer, settle
from switchboard.runtime.queues import HandOver
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal
from switchboard.store.record import Record
from tests.flows.story import IVAN, JOB, NOW, OLGA, VERSION, deal, playbook, press
from tests.pipeline.mortal import (
    Died,
    Life,
    MortalDatabase,
    MortalInbox,
    MortalOutbound,
    MortalTimer,
)
from tests.store.conftest import Tables

PLAYBOOK = playbook()


class Names(NamedTuple):
    jobs: str
    journal: str


class Process:
    """The door and the inbox worker of one branch, for as long as they live."""

    def __init__(self, database: Database, names: Names, branch: str, life: Life) -> None:
        mortal = MortalDatabase(database, life)
        self.branch = branch
        self.outbound, self.timer = MortalOutbound(life), MortalTimer(life)
        self.inbox = MortalInbox(life)
        self.jobs = Jobs(mortal, names.jobs)
        self.journal = Journal(mortal, names.journal)
        self.out = HandOver(self.outbound, self.timer, self.journal, NOW)
        self.told: list[str] = []

    def press(self, made: Press) -> None:
        told = answer(self.jobs, self.branch, made)
        if told.follows:
            event = Settle(job=JOB)
            self.inbox.put(Envelope(branch=self.branch, trace="trace", event=event), "once")
        self.told.append(told.outcome)

    def settle(self, *events: DealRead | Press | Unclaimed) -> None:
        settle(self.jobs, self.out, self.branch, JOB, _flow, events, NOW, "trace")

    def sweep(self) -> int:
        left = list(self.jobs.pending_since(NOW + timedelta(minutes=5)))
        for branch, job, _ in left:
            if branch == self.branch:
                settle(self.jobs, self.out, branch, job, _flow, (), NOW, "trace")
        return sum(branch == self.branch for branch, _, _ in left)

    def story(self) -> list[Callable[[], None]]:
        return [
            lambda: self.settle(deal(at=100)),
            lambda: self.press(press(OLGA, "contact")),
            lambda: self.press(press(IVAN)),
            lambda: self.press(press(OLGA, number=2)),
            self.settle,
            lambda: self.settle(deal("done", at=101)),
        ]

    def end(self) -> "End":
        stands = self.jobs.standing(self.branch, JOB)
        parcels = {one.effect.id: one.model_dump_json() for one in self.outbound.parcels}
        lines = [(line.seq, line.id, line.outcome) for line in self.journal.of(self.branch, JOB)]
        return End(stands, parcels, {one.id for one in self.timer.schedules}, lines)


class End(NamedTuple):
    """What the world looks like when everything has come to rest."""

    stands: tuple[Job, Holder | None] | None
    parcels: dict[str, str]
    timers: set[str]
    lines: list[tuple[int, str, str]]


def _flow(record: Record[Job]) -> Flow[Job, DealRead | Press | Unclaimed]:
    del record
    return Flow(lambda job, event, now: step(job, event, now, PLAYBOOK, VERSION), VERSION)


@pytest.fixture
def names(moto_tables: Tables) -> Names:
    return Names(moto_tables("jobs"), moto_tables("journal"))


@pytest.fixture
def database(moto: Any) -> Database:
    return Database(moto)


def _undisturbed(database: Database, names: Names) -> tuple[int, End]:
    life = Life()
    process = Process(database, names, "demo", life)
    for act in process.story():
        act()
    calls = life.calls
    assert process.sweep() == 0
    return calls, process.end()


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_anywhere_and_repeated_it_ends_as_if_nothing_had_happened(
    database: Database, names: Names, acted: bool
) -> None:
    calls, end = _undisturbed(database, names)
    assert calls > 20
    for death in range(1, calls + 1):
        process = Process(database, names, f"b{death}{acted:d}", Life(death, acted=acted))
        died = 0
        for act in process.story():
            try:
                act()
            except Died:
                died += 1
                act()
        assert died == 1
        process.sweep()
        assert process.sweep() == 0
        assert process.end() == _in_branch(end, process.branch), f"killed at call {death}"
        assert process.told == ["contact_sent", "won", "taken"]


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_anywhere_and_never_repeated_the_sweeper_finishes_what_was_durable(
    database: Database, names: Names, acted: bool
) -> None:
    calls, _ = _undisturbed(database, names)
    for death in range(1, calls + 1):
        life = Life(death, acted=acted)
        process = Process(database, names, f"b{death}{acted:d}", life)
        for act in process.story()[:4]:
            try:
                act()
            except Died:
                continue
        if life.calls < death:
            break  # From here on it would die in what the sweeper has to do by itself.
        process.sweep()
        assert process.sweep() == 0
        stands, parcels, _, lines = process.end()
        if stands is None:
            continue
        job, holder = stands
        assert [seq for seq, _, _ in lines] == list(range(len(lines)))
        assert f"{JOB}:1:post" in parcels
        winners = [key for _, key, outcome in lines if outcome == "won"]
        assert winners == ([holder.press] if holder else [])
        assert (f"{JOB}:1:won.deal" in parcels) is bool(winners)
        assert (job.state == "claimed") is bool(winners)
        # Whoever was told something stands in the journal with just that.
        assert set(process.told) <= {outcome for _, _, outcome in lines} | {"unknown"}


def _in_branch(end: End, branch: str) -> End:
    parcels = {k: v.replace('"demo"', f'"{branch}"') for k, v in end.parcels.items()}
    return end._replace(parcels=parcels)
