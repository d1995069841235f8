"""Tables of subjects: one item each, with its state and its outbox, under the pipeline's
conditions. Private chats stand for the others here."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from switchboard.domain.errors import Conflict
from switchboard.domain.events import Started
from switchboard.domain.identity import JobLink
from switchboard.flows import start
from switchboard.flows.bonus.account import Account
from switchboard.flows.bonus.step import step as bonus_step
from switchboard.flows.start import Session
from switchboard.flows.survey.survey import Survey
from switchboard.pipeline import Flow, settle
from switchboard.store.database import Database
from switchboard.store.record import Commit, Outbox, Record
from switchboard.store.subjects import SubjectTable
from tests.flows.bonus_story import earned
from tests.flows.bonus_story import playbook as bonus_playbook
from tests.flows.story import BRANCH, JOB, NOW, OLGA, VERSION, playbook
from tests.flows.survey_story import completed
from tests.pipeline.memory import Outside
from tests.store.conftest import Tables

CHAT = f"worker-{OLGA.id}"
SESSION = Session(worker=OLGA.id, started_at=NOW, last="7")
STARTED = Started(id="7", worker=OLGA, link=JobLink(job=JOB, offer=1), at=NOW)
PLAYBOOK = playbook()
Sessions = SubjectTable[Session]


@pytest.fixture
def sessions(database: Database, tables: Tables) -> Sessions:
    return SubjectTable(database, tables("sessions"), Session)


def _flow(record: Record[Session]) -> Flow[Session, Started]:
    del record
    return Flow(lambda session, event, _: start.step(session, event, PLAYBOOK), VERSION)


def test_a_chat_that_was_never_opened_is_version_0(sessions: Sessions) -> None:
    assert sessions.load(BRANCH, CHAT) == Record(BRANCH, CHAT)


def test_a_commit_is_loaded_as_it_was_made_until_it_is_cleared(sessions: Sessions) -> None:
    effects = start.step(None, STARTED, PLAYBOOK).effects
    outbox = Outbox(effects, "trace", VERSION)
    committed = sessions.commit(sessions.load(BRANCH, CHAT), Commit(SESSION, outbox, NOW))
    loaded = sessions.load(BRANCH, CHAT)
    assert (loaded.version, loaded.state, loaded.outbox) == (1, SESSION, outbox)
    assert sessions.clear(committed) is True
    assert sessions.load(BRANCH, CHAT).outbox == Outbox()


def test_the_first_of_two_who_loaded_the_same_commits(sessions: Sessions) -> None:
    for _ in range(2):
        seen = sessions.load(BRANCH, CHAT)
        committed = sessions.commit(seen, Commit(SESSION, Outbox(), NOW))
        with pytest.raises(Conflict):
            sessions.commit(seen, Commit(SESSION, Outbox(), NOW))
        assert sessions.load(BRANCH, CHAT).version == committed.version


def test_what_another_has_committed_since_is_not_cleared(sessions: Sessions) -> None:
    first = sessions.commit(sessions.load(BRANCH, CHAT), Commit(SESSION, Outbox(), NOW))
    newer = Outbox(start.step(None, STARTED, PLAYBOOK).effects, "newer", VERSION)
    sessions.commit(first, Commit(SESSION, newer, NOW))
    with pytest.raises(Conflict):
        sessions.clear(first)
    assert sessions.load(BRANCH, CHAT).outbox == newer


def test_a_commit_from_which_nothing_follows_leaves_nothing_to_clear(sessions: Sessions) -> None:
    committed = sessions.commit(sessions.load(BRANCH, CHAT), Commit(SESSION, Outbox(), NOW))
    assert (committed.unsettled, sessions.load(BRANCH, CHAT).unsettled) == (False, False)
    assert _left(sessions) == []


def test_a_branch_names_all_its_subjects_and_no_others(sessions: Sessions) -> None:
    for branch, chat in ((BRANCH, "worker-2"), (BRANCH, "worker-1"), ("other", "worker-3")):
        state = SESSION.model_copy(update={"worker": int(chat[-1])})
        sessions.commit(sessions.load(branch, chat), Commit(state, Outbox(), NOW))
    assert [one.worker for one in sessions.of_branch(BRANCH)] == [1, 2]
    assert [one.worker for one in sessions.of_branch("other")] == [3]
    assert list(sessions.of_branch("nobody")) == []


def _left(sessions: Sessions, minutes: int = 60) -> list[tuple[str, str, datetime]]:
    return sorted(sessions.pending_since(NOW + timedelta(minutes=minutes)))


def _becomes(look: Callable[[], Any], expected: Any) -> bool:
    """An index follows its table after a moment."""
    for _ in range(200):
        if look() == expected:
            return True
        time.sleep(0.01)
    return False


def test_what_was_not_handed_over_is_found_in_every_partition_of_the_index(
    sessions: Sessions,
) -> None:
    chats = [f"worker-{number}" for number in range(20)]
    outbox = Outbox(start.step(None, STARTED, PLAYBOOK).effects, "trace", VERSION)
    records = [
        sessions.commit(sessions.load(branch, chat), Commit(SESSION, outbox, NOW))
        for chat in chats
        for branch in (BRANCH, "other")
    ]
    since = NOW.astimezone(UTC)
    expected = sorted((one.branch, one.id, since) for one in records)
    assert _becomes(lambda: _left(sessions), expected)
    assert _left(sessions, 0) == []
    for record in records:
        assert sessions.clear(record) is True
    assert _becomes(lambda: _left(sessions), [])


def test_the_last_commit_counts_for_how_long_it_has_waited(sessions: Sessions) -> None:
    outbox = Outbox(start.step(None, STARTED, PLAYBOOK).effects, "trace", VERSION)
    first = sessions.commit(sessions.load(BRANCH, CHAT), Commit(SESSION, outbox, NOW))
    later = NOW + timedelta(minutes=5)
    sessions.commit(first, Commit(SESSION, outbox, later))
    assert _becomes(lambda: _left(sessions), [(BRANCH, CHAT, later.astimezone(UTC))])


def test_each_flows_state_is_read_as_it_was_written(database: Database, tables: Tables) -> None:
    survey, account = completed().it, _account()
    surveys = SubjectTable(database, tables("surveys"), Survey)
    accounts = SubjectTable(database, tables("ledger"), Account)
    surveys.commit(surveys.load(BRANCH, survey.id), Commit(survey, Outbox(), NOW))
    accounts.commit(accounts.load(BRANCH, account.id), Commit(account, Outbox(), NOW))
    assert surveys.load(BRANCH, survey.id).state == survey
    assert accounts.load(BRANCH, account.id).state == account


def _account() -> Account:
    state = bonus_step(None, earned(), NOW, bonus_playbook(), VERSION).state
    assert state is not None
    return state


def test_branches_have_their_own(sessions: Sessions) -> None:
    sessions.commit(sessions.load(BRANCH, CHAT), Commit(SESSION, Outbox(), NOW))
    assert sessions.load("other", CHAT).version == 0


def test_a_start_is_answered_once_however_often_it_is_delivered(sessions: Sessions) -> None:
    outside = Outside()
    outcomes = [
        settle(sessions, outside, BRANCH, CHAT, _flow, (STARTED,), NOW, "trace") for _ in range(3)
    ]
    assert outcomes == ["contact", "repeated", "repeated"]
    assert [effect.id for effect in outside.handed] == [f"start.{OLGA.id}.7"]


def test_a_start_cut_off_before_the_hand_over_is_handed_over_by_its_repeat(
    sessions: Sessions,
) -> None:
    effects = start.step(None, STARTED, PLAYBOOK).effects
    record = sessions.load(BRANCH, CHAT)
    sessions.commit(record, Commit(SESSION, Outbox(effects, "trace", VERSION), NOW))
    outside = Outside()
    assert settle(sessions, outside, BRANCH, CHAT, _flow, (STARTED,), NOW, "t") == "repeated"
    assert outside.handed == list(effects)
    assert sessions.load(BRANCH, CHAT).outbox == Outbox()
