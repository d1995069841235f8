"""The links table: one write a visit, one a press, and of all presses exactly one the first."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from switchboard.domain.effects import LinkTo
from switchboard.domain.errors import Misconfigured
from switchboard.domain.visits import Visit
from switchboard.store.database import Database
from switchboard.store.links import (
    KEPT,
    VISITS,
    Link,
    Links,
    NotPressed,
    Page,
    Pressed,
    Unheard,
    code_of,
    page_of,
)
from tests.flows.story import BRANCH, NOW, playbook
from tests.store.conftest import Tables

PAGE = Page("Пример", "ru", {"page.review.any": "Своё"})
REVIEW = LinkTo(
    purpose="review",
    survey="bitrix24-5",
    run=2,
    client="c-exampleclient00000000",
    playbook=7,
    expires_at=NOW + timedelta(days=30),
    site="Карты Пример",
    url="https://reviews.example/org/1",
    bonus=300,
)
PLAIN = REVIEW.model_copy(update={"bonus": 0})
SURVEY = REVIEW.model_copy(update={"purpose": "survey", "site": "", "url": "", "bonus": 0})
CODE = code_of("key", BRANCH, "bitrix24-5:2:invite")
PRESSES = 1000


@pytest.fixture
def table(tables: Tables) -> str:
    return tables("links")


@pytest.fixture
def links(database: Database, table: str) -> Links:
    return Links(database, table)


def _visit(id_: str = "request-1", seconds: float = 0, **changes: Any) -> Visit:
    at = NOW + timedelta(seconds=seconds)
    return Visit(id_, at, "GET", "Mozilla/5.0 (…)", "", "person", "")._replace(**changes)


def _put(links: Links, link: LinkTo = REVIEW) -> None:
    links.put(CODE, link, BRANCH, PAGE)


# Codes.


def test_a_code_is_twelve_letters_and_digits_and_always_the_same() -> None:
    codes = [code_of("key", BRANCH, f"bitrix24-{n}:1:invite") for n in range(2000)]
    assert all(len(code) == 12 and code.isascii() and code.isalnum() for code in codes)
    assert len(set(codes)) == len(codes)
    assert len({letter for code in codes for letter in code}) == 62
    assert code_of("key", BRANCH, "bitrix24-7:1:invite") == codes[7]


def test_a_code_hangs_on_the_key_the_branch_and_the_effect() -> None:
    codes = {
        code_of(key, branch, effect)
        for key in ("key", "other key")
        for branch in ("tyres", "tyres-2")
        for effect in ("bitrix24-5:1:invite", "bitrix24-5:2:invite")
    }
    assert len(codes) == 8


def test_without_a_key_there_are_no_codes() -> None:
    with pytest.raises(Misconfigured):
        code_of("", BRANCH, "bitrix24-5:1:invite")


def test_a_branch_without_reviews_has_no_pages() -> None:
    with pytest.raises(Misconfigured):
        page_of(playbook())


# A link.


def test_a_link_is_read_as_it_was_put(links: Links) -> None:
    _put(links)
    assert links.read(CODE) == Link(
        code=CODE,
        branch=BRANCH,
        survey="bitrix24-5",
        run=2,
        client="c-exampleclient00000000",
        purpose="review",
        site="Карты Пример",
        url="https://reviews.example/org/1",
        bonus=300,
        playbook=7,
        page=PAGE,
        until=REVIEW.expires_at,
        sent_at=None,
        visits=(),
        press=None,
        filled_at=None,
    )
    assert links.read("A" * 12) is None


def test_a_second_put_changes_nothing(links: Links) -> None:
    _put(links)
    links.sent(CODE, NOW)
    links.visit(CODE, _visit())
    links.press(CODE, _visit("request-2"))
    before = links.read(CODE)
    links.put(CODE, REVIEW.model_copy(update={"url": "https://evil.example"}), "other", PAGE)
    assert links.read(CODE) == before


def test_when_it_was_sent_is_told_once_and_of_no_link_that_is_gone(links: Links) -> None:
    links.sent(CODE, NOW)
    links.filled(CODE, NOW)
    links.settled(CODE)
    assert links.read(CODE) is None
    _put(links)
    moment = NOW + timedelta(milliseconds=1234)
    for at in (moment, NOW + timedelta(hours=1)):
        links.sent(CODE, at)
        links.filled(CODE, at)
    link = links.read(CODE)
    assert link is not None
    assert (link.sent_at, link.filled_at) == (moment, moment)


def test_it_is_deleted_long_after_it_has_ended(links: Links, dynamodb: Any, table: str) -> None:
    _put(links)
    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert int(item["expires_at"]["N"]) == int((REVIEW.expires_at + KEPT).timestamp())


# Visits.


def test_a_visit_is_kept_and_the_whole_link_comes_back(links: Links) -> None:
    _put(links)
    links.sent(CODE, NOW)
    first, second = _visit(), _visit("request-2", 5, verdict="scanner", reason="crawler")
    seen = links.visit(CODE, first)
    assert seen is not None
    assert (seen.visits, seen.url, seen.sent_at) == ((first,), REVIEW.url, NOW)
    again = links.visit(CODE, second)
    assert again is not None
    assert set(again.visits) == {first, second}
    assert links.read(CODE) == again


def test_a_visit_whose_answer_was_lost_is_one_visit(links: Links) -> None:
    _put(links)
    for _ in range(3):
        links.visit(CODE, _visit())
    assert links.visits(CODE) == (_visit(),)


def test_nothing_is_made_of_a_code_that_nobody_has(links: Links, dynamodb: Any, table: str) -> None:
    assert links.visit("A" * 12, _visit()) is None
    assert links.press("A" * 12, _visit()) is None
    assert links.visits("A" * 12) == ()
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_a_survey_link_is_no_review_link(links: Links, dynamodb: Any, table: str) -> None:
    _put(links, SURVEY)
    before = dynamodb.scan(TableName=table)["Items"]
    assert links.visit(CODE, _visit()) is None
    assert links.press(CODE, _visit()) is None
    assert dynamodb.scan(TableName=table)["Items"] == before


def test_past_the_first_visits_each_is_an_item_of_its_own_and_none_is_lost(
    links: Links, dynamodb: Any, table: str
) -> None:
    _put(links)
    seen = [_visit(f"request-{n}", n) for n in range(VISITS + 10)]
    for visit in seen:
        link = links.visit(CODE, visit)
        assert link is not None
        assert visit in link.visits
    link = links.read(CODE)
    assert link is not None
    assert set(link.visits) == set(seen[:VISITS])
    assert set(links.visits(CODE)) == set(seen)
    assert len(links.visits(CODE)) == len(seen)
    items = dynamodb.scan(TableName=table)["Items"]
    assert len(items) == 11
    assert all("expires_at" in item for item in items)
    pressed = links.press(CODE, _visit("request-999", 999))
    assert isinstance(pressed, Pressed)
    assert pressed.first


def test_the_end_of_a_link_is_the_end_of_its_visits(links: Links) -> None:
    _put(links)
    last = (REVIEW.expires_at - NOW).total_seconds()
    assert links.visit(CODE, _visit("in time", last - 1)) is not None
    link = links.visit(CODE, _visit("late", last))
    assert link is not None
    assert link.until == REVIEW.expires_at
    assert [visit.id for visit in links.visits(CODE)] == ["in time"]


# Presses.


def test_the_first_press_counts_and_stays(links: Links) -> None:
    _put(links)
    first, second = _visit(), _visit("request-2", 60)
    one, other = links.press(CODE, first), links.press(CODE, second)
    assert isinstance(one, Pressed)
    assert isinstance(other, Pressed)
    assert (one.first, other.first) == (True, False)
    assert one.link.press == other.link.press == first
    assert other.link.pressed_at == NOW
    assert other.link.url == REVIEW.url


def test_a_press_whose_answer_was_lost_is_still_the_first(links: Links) -> None:
    _put(links)
    for _ in range(2):
        pressed = links.press(CODE, _visit())
        assert isinstance(pressed, Pressed)
        assert pressed.first


def test_of_a_thousand_presses_at_once_one_is_the_first(links: Links) -> None:
    _put(links)
    visits = [_visit(f"request-{n}") for n in range(PRESSES)]
    with ThreadPoolExecutor(24) as pool:
        pressed = list(pool.map(lambda visit: links.press(CODE, visit), visits))
    first = [one for one in pressed if isinstance(one, Pressed) and one.first]
    assert len(first) == 1
    assert all(isinstance(one, Pressed) for one in pressed)
    presses = {one.link.press for one in pressed if isinstance(one, Pressed)}
    assert presses == {first[0].link.press}


@pytest.mark.parametrize("late", [0, 1, 10**7])
def test_a_link_that_is_over_takes_no_press(links: Links, late: float) -> None:
    _put(links)
    before = links.read(CODE)
    seconds = (REVIEW.expires_at - NOW).total_seconds() + late
    assert links.press(CODE, _visit("late", seconds)) == NotPressed(before)  # type: ignore[arg-type]
    assert links.read(CODE) == before


def test_a_link_without_a_button_takes_no_press(links: Links) -> None:
    _put(links, PLAIN)
    before = links.read(CODE)
    assert links.press(CODE, _visit()) == NotPressed(before)  # type: ignore[arg-type]
    assert links.read(CODE) == before


# Until the survey knows.


def _waiting(links: Links, *expected: str, seconds: float = 60) -> bool:
    """Whether just these come to wait: an index may be a moment behind."""
    for _ in range(200):
        found = [one.code for one in links.pending_since(NOW + timedelta(seconds=seconds))]
        if sorted(found) == sorted(expected):
            return True
        time.sleep(0.01)
    return False


def test_a_press_waits_until_the_survey_knows(links: Links) -> None:
    _put(links)
    links.visit(CODE, _visit())
    assert _waiting(links)
    links.press(CODE, _visit("request-2"))
    assert _waiting(links, CODE)
    assert _waiting(links, seconds=0)
    links.press(CODE, _visit("request-3", 30))
    assert list(links.pending_since(NOW + timedelta(seconds=60))) == [Unheard(CODE, NOW)]
    for _ in range(2):
        links.settled(CODE)
        assert _waiting(links)


def test_a_press_that_is_known_does_not_wait_again(links: Links) -> None:
    _put(links)
    links.press(CODE, _visit())
    links.settled(CODE)
    links.press(CODE, _visit("request-2", 5))
    # The other's write is the last of the two, so with it the index has seen the first.
    other = code_of("key", BRANCH, "another")
    links.put(other, REVIEW, BRANCH, PAGE)
    links.press(other, _visit("request-3"))
    assert _waiting(links, other)


def test_a_link_told_settled_before_its_press_waits_all_the_same(links: Links) -> None:
    _put(links)
    links.settled(CODE)
    links.press(CODE, _visit())
    assert _waiting(links, CODE)


def test_every_partition_of_the_index_is_looked_at(links: Links) -> None:
    codes = {code_of("key", BRANCH, str(n)) for n in range(20)}
    for code in codes:
        links.put(code, REVIEW, BRANCH, PAGE)
        links.press(code, _visit())
    assert _waiting(links, *codes)


_WRITES: list[Callable[[Links], object]] = [
    lambda links: links.visit(CODE, _visit("request-2")),
    lambda links: links.press(CODE, _visit("request-2")),
    lambda links: links.sent(CODE, NOW),
    lambda links: links.settled(CODE),
]


@pytest.mark.parametrize("write", _WRITES)
def test_no_write_loses_what_another_has_written(
    links: Links, write: Callable[[Links], object]
) -> None:
    _put(links)
    links.sent(CODE, NOW)
    links.visit(CODE, _visit())
    links.press(CODE, _visit("request-1"))
    before = links.read(CODE)
    write(links)
    after = links.read(CODE)
    assert before is not None
    assert after is not None
    assert after._replace(visits=()) == before._replace(visits=())
    assert set(after.visits) >= set(before.visits)


def test_a_link_that_is_void_promises_nothing_and_keeps_its_press(links: Links) -> None:
    _put(links)
    pressed = links.press(CODE, _visit())
    assert isinstance(pressed, Pressed)
    for _ in range(2):
        links.void(CODE)
    link = links.read(CODE)
    assert link is not None
    assert link == pressed.link._replace(bonus=0)
    # The survey still hears of that press, and of no other.
    assert _waiting(links, CODE)
    assert links.press(CODE, _visit("request-2", 5)) == NotPressed(link)
    visited = links.visit(CODE, _visit("request-3", 6))
    assert visited is not None
    assert (visited.bonus, visited.url) == (0, link.url)


def test_nothing_is_made_of_a_void_link_that_was_never_sent(links: Links) -> None:
    links.void(CODE)
    assert links.read(CODE) is None
