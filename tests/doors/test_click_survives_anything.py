"""The doors of links under random paths, headers and bodies: 4xx, and nothing pressed or filled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchboard.runtime import http
from tests.doors.link_house import FORM, LinkHouse, link_event, own_form
from tests.store.tables import create_table

_FEW = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_NAMES = st.sampled_from(
    [
        *("user-agent", "host", "origin", "sec-fetch-site", "sec-purpose", "purpose", "x-moz"),
        *("accept-language", "content-type", "referer", "content-length", "cookie"),
    ]
)
_METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", ""]) | st.text(max_size=8)
_ODD = st.text(st.characters(codec=None), max_size=40)
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def worn(moto: Any) -> Iterator[LinkHouse]:
    """One house for all the examples: whatever they are, none may press or fill anything."""
    house = LinkHouse(moto, create_table(moto, "links"), create_table(moto, "settings"))
    yield house
    assert house.queue.messages == []


def _survives(answer: dict[str, Any], *statuses: int) -> None:
    assert answer["statusCode"] in statuses
    json.dumps(answer)
    for name, value in answer["headers"].items():
        assert name.isascii()
        assert value.isascii()
        assert value.isprintable()


def _both(house: LinkHouse, event: dict[str, Any], *statuses: int) -> None:
    for door in (house.click, house.survey):
        _survives(door(http.request(event)), *statuses)


@_FEW
@given(code=_ODD | st.text("0aZ", min_size=12, max_size=12), method=_METHODS)
def test_any_path(worn: LinkHouse, code: str, method: str) -> None:
    _both(worn, link_event(method, code, own_form()), 404, 405)


@_FEW
@given(headers=st.dictionaries(_NAMES, _ODD, max_size=8), method=_METHODS)
def test_any_headers(worn: LinkHouse, headers: dict[str, str], method: str) -> None:
    review, survey = worn.link(), worn.survey_link()
    # Never from our own page, so that no combination is a good press.
    headers |= {"sec-fetch-site": "cross-site"}
    answer = worn.ask(method, review, headers)
    _survives(answer, 200, 403, 405)
    _survives(worn.page(survey, method, **headers), 200, 403, 405)


@_FEW
@given(body=st.binary(max_size=300) | st.text(max_size=200), kind=st.sampled_from([FORM, "", "x"]))
def test_any_body(worn: LinkHouse, body: str | bytes, kind: str) -> None:
    _survives(worn.fill(worn.survey_link(), body or "&", content_type=kind), 400, 422)


@_FEW
@given(
    form=st.dictionaries(
        st.sampled_from(["quality", "speed", "friends", "again", "words", ""])
        | st.text(max_size=5),
        st.sampled_from(["1", "10", "0", "11", "-1", "١", ""]) | st.text(max_size=10),
        max_size=8,
    )
)
def test_any_answers_but_right_ones(worn: LinkHouse, form: dict[str, str]) -> None:
    form |= {"again": "4"}
    _survives(worn.fill(worn.survey_link(), form), 400, 422)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("code", ["A" * 12, "nonsense"])
def test_a_body_of_a_megabyte(worn: LinkHouse, method: str, code: str) -> None:
    for body in ("x" * MEGABYTE, b"\xff" * MEGABYTE, "a=b&" * (MEGABYTE // 4)):
        headers = {**own_form(), "content-type": FORM}
        _both(worn, link_event(method, code, headers, body=body), 404, 413)


def test_a_megabyte_for_links_that_are_there(worn: LinkHouse) -> None:
    review, survey = worn.link(), worn.survey_link()
    event = link_event("POST", review, own_form(), body="x" * MEGABYTE)
    _survives(worn.click(http.request(event)), 413)
    _survives(worn.fill(survey, "quality=9&words=" + "x" * MEGABYTE), 413)
    assert worn.links.read(review).press is None  # type: ignore[union-attr]


@pytest.mark.parametrize("body", ["%%%", "A", "====", "\udcff", "é"])
def test_base64_that_is_none(worn: LinkHouse, body: str) -> None:
    headers = {**own_form(), "content-type": FORM}
    event = link_event("POST", worn.survey_link(), headers) | {"body": body}
    _survives(worn.survey(http.request(event)), 422)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"pathParameters": None, "headers": None, "body": None},
        {"requestContext": {}},
        {"requestContext": {"http": {}}, "pathParameters": {"code": "A" * 12}},
    ],
)
def test_an_event_with_nothing_in_it(worn: LinkHouse, event: dict[str, Any]) -> None:
    _both(worn, event, 404, 405)
