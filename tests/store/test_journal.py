"""The journal: lines in the order in which they took effect, written once and never changed."""

import random
from collections.abc import Sequence

import pytest

from switchboard.domain.journal import Entry
from switchboard.store.database import Database
from switchboard.store.journal import Journal
from tests.flows.story import BRANCH, IVAN, JOB, NOW
from tests.store.conftest import Tables


@pytest.fixture
def journal(database: Database, tables: Tables) -> Journal:
    return Journal(database, tables("journal"))


def _line(seq: int, outcome: str = "taken", line_id: str | None = None) -> Entry:
    return Entry(
        id=line_id or f"press-{seq}",
        seq=seq,
        at=NOW,
        what="claim",
        outcome=outcome,
        offer=1,
        worker=IVAN,
    )


def _told(lines: Sequence[Entry]) -> list[tuple[int, str]]:
    return [(line.seq, line.outcome) for line in lines]


def test_lines_come_back_in_order_however_they_were_written(journal: Journal) -> None:
    lines = [_line(seq) for seq in range(60)]
    shuffled = random.Random(1).sample(lines, len(lines))
    journal.write(BRANCH, JOB, shuffled[:20])
    journal.write(BRANCH, JOB, shuffled[20:])
    assert journal.of(BRANCH, JOB) == lines


def test_a_line_written_twice_is_one_line(journal: Journal) -> None:
    for _ in range(3):
        journal.write(BRANCH, JOB, [_line(0, "won"), _line(1)])
    assert _told(journal.of(BRANCH, JOB)) == [(0, "won"), (1, "taken")]


def test_a_press_delivered_again_later_does_not_change_what_came_of_it(journal: Journal) -> None:
    journal.write(BRANCH, JOB, [_line(0, "won", "press-of-ivan"), _line(1)])
    # The item no longer knew the press and gave it another number; to the flow he is the holder.
    journal.write(BRANCH, JOB, [_line(2, "yours", "press-of-ivan")])
    assert _told(journal.of(BRANCH, JOB)) == [(0, "won"), (1, "taken"), (2, "repeated")]


def test_jobs_and_branches_have_their_own(journal: Journal) -> None:
    journal.write(BRANCH, JOB, [_line(0)])
    assert journal.of("other", JOB) == []
    assert journal.of(BRANCH, f"{JOB}0") == []
    journal.write(BRANCH, JOB, [])
    assert len(journal.of(BRANCH, JOB)) == 1
