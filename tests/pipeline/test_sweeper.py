"""The sweeper finds what a crash left behind and what a CRM never told, and holds nobody up."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from switchboard.crm.port import Change
from switchboard.domain.effects import AddNote, LinkTo
from switchboard.domain.errors import Misconfigured, Postponed
from switchboard.domain.events import DealTouched, Envelope, LinkPressed, Resume, Settle
from switchboard.domain.visits import Visit
from switchboard.flows.bonus.account import Account
from switchboard.flows.start import Session
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.store.cursors import Cursors
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links, Page
from switchboard.store.record import Commit, Outbox
from switchboard.store.subjects import SubjectTable
from switchboard.sweeper import FIRST_LOOK, MOST, OVERLAP, PATIENCE, Sweeper
from tests.flows.story import BRANCH, IVAN, JOB, NOW, VERSION, Story, deal, playbook, press
from tests.flows.survey_story import waiting
from tests.store.conftest import Tables

S = TypeVar("S", bound=BaseModel)


class Crms:
    """What changed in each branch's CRM, or why that cannot be known."""

    def __init__(self) -> None:
        self.changed: dict[str, list[str | Change] | Exception] = {}
        self.breaks_after: int | None = None
        self.asked: list[tuple[str, datetime]] = []

    def __call__(self, snapshot: Snapshot) -> Any:
        return _Crm(self, snapshot.playbook.branch)


class _Crm:
    def __init__(self, crms: Crms, branch: str) -> None:
        self._crms = crms
        self._branch = branch

    def changed_since(self, moment: datetime) -> Iterable[Change]:
        self._crms.asked.append((self._branch, moment))
        changed = self._crms.changed.get(self._branch, [])
        if isinstance(changed, Exception):
            raise changed
        changes = [Change(one) if isinstance(one, str) else one for one in changed]
        since = moment.timestamp()
        for given, change in enumerate(one for one in changes if one.at is None or one.at >= since):
            if given == self._crms.breaks_after:
                raise Postponed("amocrm: 429")
            yield change


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, message: str, **keys: Any) -> None:
        self.lines.append((message, keys))

    warning = exception = info


class Round:
    def __init__(self, moto: Any, tables: Tables) -> None:
        database, settings = Database(moto), tables("settings")
        self.jobs = Jobs(database, tables("jobs"))
        self.sessions = SubjectTable(database, tables("sessions"), Session)
        self.surveys = SubjectTable(database, tables("surveys"), Survey)
        self.accounts = SubjectTable(database, tables("ledger"), Account)
        self.links = Links(database, tables("links"))
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
            flows={
                "survey": self.surveys,
                "account": self.accounts,
                "session": self.sessions,
            },
            links=self.links,
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


def _survey(name: str) -> Survey:
    return waiting().it.model_copy(update={"id": name})


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


def _mass_edit(first: datetime, deals: int, in_a_second: int) -> list[str | Change]:
    """Deals that somebody changed, so many in each second."""
    second = int(first.timestamp())
    return [Change(str(n), second + n // in_a_second) for n in range(deals)]


def _deals(round_: Round) -> list[str]:
    events = [envelope.event for envelope, _ in round_.put_in]
    return [event.deal for event in events if isinstance(event, DealTouched)]


def _sweep_each_minute(round_: Round, minutes: int) -> None:
    for minute in range(1, minutes + 1):
        round_.now = NOW + timedelta(minutes=minute)
        round_.sweep(f"trace-{minute}")


# From one look to the next more deals change than a look tells of.
@pytest.mark.parametrize("in_a_second", [10, 100, MOST, 2 * MOST])
def test_a_mass_edit_is_told_to_its_end(round_: Round, in_a_second: int) -> None:
    round_.crms.changed = {BRANCH: _mass_edit(NOW, 3 * MOST + 7, in_a_second)}
    round_.sweep("trace-0")
    first = len(round_.put_in)
    assert MOST <= first <= max(MOST, in_a_second)
    _sweep_each_minute(round_, 10)
    assert set(_deals(round_)) == {str(n) for n in range(3 * MOST + 7)}
    # And then it is over.
    before = len(round_.put_in)
    round_.now = NOW + timedelta(minutes=20)
    round_.sweep("trace-20")
    assert len(round_.put_in) == before
    assert round_.cursors.get(BRANCH, "amocrm") == round_.now


def test_a_look_that_is_too_short_says_so_and_holds_up_no_other(round_: Round) -> None:
    round_.crms.changed = {BRANCH: _mass_edit(NOW, MOST + 100, 10), "other": ["7"]}
    round_.sweep()
    assert [one.branch for one, _ in round_.put_in].count("other") == 1
    warned = {"branch": BRANCH, "reason": "more in the next look"}
    assert ("not reconciled", warned) in round_.log.lines


def test_a_list_without_an_order_is_told_as_a_whole(round_: Round) -> None:
    round_.crms.changed = {BRANCH: [str(n) for n in range(2 * MOST)]}
    round_.sweep()
    assert len(_deals(round_)) == 2 * MOST
    assert round_.cursors.get(BRANCH, "amocrm") == NOW


def test_a_crm_that_breaks_off_after_some_pages_is_not_read_from_the_beginning(
    round_: Round,
) -> None:
    began = NOW - FIRST_LOOK
    round_.crms.changed = {BRANCH: _mass_edit(began, 500, 2)}
    round_.crms.breaks_after = 120
    round_.sweep("trace-0")
    assert len(round_.put_in) == 120
    for minute in range(1, 6):
        round_.now = NOW + timedelta(minutes=minute)
        round_.sweep(f"trace-{minute}")
    asked = [moment for branch, moment in round_.crms.asked if branch == BRANCH]
    assert asked[1] == began + timedelta(seconds=59)
    assert set(_deals(round_)) == {str(n) for n in range(500)}


def test_a_deal_that_changes_again_while_a_look_goes_on_is_told_twice(round_: Round) -> None:
    at = int(NOW.timestamp())
    round_.crms.changed = {BRANCH: [Change("7", at), Change("8", at + 1), Change("7", at + 2)]}
    round_.sweep()
    assert _deals(round_) == ["7", "8", "7"]
    # The queue keeps one of each name.
    assert len({once for _, once in round_.put_in}) == 3


def _leave(subjects: SubjectTable[S], subject: str, state: S) -> None:
    """A commit that nobody lived to hand over."""
    outbox = Outbox((AddNote(id="n", deal="1", text="x"),), "trace", VERSION)
    subjects.commit(subjects.load(BRANCH, subject), Commit(state, outbox, NOW))


def test_an_outbox_that_was_left_in_any_flow_is_resumed_when_patience_is_over(
    round_: Round,
) -> None:
    _leave(round_.surveys, "bitrix24-501", _survey("bitrix24-501"))
    _leave(round_.accounts, "c-anna", Account(id="c-anna"))
    _leave(round_.sessions, "worker-7", Session(worker=7, started_at=NOW, last="1"))
    round_.now = NOW + PATIENCE
    round_.sweep()
    assert round_.put_in == []
    round_.now = NOW + PATIENCE + timedelta(seconds=2)
    round_.sweep()
    assert [envelope.event for envelope, _ in round_.put_in] == [
        Resume(flow="survey", subject="bitrix24-501"),
        Resume(flow="account", subject="c-anna"),
        Resume(flow="session", subject="worker-7"),
    ]
    # Each goes into the group of its own subject's events.
    subjects = [envelope.subject for envelope, _ in round_.put_in]
    assert subjects == ["bitrix24-501", "c-anna", "worker-7"]
    assert {envelope.branch for envelope, _ in round_.put_in} == {BRANCH}
    assert round_.log.lines[-1] == ("swept", {"settled": 3, "found": 0, "oldest_s": 32})


def test_a_job_and_a_survey_of_one_deal_are_both_taken_up(round_: Round) -> None:
    round_.offer_and_press()
    _leave(round_.surveys, JOB, _survey(JOB))
    round_.now = NOW + timedelta(minutes=1)
    round_.sweep()
    assert [envelope.event for envelope, _ in round_.put_in] == [
        Settle(job=JOB),
        Resume(flow="survey", subject=JOB),
    ]
    assert len({once for _, once in round_.put_in}) == 2


def _pressed(round_: Round, code: str, survey: str, branch: str = BRANCH) -> None:
    link = LinkTo(
        purpose="review",
        survey=survey,
        run=1,
        client="c-anna",
        playbook=1,
        expires_at=NOW + timedelta(days=30),
        site="Яндекс Картах",
        url="https://reviews.example/yandex",
        bonus=300,
    )
    round_.links.put(code, link, branch, Page("Шины", "ru", {}))
    round_.links.press(code, Visit("r", NOW, "POST", "Mozilla/5.0 (…)", "", "person", ""))


def test_a_press_that_its_survey_has_not_heard_of_is_told_until_it_has(round_: Round) -> None:
    _pressed(round_, "Code00000001", "bitrix24-501")
    _pressed(round_, "Code00000002", "bitrix24-502", "other")
    round_.links.settled("Code00000002")
    round_.now = NOW + PATIENCE
    round_.sweep()
    assert round_.put_in == []
    for minute in (1, 2):
        round_.now = NOW + timedelta(minutes=minute)
        round_.sweep()
    event = LinkPressed(code="Code00000001", survey="bitrix24-501", at=NOW)
    assert [(one.branch, one.event) for one, _ in round_.put_in] == [(BRANCH, event)] * 2
    assert len({once for _, once in round_.put_in}) == 2
    round_.links.settled("Code00000001")
    round_.now = NOW + timedelta(minutes=3)
    round_.sweep()
    assert len(round_.put_in) == 2
