"""The clients table: chats, reservations and the day's places, each kept by whoever has it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta

import pytest

from switchboard.store.clients import Client, Clients
from switchboard.store.database import Database
from tests.flows.story import NOW
from tests.store.conftest import Tables

BRANCH = "tyres"
ANNA, BORIS = "c-anna0000000000000000", "c-boris000000000000000"
CHAT, OTHER_CHAT = 990000011, 990000012
FIRST, SECOND = "bitrix24-501:1", "bitrix24-502:1"
MONTH, DAY = timedelta(days=30), date(2025, 11, 21)


@pytest.fixture
def clients(database: Database, tables: Tables) -> Clients:
    return Clients(database, tables("clients"))


def _of_chat(clients: Clients, chat: int, branch: str = BRANCH) -> list[str]:
    return [one.id for one in clients.of_chat(branch, chat)]


def test_nobody_is_known_before_he_is(clients: Clients) -> None:
    assert clients.known(BRANCH, ANNA) == Client(ANNA)
    assert _of_chat(clients, CHAT) == []
    assert clients.of_deal(BRANCH, "bitrix24-501") is None


def test_a_client_and_his_chat_lead_to_each_other_in_his_branch_alone(clients: Clients) -> None:
    for _ in range(2):
        clients.bind(BRANCH, ANNA, CHAT)
    assert clients.known(BRANCH, ANNA) == Client(ANNA, CHAT)
    assert _of_chat(clients, CHAT) == [ANNA]
    assert clients.known("other", ANNA) == Client(ANNA)
    assert _of_chat(clients, CHAT, "other") == []


def test_a_number_that_moves_to_another_chat_leaves_the_first(clients: Clients) -> None:
    clients.bind(BRANCH, ANNA, CHAT)
    clients.bind(BRANCH, ANNA, OTHER_CHAT)
    assert (_of_chat(clients, CHAT), _of_chat(clients, OTHER_CHAT)) == ([], [ANNA])
    assert clients.ever_of_chat(BRANCH, CHAT) == (Client(ANNA, OTHER_CHAT),)
    clients.bind(BRANCH, ANNA, CHAT)
    assert (_of_chat(clients, CHAT), _of_chat(clients, OTHER_CHAT)) == ([ANNA], [])


def test_of_several_numbers_in_one_chat_the_last_asked_comes_first(clients: Clients) -> None:
    for client in (ANNA, BORIS):
        clients.bind(BRANCH, client, CHAT)
    assert set(_of_chat(clients, CHAT)) == {ANNA, BORIS}
    clients.reserve(BRANCH, ANNA, FIRST, NOW, MONTH)
    assert _of_chat(clients, CHAT) == [ANNA, BORIS]
    clients.reserve(BRANCH, BORIS, SECOND, NOW + timedelta(seconds=1), MONTH)
    assert _of_chat(clients, CHAT) == [BORIS, ANNA]


def test_a_chat_that_was_only_half_bound_leads_to_nobody(
    database: Database, tables: Tables
) -> None:
    """Whoever binds dies between his two writes, and comes again."""
    name = tables("clients")
    clients = Clients(database, name)
    clients.bind(BRANCH, ANNA, CHAT)
    database.delete({"TableName": name, "Key": {"pk": {"S": BRANCH}, "sk": {"S": ANNA}}})
    assert (_of_chat(clients, CHAT), clients.known(BRANCH, ANNA).chat) == ([], None)
    clients.bind(BRANCH, ANNA, CHAT)
    assert _of_chat(clients, CHAT) == [ANNA]


def test_a_reservation_keeps_his_chat_and_says_what_for(clients: Clients) -> None:
    clients.bind(BRANCH, ANNA, CHAT)
    assert clients.reserve(BRANCH, ANNA, FIRST, NOW, MONTH)
    assert clients.known(BRANCH, ANNA) == Client(ANNA, CHAT, FIRST, NOW.astimezone(UTC))


@pytest.mark.parametrize(
    ("after", "survey", "free"),
    [
        (timedelta(0), FIRST, True),
        (timedelta(days=29), FIRST, True),
        (timedelta(0), SECOND, False),
        (MONTH - timedelta(seconds=1), SECOND, False),
        (MONTH, SECOND, True),
        # The clock of another machine is behind.
        (-timedelta(seconds=5), SECOND, False),
    ],
)
def test_a_client_is_for_one_survey_until_its_time_is_over(
    clients: Clients, after: timedelta, survey: str, free: bool
) -> None:
    clients.reserve(BRANCH, ANNA, FIRST, NOW, MONTH)
    now = NOW + after
    # The look before says what the write then does.
    assert clients.known(BRANCH, ANNA).may_be_asked(survey, now, MONTH) is free
    assert clients.reserve(BRANCH, ANNA, survey, now, MONTH) is free
    assert clients.known(BRANCH, ANNA).survey == (survey if free else FIRST)
    assert clients.reserve(BRANCH, BORIS, survey, now, MONTH)
    assert clients.reserve("other", ANNA, survey, now, MONTH)


def test_where_anybody_may_be_asked_every_day_all_are(clients: Clients) -> None:
    for survey in (FIRST, SECOND):
        assert clients.known(BRANCH, ANNA).may_be_asked(survey, NOW, timedelta(0))
        assert clients.reserve(BRANCH, ANNA, survey, NOW, timedelta(0))


def test_a_day_has_so_many_places_and_whoever_has_one_keeps_it(clients: Clients) -> None:
    surveys = [f"bitrix24-{number}:1" for number in range(5)]
    taken = [clients.take_place(BRANCH, DAY, one, 3) for one in surveys]
    assert taken == [True, True, True, False, False]
    again = [clients.take_place(BRANCH, DAY, one, 3) for one in surveys]
    assert again == taken
    # Somebody has lowered the limit at noon.
    assert clients.take_place(BRANCH, DAY, surveys[0], 1)
    assert not clients.take_place(BRANCH, DAY, surveys[4], 1)
    assert clients.take_place(BRANCH, DAY + timedelta(days=1), surveys[4], 3)
    assert clients.take_place("other", DAY, surveys[4], 3)


def test_a_days_places_go_when_nobody_asks_for_them_any_more(
    database: Database, tables: Tables
) -> None:
    name = tables("clients")
    Clients(database, name).take_place(BRANCH, DAY, FIRST, 3)
    (item,) = database.scan({"TableName": name})
    assert item["sk"] == {"S": "quota#2025-11-21"}
    days = int(item["expires_at"]["N"]) / 86400
    assert days == (DAY - date(1970, 1, 1)).days + 7


def test_whose_bonuses_a_deal_may_hold(clients: Clients) -> None:
    clients.note_deal(BRANCH, "bitrix24-601", ANNA)
    assert clients.of_deal(BRANCH, "bitrix24-601") == ANNA
    assert clients.of_deal("other", "bitrix24-601") is None
    clients.note_deal(BRANCH, "bitrix24-601", BORIS)
    assert clients.of_deal(BRANCH, "bitrix24-601") == BORIS


def _at_once(act: Callable[[int], bool], many: int) -> int:
    with ThreadPoolExecutor(many) as pool:
        return sum(pool.map(act, range(many)))


def test_of_many_at_once_one_gets_the_client_and_the_limit_gets_places(clients: Clients) -> None:
    def reserve(number: int) -> bool:
        return clients.reserve(BRANCH, ANNA, f"bitrix24-{number}:1", NOW, MONTH)

    def take(number: int) -> bool:
        return clients.take_place(BRANCH, DAY, f"bitrix24-{number}:1", 5)

    assert _at_once(reserve, 12) == 1
    assert _at_once(take, 12) == 5


def test_who_is_written_to_here_comes_before_who_is_not_any_more(clients: Clients) -> None:
    for client in (ANNA, BORIS):
        clients.bind(BRANCH, client, CHAT)
    clients.reserve(BRANCH, ANNA, FIRST, NOW, MONTH)
    clients.bind(BRANCH, ANNA, OTHER_CHAT)
    assert [one.id for one in clients.ever_of_chat(BRANCH, CHAT)] == [BORIS, ANNA]
