"""The doors under random bytes, random JSON and updates with random parts: never an exception,
never a 5xx, never a change that no good press explains."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchboard.runtime import http
from tests.doors import whatsapp_webhooks as meta
from tests.doors.house import House
from tests.doors.updates import CLAIM, pressed, wrote
from tests.flows.story import BRANCH, JOB
from tests.store.tables import create_table

_FEW = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**50, 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from([CLAIM, "contact:amocrm-1:1", "/start", "private", "group", "\x00", "\ud800"])
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "from", "chat", "data", "message", "callback_query", "text", "type"]
            )
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def worn(moto: Any) -> Iterator[House]:
    """One house for all the examples: nothing that they do may change it."""
    house = House(moto, create_table(moto, "jobs"), create_table(moto, "settings"))
    house.offer()
    before = house.stands
    yield house
    assert house.stands == before


@pytest.fixture(scope="module")
def listening(moto: Any) -> Iterator[House]:
    """A house with a number at WhatsApp."""
    house = House(moto, create_table(moto, "jobs"), create_table(moto, "settings"), meta.listener())
    house.environ |= meta.SECRETS
    before = house.stands
    yield house
    assert house.stands == before


def _survives(answer: dict[str, Any]) -> None:
    assert answer["statusCode"] in (200, 400, 401, 413)
    json.loads(answer["body"])


@_FEW
@given(body=st.binary(max_size=300) | st.text(max_size=200))
def test_bytes(worn: House, body: str | bytes) -> None:
    _survives(worn.update(body))
    _survives(worn.webhook(body))
    assert worn.queue.messages == []


@_FEW
@given(body=_JSON)
def test_json(worn: House, body: Any) -> None:
    before = worn.jobs.load(BRANCH, JOB)
    _survives(worn.update(body))
    _survives(worn.update({"update_id": 1, "callback_query": body}))
    _survives(worn.update({"update_id": 1, "message": body}))
    _survives(worn.webhook(json.dumps(body)))
    assert worn.jobs.load(BRANCH, JOB) == before
    assert worn.queue.messages == []


@_FEW
@given(
    part=st.sampled_from(["id", "from", "message", "data", "chat_instance"]),
    value=_JSON,
)
def test_an_update_with_one_random_part_takes_nothing(worn: House, part: str, value: Any) -> None:
    # Of a chat where the job is not offered, so that no combination is a good press.
    update = pressed(CLAIM, chat=-5)
    update["callback_query"][part] = value
    before = worn.jobs.load(BRANCH, JOB)
    _survives(worn.update(update))
    assert worn.jobs.load(BRANCH, JOB) == before


@_FEW
@given(text=st.text(max_size=100), token=st.text("ABab01-_ ", max_size=70))
def test_a_start_with_anything_behind_it(worn: House, text: str, token: str) -> None:
    before = worn.jobs.load(BRANCH, JOB)
    for said in (text, f"/start {token}", f"/start {text}"):
        _survives(worn.update(wrote(said)))
    assert worn.jobs.load(BRANCH, JOB) == before
    links = [event["link"] for event in worn.queue.events]
    assert not any(links)
    worn.queue.messages.clear()


_WORDS = st.sampled_from(["leads", "status", "id", "0", "account", "contacts", "[", "]", "%00", ""])


@_FEW
@given(
    pairs=st.lists(st.tuples(st.lists(_WORDS, max_size=6), st.text(max_size=10)), max_size=8),
    secret=st.text(max_size=20),
    provider=st.sampled_from(["amocrm", "generic", ""]) | st.text(max_size=8),
)
def test_forms_and_secrets_of_any_kind(
    worn: House, pairs: list[tuple[list[str], str]], secret: str, provider: str
) -> None:
    form = "&".join(
        f"{''.join(f'[{word}]' for word in words)[1:]}={value}" for words, value in pairs
    )
    _survives(worn.webhook(form, provider=provider))
    worn.queue.messages.clear()
    refused = worn.webhook(form, secret=secret)
    assert refused["statusCode"] == 401
    assert worn.update(form, secret=secret)["statusCode"] == 401
    assert worn.queue.messages == []


@_FEW
@given(body=st.binary(max_size=300) | _JSON.map(lambda said: json.dumps(said).encode()))
def test_anything_that_whatsapp_signs(listening: House, body: bytes) -> None:
    for method in ("GET", "POST", ""):
        answer = listening.whatsapp(http.request(meta.event(method, body)))
        assert answer["statusCode"] in (401, 403, 405)
    _survives(listening.whatsapp(http.request(meta.posted(body))))
    assert listening.queue.messages == []


@_FEW
@given(
    part=st.sampled_from(["id", "from", "type", "text", "button", "interactive", "image"]),
    other=st.sampled_from(["id", "status", "errors", "biz_opaque_callback_data"]),
    value=_JSON,
)
def test_a_webhook_of_whatsapp_with_random_parts(
    listening: House, part: str, other: str, value: Any
) -> None:
    message, status = meta.said() | {part: value}, meta.failed() | {other: value}
    body = meta.webhook(meta.change(message, status, meta.said("after it")))
    _survives(listening.whatsapp(http.request(meta.posted(body))))
    texts = [one.get("text") for one in listening.queue.events]
    # An escaped half of a character is no JSON, so nothing in that body can be read.
    assert "after it" in texts or not texts
    listening.queue.messages.clear()


@_FEW
@given(query=st.dictionaries(st.sampled_from(["hub.mode", "hub.verify_token"]), st.text()))
def test_any_question_of_whatsapp(listening: House, query: dict[str, str]) -> None:
    answer = listening.whatsapp(
        http.request(meta.event("GET", query=query | {"hub.challenge": "1"}))
    )
    assert answer["statusCode"] == 403
