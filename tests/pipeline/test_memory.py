"""The jobs in memory answer as the table does, whatever is asked in whatever order."""

import random
from typing import Any, Literal

import pytest

from switchboard.domain.errors import Conflict
from switchboard.domain.events import DealRead
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.record import Commit, Outbox, Record
from tests.flows.story import (
    BRANCH,
    IVAN,
    JOB,
    NOW,
    OLGA,
    OTHER_CHAT,
    PETR,
    VERSION,
    WORKERS_CHAT,
    deal,
    playbook,
    press,
)
from tests.pipeline.memory import JobsInMemory
from tests.store.conftest import Tables

PLAYBOOK = playbook()
STAGES: tuple[Literal["search", "done", "lost"], ...] = ("search", "done", "lost")
ACTIONS: tuple[Literal["claim", "contact"], ...] = ("claim", "contact")


@pytest.mark.parametrize("seed", range(4))
def test_both_give_the_same_answers(database: Database, tables: Tables, seed: int) -> None:
    stores = (JobsInMemory(), Jobs(database, tables("jobs")))
    chance = random.Random(seed)
    held: list[tuple[Record[Job], ...]] = []
    for number in range(60):
        act = chance.choice(["press", "press", "press", "load", "commit", "clear"])
        if act == "press":
            made = press(
                chance.choice((IVAN, OLGA, PETR)),
                chance.choice(ACTIONS),
                number=chance.choice((number, max(0, number - 1))),
                offer=chance.choice((1, 1, 2)),
                chat=chance.choice((WORKERS_CHAT, WORKERS_CHAT, WORKERS_CHAT, OTHER_CHAT)),
            )
            ours, theirs = (store.press(BRANCH, made) for store in stores)
            assert ours == theirs
        elif act == "load" or not held:
            held.append(tuple(store.load(BRANCH, JOB) for store in stores))
            assert held[-1][0] == held[-1][1]
        else:
            # An old record is as good as a new one: what must not be written is refused.
            records = held[-1] if chance.random() < 0.8 else chance.choice(held)
            event = deal(chance.choice(STAGES), at=100 + number)
            done = tuple(
                _clear(store, record) if act == "clear" else _commit(store, record, event)
                for store, record in zip(stores, records, strict=True)
            )
            assert done[0] == done[1]
            if act == "commit" and isinstance(done[0], Record):
                held.append(done)
    assert stores[0].load(BRANCH, JOB) == stores[1].load(BRANCH, JOB)


def _commit(store: Any, record: Record[Job], event: DealRead) -> Any:
    decided = step(record.state, event, NOW, PLAYBOOK, VERSION)
    if decided.state is None:
        return "nothing"
    outbox = Outbox(decided.effects, "trace", VERSION)
    commit = Commit(decided.state, outbox, NOW, decided.line, record.waiting[:2])
    try:
        return store.commit(record, commit)
    except Conflict:
        return "conflict"


def _clear(store: Any, record: Record[Job]) -> Any:
    if record.version == 0:
        return "nothing"
    try:
        return store.clear(record)
    except Conflict:
        return "conflict"
