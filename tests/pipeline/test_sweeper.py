"""The sweeper finds what a crash left behind and what a CRM never told, and holds nobody up."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from switchboard.domain.errors import Misconfigured, Postponed
from switchboard.domain.events import DealTouched, Envelope, Settle
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.store.cursors import Cursors
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.record import Commit, Outbox
from switchboard.sweeper import FIRST_LOOK, OVERLAP, PATIENCE, Sweeper
from tests.flows.story import BRANCH, IVAN, JOB, NOW, VERSION, Story, deal, playbook, press
from tests.store.conftest import Tables


class Crms:
    """What changed in each branch's CRM, or why that cannot be known."""

    def __init__(self) -> None:
        self.changed: dict[str, list[str] | Exception] = {}
        self.asked: list[tuple[str, datetime]] = []

    def __call__(self, snapshot: Any) -> Any:
        return _Crm(self, snapshot.playbook.branch)


class _Crm:
    def __init__(self, crms: Crms, branch: str) -> None:
        self._crms = crms
        self._branch = branch

    def changed_since(self, moment: datetime) -> Iterable[str]:
        self._crms.asked.append((self._branch, moment))
        changed = self._crms.changed.get(self._branch, [])
        if isinstance(changed, Exception):
            raise changed
        return changed


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, message: str, **keys: Any) -> None:
        self.lines.append((message, keys))

    warning = info


class Round:
    def __init__(self, moto: Any, tables: Tables) -> None:
        database, settings = Database(moto), tables("settings")
        self.jobs = Jobs(database, tables("jobs"))
        self.store = PlaybookStore(database, settings)
        self.cursors = Cursors(database, settings)
        self.crms = Crms()
        self.log = Log()
        self.now = NOW
        self.put_in: list[tuple[Envelope, str]] = []
        for branch in (BRANCH, "other"):
            self.store.publish(playbook().model_copy(update={"branch": branch}), NOW)

    def put(self, envelope: Envelope, once: str) -> None:
        assert len(once) <= 128
        self.put_in.append((envelope, once))

    def sweep(self, trace: str = "11111111-2222-3333-4444-555555555555") -> None:
        Sweeper(
            jobs=self.jobs,
            inbox=self,
            branches=self.store.branches,
            playbooks=LivePlaybooks(self.store),
            crm=self.crms,
            cursors=self.cursors,
            now=lambda: self.now,
            log=self.log,
        ).sweep(trace)

    def offer_and_press(self) -> None:
        story = Story()
        story.tell(deal())
        assert story.job is not None
        record = self.jobs.load(BRANCH, JOB)
        self.jobs.clear(self.jobs.commit(record, Commit(story.job, Outbox((), "t", VERSION), NOW)))
        self.jobs.press(BRANCH, press(IVAN))


@pytest.fixture
def round_(moto: Any, moto_tables: Tables) -> Round:
    return Round(moto, moto_tables)


def test_a_press_that_nobody_settled_is_settled_when_patience_is_over(round_: Round) -> None:
    round_.offer_and_press()
    round_.now = NOW + PATIENCE
    round_.sweep()
    assert round_.put_in == []
    round_.now = NOW + PATIENCE + timedelta(seconds=2)
    round_.sweep()
    ((envelope, _),) = round_.put_in
    assert (envelope.branch, envelope.event) == (BRANCH, Settle(job=JOB))


def test_the_next_round_asks_again_if_it_is_still_there(round_: Round) -> None:
    round_.offer_and_press()
    for minute in (1, 2):
        round_.now = NOW + timedelta(minutes=minute)
        round_.sweep()
    assert len({once for _, once in round_.put_in}) == 2


def test_what_a_crm_never_told_is_found_in_every_branch(round_: Round) -> None:
    # Two accounts may well have a deal of the same number.
    round_.crms.changed = {BRANCH: ["7", "8"], "other": ["7"]}
    round_.sweep()
    found = [(envelope.branch, envelope.event) for envelope, _ in round_.put_in]
    assert found == [
        (BRANCH, DealTouched(provider="amocrm", deal="7")),
        (BRANCH, DealTouched(provider="amocrm", deal="8")),
        ("other", DealTouched(provider="amocrm", deal="7")),
    ]
    # The queue keeps one of each name, whatever the group.
    assert len({once for _, once in round_.put_in}) == 3


def test_each_look_goes_back_a_little_behind_the_last(round_: Round) -> None:
    round_.sweep()
    round_.now = NOW + timedelta(minutes=1)
    round_.sweep()
    asked = [moment for branch, moment in round_.crms.asked if branch == BRANCH]
    assert asked == [NOW - FIRST_LOOK - OVERLAP, NOW - OVERLAP]
    assert all(moment.tzinfo is UTC for moment in asked)


@pytest.mark.parametrize("trouble", [Postponed("amocrm: 503"), Misconfigured("no token")])
def test_a_crm_that_is_down_holds_up_no_other_and_loses_nothing(
    round_: Round, trouble: Exception
) -> None:
    round_.crms.changed = {BRANCH: trouble, "other": ["7"]}
    round_.sweep()
    assert [envelope.branch for envelope, _ in round_.put_in] == ["other"]
    assert round_.cursors.get(BRANCH, "amocrm") is None
    round_.crms.changed = {BRANCH: ["9"]}
    round_.now = NOW + timedelta(minutes=5)
    round_.sweep()
    assert round_.put_in[-1][0].event == DealTouched(provider="amocrm", deal="9")


def test_a_branch_that_does_not_want_it_is_not_looked_through(round_: Round) -> None:
    quiet = playbook()
    crm = quiet.crm.model_copy(update={"reconcile": False})
    round_.store.publish(quiet.model_copy(update={"crm": crm}), NOW)
    round_.sweep()
    assert [branch for branch, _ in round_.crms.asked] == ["other"]
