"""The deliveries table: whose turn an effect is, what became of it, and the dead letters."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from switchboard.store.database import Database
from switchboard.store.deliveries import (
    LEASE,
    Begun,
    Busy,
    Dead,
    Deliveries,
    Finished,
    Kept,
    LastMessage,
)
from tests.flows.story import BRANCH, NOW, WORKERS_CHAT
from tests.store.conftest import Tables

POST = "amocrm-1:1:post"
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def deliveries(database: Database, tables: Tables) -> Deliveries:
    return Deliveries(database, tables("deliveries"))


def test_whoever_begins_has_it_and_everybody_else_is_told_for_how_long(
    deliveries: Deliveries,
) -> None:
    assert deliveries.begin(BRANCH, POST, "message-1", NOW) == Begun(1, doubt=False)
    half = NOW + LEASE / 2
    assert deliveries.begin(BRANCH, POST, "message-2", half) == Busy(LEASE.total_seconds() / 2)
    assert deliveries.message(BRANCH, POST) is None


def test_what_is_done_is_done_and_keeps_what_telegram_called_it(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    deliveries.finish(BRANCH, POST, 17, WORKERS_CHAT)
    done = Finished("done", 17, WORKERS_CHAT)
    assert deliveries.begin(BRANCH, POST, "message-1", LATER) == done
    assert deliveries.message(BRANCH, POST) == done


def test_an_effect_without_a_message_is_done_as_well(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    deliveries.finish(BRANCH, POST, None)
    assert deliveries.message(BRANCH, POST) == Finished("done", None, None)


def test_what_may_come_back_is_kept_for_its_time_and_goes_with_it(
    database: Database, tables: Tables
) -> None:
    table = tables("deliveries")
    deliveries = Deliveries(database, table)
    assert deliveries.standing(BRANCH, POST, NOW) is None
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    assert deliveries.standing(BRANCH, POST, NOW) == Busy(LEASE.total_seconds())
    until = NOW + timedelta(days=30)
    deliveries.finish(BRANCH, POST, None, None, Kept("all of it", until))
    done = Finished("done", None, None, "all of it")
    assert deliveries.standing(BRANCH, POST, NOW) == done
    assert deliveries.begin(BRANCH, POST, "message-2", LATER) == done
    item = database.get({"TableName": table, "Key": {"pk": {"S": f"{BRANCH}#{POST}"}}})
    assert item is not None
    assert item["expires_at"] == {"N": str(int(until.timestamp()))}


def test_what_was_put_back_is_anybodys_at_once(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    deliveries.put_back(BRANCH, POST, doubt=False)
    assert deliveries.begin(BRANCH, POST, "message-2", NOW) == Begun(2, doubt=False)
    deliveries.put_back(BRANCH, POST, doubt=True)
    assert deliveries.begin(BRANCH, POST, "message-2", NOW) == Begun(3, doubt=True)


def test_the_same_message_again_means_that_its_sender_died(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    assert deliveries.begin(BRANCH, POST, "message-1", NOW) == Begun(2, doubt=True)


def test_a_lease_that_is_over_is_taken_with_doubt(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    assert deliveries.begin(BRANCH, POST, "message-2", LATER) == Begun(2, doubt=True)


def test_of_many_at_once_one_begins(deliveries: Deliveries) -> None:
    with ThreadPoolExecutor(8) as pool:
        begun = list(
            pool.map(lambda n: deliveries.begin(BRANCH, POST, f"message-{n}", NOW), range(8))
        )
    assert [one for one in begun if isinstance(one, Begun)] == [Begun(1, doubt=False)]
    assert sum(isinstance(one, Busy) for one in begun) == 7


def test_branches_have_their_own(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    deliveries.finish(BRANCH, POST, 17, WORKERS_CHAT)
    assert deliveries.begin("other", POST, "message-1", NOW) == Begun(1, doubt=False)


def _letter(branch: str = BRANCH, minutes: int = 0, effect: str = POST) -> Dead:
    return Dead(
        branch, effect, "outbound", "no such chat", '{"a": 1}', NOW + timedelta(minutes=minutes)
    )


def _dead(deliveries: Deliveries, branch: str, count: int) -> list[Dead]:
    """The dead letters once there are so many: an index follows its table a bit later."""
    for _ in range(200):
        found = list(deliveries.dead(branch))
        if len(found) == count:
            return found
        time.sleep(0.01)
    return found


def test_a_dead_letter_lies_with_its_branchs_dead_the_oldest_first(deliveries: Deliveries) -> None:
    deliveries.begin(BRANCH, POST, "message-1", NOW)
    deliveries.bury(_letter(minutes=2))
    deliveries.bury(_letter(minutes=1, effect="event.never-begun"))
    deliveries.bury(_letter("other"))
    assert _dead(deliveries, BRANCH, 2) == [
        _letter(minutes=1, effect="event.never-begun"),
        _letter(minutes=2),
    ]
    assert deliveries.begin(BRANCH, POST, "message-1", LATER) == Finished("dead", None)
    assert deliveries.message(BRANCH, POST) == Finished("dead", None)


def test_a_long_reason_is_cut(deliveries: Deliveries) -> None:
    deliveries.bury(_letter()._replace(reason="r" * 5000))
    (found,) = _dead(deliveries, BRANCH, 1)
    assert found.reason == "r" * 500


@pytest.mark.parametrize("effect", [POST, "event.never-begun"])
def test_a_letter_raised_up_is_tried_again_with_doubt(deliveries: Deliveries, effect: str) -> None:
    deliveries.bury(_letter(effect=effect))
    deliveries.raise_up(BRANCH, effect)
    assert _dead(deliveries, BRANCH, 0) == []
    begun = deliveries.begin(BRANCH, effect, "message-9", NOW)
    assert isinstance(begun, Begun)
    assert begun.doubt
    deliveries.finish(BRANCH, effect, 5, WORKERS_CHAT)
    assert deliveries.message(BRANCH, effect) == Finished("done", 5, WORKERS_CHAT)


def test_the_newest_message_of_a_chat_is_remembered(deliveries: Deliveries) -> None:
    assert deliveries.last_message(BRANCH, WORKERS_CHAT) == LastMessage(0, "")
    deliveries.saw_message(BRANCH, WORKERS_CHAT, 41, "a")
    deliveries.saw_message(BRANCH, WORKERS_CHAT, 44, "b")
    assert deliveries.last_message(BRANCH, WORKERS_CHAT) == LastMessage(44, "b")
    assert deliveries.last_message("other", WORKERS_CHAT) == LastMessage(0, "")
