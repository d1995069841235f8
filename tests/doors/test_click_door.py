"""The click door: what is counted, what leads where, what is told and what it costs."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from switchboard.domain.visits import people
from switchboard.runtime import http
from tests.doors.crawler_agents import PEOPLE, SAFARI, SCANNERS
from tests.doors.link_house import (
    BRANCH,
    COMPANY,
    HOST,
    SENT,
    SITE,
    SURVEY,
    UNTIL,
    URL,
    LinkHouse,
    link_event,
    own_form,
    reviewing,
)
from tests.store.conftest import Tables
from tests.store.tables import OneAtATime

ANDROID = PEOPLE[12]


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> LinkHouse:
    return LinkHouse(moto, moto_tables("links"), moto_tables("settings"))


def _reasons(house: LinkHouse, code: str) -> list[tuple[str, str]]:
    return sorted((visit.verdict, visit.reason) for visit in house.links.visits(code))


def _pressed(house: LinkHouse, code: str) -> bool:
    link = house.links.read(code)
    assert link is not None
    return link.press is not None


# Where it leads.


def test_a_link_without_a_bonus_leads_on_at_once(house: LinkHouse) -> None:
    code = house.link(bonus=0)
    answer = house.get(code)
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, URL)
    assert house.calls == {"update_item": 1, "send_message": 1}
    (event,) = house.queue.events
    assert (event["kind"], event["code"], event["survey"]) == ("link_visited", code, SURVEY)


def test_a_link_with_a_bonus_shows_who_writes_and_a_button(house: LinkHouse) -> None:
    code = house.link()
    answer = house.get(code)
    assert answer["statusCode"] == 200
    for said in ("Вам пишет Шинный двор «Пример &amp; Ко»", SITE, "300 бонусов", "переслали"):
        assert said in answer["body"]
    assert '<form method="post">' in answer["body"]
    # Nothing on the page can be followed without a press.
    assert URL not in answer["body"]
    assert "location" not in answer["headers"]
    assert house.calls == {"update_item": 1}
    assert house.queue.messages == []


def test_the_press_leads_on_and_counts_once(house: LinkHouse) -> None:
    code = house.link()
    house.get(code)
    house.calls.clear()
    answer = house.press(code)
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, URL)
    assert house.calls == {"update_item": 1, "send_message": 1}
    (message,) = house.queue.messages
    envelope = json.loads(message["MessageBody"])
    assert envelope["branch"] == BRANCH
    assert envelope["event"]["kind"] == "link_pressed"
    assert (envelope["event"]["code"], envelope["event"]["survey"]) == (code, SURVEY)
    assert message["MessageGroupId"] == f"{BRANCH}.{SURVEY}"
    house.calls.clear()
    for _ in range(5):
        assert house.press(code) == answer
    assert house.calls == {"update_item": 5}
    assert len(house.queue.messages) == 1


def test_a_link_that_is_forwarded_opens_for_others_and_counts_for_the_first_press_alone(
    house: LinkHouse,
) -> None:
    code = house.link()
    house.press(code)
    for agent in (ANDROID, PEOPLE[1]):
        assert house.get(code, agent)["statusCode"] == 200
        assert house.press(code, agent)["headers"]["location"] == URL
    assert len(house.queue.messages) == 1


def test_a_press_without_a_visit_before_it_counts(house: LinkHouse) -> None:
    code = house.link()
    assert house.press(code)["statusCode"] == 303
    assert len(house.queue.messages) == 1


def test_a_press_whose_event_is_lost_stands_in_the_item(house: LinkHouse) -> None:
    code = house.link()
    house.queue.down = True
    assert house.press(code)["headers"]["location"] == URL
    house.queue.down = False
    assert house.press(code)["statusCode"] == 303
    assert house.queue.messages == []
    waiting = list(house.links.pending_since(house.now + timedelta(seconds=1)))
    assert [one.code for one in waiting] == [code]


def test_of_a_thousand_presses_at_once_one_is_told(moto: Any, moto_tables: Tables) -> None:
    links = moto_tables("links")
    house = LinkHouse(moto, links, moto_tables("settings"), database=OneAtATime(moto))
    code = house.link()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: house.press(code), range(1000)))
    assert {answer["statusCode"] for answer in answers} == {303}
    assert len(house.queue.messages) == 1
    assert [line["outcome"] for line in house.log].count("first") == 1


def test_the_same_delivered_twice_is_told_under_one_name(house: LinkHouse) -> None:
    code = house.link()
    event = link_event("POST", code, own_form())
    for _ in range(2):
        assert house.click(http.request(event))["statusCode"] == 303
    assert len({message["MessageDeduplicationId"] for message in house.queue.messages}) == 1


# Who does not count.


@pytest.mark.parametrize("agent", ["", *SCANNERS])
def test_a_scanner_is_answered_like_anybody_and_never_counts(house: LinkHouse, agent: str) -> None:
    rewarded, plain = house.link(), house.link(bonus=0)
    assert house.get(rewarded, agent)["statusCode"] == 200
    assert house.get(plain, agent)["headers"]["location"] == URL
    refused = house.press(rewarded, agent)
    assert refused["statusCode"] == 403
    assert '<form method="post">' in refused["body"]
    assert "ещё раз" in refused["body"]
    assert not _pressed(house, rewarded)
    assert house.queue.messages == []
    for code in (rewarded, plain):
        assert {verdict for verdict, _ in _reasons(house, code)} == {"scanner"}


def test_a_person_whose_press_was_not_believed_may_press_again(house: LinkHouse) -> None:
    code = house.link()
    assert house.press(code, "")["statusCode"] == 403
    assert house.press(code)["statusCode"] == 303
    assert len(house.queue.messages) == 1


@pytest.mark.parametrize("bonus", [0, 300])
def test_head_is_answered_like_get_without_a_body_and_is_a_scanners(
    house: LinkHouse, bonus: int
) -> None:
    code = house.link(bonus=bonus)
    head = house.ask("HEAD", code, {"user-agent": SAFARI})
    assert house.calls == {"update_item": 1}
    assert _reasons(house, code) == [("scanner", "method")]
    get = house.get(code)
    assert head == {**get, "body": ""}
    assert len(house.queue.messages) == (0 if bonus else 1)


def test_a_browser_that_fetches_ahead_is_no_visit(house: LinkHouse) -> None:
    code = house.link(bonus=0)
    assert house.get(code, sec_purpose="prefetch;prerender")["statusCode"] == 302
    assert _reasons(house, code) == [("scanner", "prefetch")]
    assert house.queue.messages == []


def test_a_visit_before_the_message_was_sent_is_told_to_nobody(house: LinkHouse) -> None:
    code = house.link(sent=False, bonus=0)
    house.get(code)
    house.links.sent(code, house.now + timedelta(seconds=1))
    house.get(code)
    assert house.queue.messages == []
    link = house.links.read(code)
    assert link is not None
    assert people(link.visits, link.sent_at) == 0
    house.now += timedelta(minutes=1)
    house.get(code)
    assert len(house.queue.messages) == 1


def test_of_visits_only_the_first_persons_is_told(house: LinkHouse) -> None:
    code = house.link(bonus=0)
    house.get(code, SCANNERS[0])
    house.ask("HEAD", code, {"user-agent": SAFARI})
    assert house.queue.messages == []
    for agent in (SAFARI, ANDROID, SAFARI):
        house.now += timedelta(seconds=20)
        house.get(code, agent)
    assert len(house.queue.messages) == 1
    assert people(house.links.visits(code), SENT) == 3


def test_what_a_preview_that_looks_like_a_browser_does_earns_nothing(house: LinkHouse) -> None:
    code = house.link()
    house.get(code)
    for _ in range(3):
        house.ask("HEAD", code, {"user-agent": SAFARI})
    assert people(house.links.visits(code), SENT) == 0
    assert not _pressed(house, code)


# Presses from elsewhere.


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": None},
        {"origin": "null", "sec-fetch-site": None},
        {"origin": None, "sec-fetch-site": None},
    ],
    ids=str,
)
def test_another_sites_form_is_no_press(house: LinkHouse, headers: dict[str, str | None]) -> None:
    code = house.link()
    sent = {name: value for name, value in (own_form() | headers).items() if value is not None}
    answer = house.ask("POST", code, sent)
    assert answer["statusCode"] == 403
    assert '<form method="post">' in answer["body"]
    assert _reasons(house, code) == [("scanner", "another site")]
    assert not _pressed(house, code)
    assert house.queue.messages == []


def test_what_has_no_button_takes_no_press(house: LinkHouse) -> None:
    code = house.link(bonus=0)
    answer = house.press(code)
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, URL)
    assert house.ask("POST", code, {"user-agent": SAFARI})["statusCode"] == 403
    assert not _pressed(house, code)
    assert house.queue.messages == []


# Codes that are none.


@pytest.mark.parametrize(
    "code",
    [
        *("", "a" * 11, "a" * 13, "a" * 5000, "0123456789-_", "012345678901\n", "абвгдежзикла"),
        *("link", "..", "%00%00%00%00", "\x00" * 12, "\udcff" * 12, "１２３４５６７８９０１２"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_cannot_be_a_code_costs_no_call(house: LinkHouse, method: str, code: str) -> None:
    house.link()
    answer = house.ask(method, code, own_form())
    assert answer["statusCode"] == 404
    assert "location" not in answer["headers"]
    assert house.calls == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_guessed_code_is_nothing_and_leaves_nothing(house: LinkHouse, method: str) -> None:
    house.link()
    before = house.stands
    for guess in ("A" * 12, "000000000000", "zzzzzzzzzzzz"):
        assert house.ask(method, guess, own_form())["statusCode"] == 404
    assert house.stands == before
    assert house.calls == {"update_item": 3}
    assert house.queue.messages == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_survey_links_code_is_no_review_links(house: LinkHouse, method: str) -> None:
    code = house.survey_link()
    assert house.ask(method, code, own_form())["statusCode"] == 404


@pytest.mark.parametrize("bonus", [0, 300])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_link_that_is_over_leads_nowhere(house: LinkHouse, method: str, bonus: int) -> None:
    code = house.link(bonus=bonus)
    before = house.stands
    for moment in (UNTIL, UNTIL + timedelta(days=1)):
        house.now = moment
        for headers in (own_form(), {"user-agent": ""}):
            answer = house.ask(method, code, headers)
            assert answer["statusCode"] == 410
            assert "location" not in answer["headers"]
            assert ("больше не действует" in answer["body"]) == (method != "HEAD")
    assert house.stands == before
    assert house.queue.messages == []


def test_another_branchs_press_is_told_to_that_branch(house: LinkHouse) -> None:
    ours, theirs = house.link(), house.link(branch="other")
    assert ours != theirs
    house.press(theirs)
    (message,) = house.queue.messages
    assert json.loads(message["MessageBody"])["branch"] == "other"
    assert not _pressed(house, ours)


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "", "get"])
def test_other_methods_do_nothing(house: LinkHouse, method: str) -> None:
    code = house.link()
    answer = house.ask(method, code, own_form())
    assert answer["statusCode"] == 405
    assert answer["headers"]["allow"] == "GET, HEAD, POST"
    assert house.calls == {}


# Nowhere but to the stored address.


@pytest.mark.parametrize("name", ["url", "next", "to", "redirect", "u", "return_to"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_parameter_changes_where_it_leads(house: LinkHouse, method: str, name: str) -> None:
    code = house.link(bonus=0 if method == "GET" else 300)
    evil = "https://evil.example/"
    answer = house.ask(
        method,
        code,
        {**own_form(), "x-forwarded-host": "evil.example", "referer": evil},
        rawQueryString=f"{name}={evil}",
        queryStringParameters={name: evil},
        body=f"{name}={evil}",
        isBase64Encoded=False,
    )
    assert answer["headers"]["location"] == URL
    assert "evil" not in json.dumps(answer)


def test_a_host_that_is_not_ours_is_not_spoken_of(house: LinkHouse) -> None:
    code = house.link()
    answer = house.get(code, host="evil.example")
    assert "evil" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("https://reviews.example/org/1", "https://reviews.example/org/1"),
        ("https://reviews.example/a%20b?x=1&y=%D0%B0#r", None),
        ("https://reviews.example/орг/1", "https://reviews.example/%D0%BE%D1%80%D0%B3/1"),
        ("https://пример.рф/1", "https://xn--e1afmkfd.xn--p1ai/1"),
        ("http://127.0.0.1:8090/reviews/1", None),
    ],
)
def test_an_address_goes_into_the_header_as_it_is_stored(
    house: LinkHouse, stored: str, said: str | None
) -> None:
    for bonus in (0, 300):
        code = house.link(url=stored, bonus=bonus)
        answer = house.press(code) if bonus else house.get(code)
        assert answer["headers"]["location"] == (said or stored)
        assert answer["headers"]["location"].isascii()


@pytest.mark.parametrize(
    "stored",
    [
        *("javascript:alert(1)", "data:text/html,x", "//evil.example", "/r/other", "", "https://"),
        *("ftp://reviews.example", "https://[", "https:reviews.example"),
        f"https://{'я' * 100}.example",
    ],
)
def test_what_is_no_address_of_a_site_leads_nowhere(house: LinkHouse, stored: str) -> None:
    answer = house.get(house.link(url=stored, bonus=0))
    assert answer["statusCode"] == 404
    assert "location" not in answer["headers"]


def test_a_line_break_in_an_address_stays_out_of_the_headers(house: LinkHouse) -> None:
    answer = house.get(house.link(url="https://reviews.example/\r\nset-cookie: a=b", bonus=0))
    assert all(
        value.isprintable() and "set-cookie" not in name
        for name, value in answer["headers"].items()
    )
    assert "\n" not in answer["headers"].get("location", "")


# Headers.


def test_pages_and_redirects_are_private_and_cannot_be_framed(house: LinkHouse) -> None:
    code, plain = house.link(), house.link(bonus=0)
    page, gone = house.get(code), house.get("A" * 12)
    redirects = (house.press(code), house.get(plain))
    for answer in (page, gone, *redirects):
        assert answer["headers"]["cache-control"] == "no-store"
        assert "noindex" in answer["headers"]["x-robots-tag"]
    for answer in (page, gone):
        policy = answer["headers"]["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer["headers"]["x-frame-options"] == "DENY"
        # With no-referrer the browser would send our own form with the origin null.
        assert answer["headers"]["referrer-policy"] == "same-origin"
        assert "<script" not in answer["body"]
    for answer in redirects:
        assert answer["headers"]["referrer-policy"] == "no-referrer"
        assert answer["body"] == ""


def test_the_form_may_lead_on_to_other_hosts_of_the_sites(house: LinkHouse) -> None:
    def actions(answer: dict[str, Any]) -> str:
        policy: str = answer["headers"]["content-security-policy"]
        return next(part for part in policy.split("; ") if part.startswith("form-action"))

    assert actions(house.get(house.link())) == "form-action 'self' https:"
    local = house.get(house.link(url="http://127.0.0.1:8090/reviews/1"))
    assert actions(local) == "form-action 'self' http: https:"
    assert actions(house.get("A" * 12)) == "form-action 'self'"


def test_a_branchs_own_wording_goes_before_ours_and_is_text_too(house: LinkHouse) -> None:
    texts = {"page.review.any": "Пишите <что угодно> про «{site}»", "job.done": "{title}"}
    house.playbook = reviewing(texts=texts | {"page.review.whom": "Только вам"})
    code = house.link()
    stored = house.links.read(code)
    assert stored is not None
    assert stored.page.texts.keys() == {"page.review.any", "page.review.whom"}
    # A placeholder that the text does not have was refused by the lint long before.
    with pytest.raises(KeyError):
        house.get(code)
    house.playbook = reviewing(texts={"page.review.any": "Пишите <что угодно>"})
    assert "Пишите &lt;что угодно&gt;" in house.get(house.link())["body"]


def test_what_a_branch_and_its_sites_are_called_is_text(house: LinkHouse) -> None:
    evil = '"><script>alert(1)</script>'
    answer = house.get(house.link(site=evil))
    assert "<script" not in answer["body"]
    assert "&lt;script&gt;" in answer["body"]


@pytest.mark.parametrize(
    ("accepted", "language", "said"),
    [
        ("", "ru", "Такой ссылки нет"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en", "There is no such link"),
        ("de-DE, en;q=0.5", "en", "There is no such link"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Такой ссылки нет"),
        ("\udcff,,;;q=,*", "ru", "Такой ссылки нет"),
    ],
)
def test_a_stranger_is_told_in_his_language(
    house: LinkHouse, accepted: str, language: str, said: str
) -> None:
    answer = house.get("A" * 12, accept_language=accepted)
    assert said in answer["body"]
    assert f'<html lang="{language}">' in answer["body"]


# What is kept and said.


def test_neither_the_log_nor_the_table_knows_whose_visit_it_was(house: LinkHouse) -> None:
    code, plain = house.link(), house.link(bonus=0)
    secrets = {"x_forwarded_for": "203.0.113.7", "cookie": "session=hidden"}
    for one in (code, plain):
        house.get(one, **secrets)
        house.press(one, **secrets)
        house.press(one, "", **secrets)
    house.get("A" * 12, **secrets)
    said = house.said.getvalue()
    for hidden in ("203.0.113.7", "hidden", SAFARI, code, plain, COMPANY, HOST, "A" * 12):
        assert hidden not in said
    assert "203.0.113.7" not in str(house.stands)
    assert "hidden" not in str(house.stands)


def test_a_database_that_is_away_is_not_taken_for_a_link_that_is_not_there(
    moto: Any, moto_tables: Tables
) -> None:
    """The gateway makes a 500 of it, and in a minute the link works."""
    house = LinkHouse(moto, "links-that-are-not-there", moto_tables("settings"))
    for method in ("GET", "POST"):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            house.ask(method, "A" * 12, own_form())
