"""Whose visit it was: by what a request says of itself, and by what all of a link's say."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from switchboard.domain import visits
from switchboard.domain.visits import LONGEST_AGENT, Visit, judged, people
from switchboard.doors.crawlers import crawler
from switchboard.doors.visits import foreign, judge, visit_of
from switchboard.runtime.http import Request
from tests.doors.crawler_agents import PEOPLE, SAFARI, SCANNERS

SENT = datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
OPENED = SENT + timedelta(seconds=30)


def _visit(at: datetime, agent: str = SAFARI, method: str = "GET", id_: str = "") -> Visit:
    verdict, reason = judge(method, agent, "")
    return Visit(id_ or f"{at:%H%M%S%f}", at, method, agent, "", verdict, reason)


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_persons_browser_is_a_person(agent: str) -> None:
    for method in ("GET", "POST"):
        assert judge(method, agent, "") == ("person", "")


@pytest.mark.parametrize("agent", SCANNERS)
def test_what_fetches_links_is_a_scanner(agent: str) -> None:
    for method in ("GET", "POST"):
        verdict, reason = judge(method, agent, "")
        assert verdict == "scanner"
        assert reason in ("crawler", "no browser", "robot")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "get", ""])
def test_only_get_and_post_are_peoples(method: str) -> None:
    assert judge(method, SAFARI, "") == ("scanner", "method")


@pytest.mark.parametrize("agent", ["", " ", "\t"])
def test_an_empty_agent_is_a_scanner(agent: str) -> None:
    assert judge("GET", agent, "") == ("scanner", "no agent")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ],
)
def test_what_a_browser_fetches_before_anybody_asks_is_a_scanners(header: str, value: str) -> None:
    request = Request({}, {"user-agent": SAFARI, header: value}, b"", "1", "GET")
    visit = visit_of(request, OPENED)
    assert (visit.verdict, visit.reason, visit.purpose) == ("scanner", "prefetch", value)


def test_of_an_agent_only_so_much_is_kept_and_no_address_at_all() -> None:
    headers = {"user-agent": SAFARI + "x" * 1000, "x-forwarded-for": "203.0.113.7", "cookie": "a=b"}
    visit = visit_of(Request({}, headers, b"", "1", "GET"), OPENED)
    assert len(visit.agent) == LONGEST_AGENT
    assert "203.0.113.7" not in str(visit)
    assert "a=b" not in str(visit)


@pytest.mark.parametrize("agent", [SAFARI, "Мой браузер", "\ud800\x00\n", ""])
def test_a_visit_is_read_as_it_was_kept(agent: str) -> None:
    visit = _visit(OPENED, agent)
    text = visits.dump(visit)
    assert text.isascii()
    assert visits.load(text) == visit


def test_of_the_list_no_pattern_is_lost() -> None:
    listed = pytest.importorskip("crawleruseragents")
    from tests.doors import crawler_list

    assert crawler_list.WRITTEN.read_text("utf-8") == crawler_list.source()
    for one in listed.CRAWLER_USER_AGENTS_DATA:
        for instance in one["instances"] if one["pattern"] not in crawler_list.PEOPLES else ():
            assert crawler(instance), instance


# All visits of a link together.


def test_nobody_opens_a_link_that_has_not_been_sent() -> None:
    early, late = _visit(SENT - timedelta(milliseconds=1)), _visit(OPENED)
    assert people([early, late], None) == 0
    assert people([early, late], SENT) == 1
    assert [visit.reason for visit in judged([late, early], SENT)] == ["before it was sent", ""]


def test_three_within_two_seconds_are_a_burst_whatever_they_call_themselves() -> None:
    moments = [OPENED + timedelta(seconds=second) for second in (0, 1, 2)]
    burst = [_visit(at) for at in moments]
    assert people(burst, SENT) == 0
    assert {visit.reason for visit in judged(burst, SENT)} == {"burst"}
    assert people(burst[:2], SENT) == 2
    assert people([*burst[:2], _visit(OPENED + timedelta(milliseconds=2001))], SENT) == 3


def test_one_get_and_three_head_as_a_browser_are_no_person() -> None:
    seen = [_visit(OPENED, id_="0")]
    seen += [
        _visit(OPENED + timedelta(milliseconds=100 * n), method="HEAD", id_=str(n))
        for n in (1, 2, 3)
    ]
    for order in itertools.permutations(seen):
        assert people(order, SENT) == 0


def test_a_person_who_comes_after_a_burst_counts() -> None:
    burst = [_visit(OPENED + timedelta(milliseconds=n)) for n in range(5)]
    later = _visit(OPENED + timedelta(seconds=10))
    assert people([*burst, later], SENT) == 1
    assert people([], SENT) == 0


# Forms of other sites.

HOST = "go.example.ru"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": f"https://{HOST}", "host": HOST},
        {"sec-fetch-site": "none", "host": HOST},
        {"sec-fetch-site": "same-origin", "origin": f"https://{HOST}", "host": "127.0.0.1:8080"},
        {"origin": f"https://{HOST}", "host": HOST},
        {"origin": f"http://{HOST}:8080", "host": f"{HOST.upper()}:8080"},
    ],
    ids=["today's", "typed", "behind a proxy", "older", "port"],
)
def test_our_own_pages_form_is_ours(headers: dict[str, str]) -> None:
    assert not foreign(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": HOST},
        {"sec-fetch-site": "cross-site", "origin": f"https://{HOST}", "host": HOST},
        {"sec-fetch-site": "same-site", "origin": f"https://{HOST}", "host": HOST},
        {"sec-fetch-site": "", "host": HOST},
        {"sec-fetch-site": "same-origin, same-origin", "host": HOST},
        {"sec-fetch-site": "same-origin", "origin": "null", "host": HOST},
        {"origin": "null", "host": HOST},
        {"origin": "null", "host": "null"},
        {"origin": "", "host": ""},
        {"origin": "https://", "host": ""},
        {"origin": "https://evil.example", "host": HOST},
        {"origin": f"https://{HOST}.evil.example", "host": HOST},
        {"origin": f"https://{HOST}:444", "host": HOST},
        {"origin": f"https://evil.example@{HOST}", "host": HOST},
        {"origin": "https://[", "host": HOST},
        {"origin": f"https://{HOST}"},
    ],
    ids=str,
)
def test_any_other_form_is_foreign(headers: dict[str, str]) -> None:
    assert foreign(headers)
