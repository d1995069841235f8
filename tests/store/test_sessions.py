"""The sessions table: private chats, one item each, under the pipeline's conditions."""

import pytest

from switchboard.domain.errors import Conflict
from switchboard.domain.events import Started
from switchboard.domain.identity import JobLink
from switchboard.flows import start
from switchboard.flows.start import Session
from switchboard.pipeline import Flow, settle
from switchboard.store.database import Database
from switchboard.store.record import Commit, Outbox, Record
from switchboard.store.sessions import Sessions
from tests.flows.story import BRANCH, JOB, NOW, OLGA, VERSION, playbook
from tests.pipeline.memory import Outside
from tests.store.conftest import Tables

CHAT = f"worker-{OLGA.id}"
SESSION = Session(worker=OLGA.id, started_at=NOW, last="7")
STARTED = Started(id="7", worker=OLGA, link=JobLink(job=JOB, offer=1), at=NOW)
PLAYBOOK = playbook()


@pytest.fixture
def sessions(database: Database, tables: Tables) -> Sessions:
    return Sessions(database, tables("sessions"))


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
    sessions.commit(first, Commit(SESSION, Outbox(trace="newer"), NOW))
    with pytest.raises(Conflict):
        sessions.clear(first)
    assert sessions.load(BRANCH, CHAT).outbox.trace == "newer"


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
