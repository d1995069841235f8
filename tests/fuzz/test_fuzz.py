"""Thousands of spoilt bodies through every door and parser (`make fuzz` takes a million), and that
the fuzzer would notice."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors.link_house import link_event, own_form
from tests.doors.updates import CLAIM, CONTACT, pressed, wrote
from tests.doors.whatsapp_webhooks import change, failed, posted, said, webhook
from tests.flows.story import BRANCH, JOB, OTHER_CHAT
from tests.fuzz import lines, oracle, oracle_links, oracle_whatsapp
from tests.fuzz.case import DOORS, Case, around, case
from tests.fuzz.corpus import CANARIES, VALUES
from tests.fuzz.doors import Doors
from tests.fuzz.examine import examine

BODIES = 8000
SEED = 20

_SOME = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def doors() -> Doors:
    return Doors()


def _update(said: Any) -> Case:
    body = json.dumps(said).encode()
    # This chance adds nothing odd.
    return around("telegram", body, {"content-type": "application/json"}, Random(1))


def test_spoilt_bodies_are_answered_and_change_nothing_that_they_do_not_say(doors: Doors) -> None:
    came_to: Counter[str] = Counter()
    for number in range(BODIES):
        outcome = examine(doors, case(SEED, number))
        assert not outcome.wrong, f"make fuzz ARGS='--seed {SEED} --only {number}': {outcome.wrong}"
        came_to[outcome.what] += 1
    # They get everywhere: past the secret, past the parser, and into the flows.
    doors_with_secrets = ("telegram", "clients", "amocrm", "bitrix24", "onec")
    wanted = {f"{door} {status}" for door in doors_with_secrets for status in (400, 401)}
    wanted |= {f"click {status}" for status in (200, 302, 303, 403, 404, 405, 410, 413)}
    wanted |= {f"survey {status}" for status in (200, 400, 403, 404, 405, 410, 422)}
    wanted |= {f"whatsapp {status}" for status in (200, 400, 401, 403, 405)}
    assert wanted <= set(came_to)
    for deep in ("telegram 200 settle", "telegram 200 started", "telegram 200 chat_migrated"):
        assert came_to[deep] >= 5
    for event in ("client_answered", "client_said", "contact_shared"):
        assert came_to[f"clients 200 {event}"] >= 5
    for event in ("client_said", "message_failed"):
        assert came_to[f"whatsapp 200 {event}"] >= 20
    for deep in ("303 link_pressed", "302 link_visited"):
        assert came_to[f"click {deep}"] >= 20
    assert came_to["survey 200 survey_filled"] >= 10
    for door in ("amocrm", "generic", "bitrix24"):
        assert came_to[f"{door} 200 deal_touched"] >= 20
    assert came_to["onec 200 sale_closed"] >= 20
    assert came_to["health 200"] >= 20


_JSON = st.recursive(
    st.sampled_from(VALUES) | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "from", "chat", "message", "data", "text", "type", "deal"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_UPDATES = st.builds(
    lambda update, kind, said: {"update_id": update, kind: said},
    st.integers(1, 2**52) | _JSON,
    st.sampled_from(["callback_query", "message"]),
    _JSON,
)


@_SOME
@given(
    door=st.sampled_from(DOORS),
    body=st.binary(max_size=300) | (_JSON | _UPDATES).map(lambda said: json.dumps(said).encode()),
    chance=st.integers(0, 2**32).map(Random),
)
def test_bodies_made_by_shape(doors: Doors, door: str, body: bytes, chance: Random) -> None:
    outcome = examine(doors, around(door, body, {}, chance))
    assert not outcome.wrong


@_SOME
@given(
    part=st.sampled_from(["id", "from", "message", "data"]),
    value=_JSON,
    button=st.sampled_from([CLAIM, CONTACT]),
)
def test_presses_with_one_part_of_another_kind(
    doors: Doors, part: str, value: Any, button: str
) -> None:
    update = pressed(button)
    update["callback_query"][part] = value
    assert not examine(doors, _update(update)).wrong


def test_a_seed_and_a_number_are_the_case(doors: Doors) -> None:
    for number in range(200):
        one = case(SEED, number)
        assert one == case(SEED, number)
        assert examine(doors, one) == examine(doors, one)
    assert len({case(SEED, number).body for number in range(200)}) > 150


def test_what_a_good_press_does_is_permitted_and_undone(doors: Doors) -> None:
    for _ in range(2):
        one = _update(pressed())
        happened = doors.take(one.door, one.event)
        assert [write[:2] for write in happened.written] == [("jobs", (BRANCH, JOB))]
        (envelope,) = happened.queued
        assert envelope["event"] == {"kind": "settle", "job": JOB}
        # Had the first one left anything behind, this would be a repeat.
        assert "press.won" not in happened.answer["body"]
        assert '"outcome":"won"' in happened.said
        assert not examine(doors, one).wrong


def _fails(_event: Mapping[str, Any]) -> Any:
    raise KeyError("anything")


def _answers_500(_event: Mapping[str, Any]) -> Any:
    return {"statusCode": 500, "body": "{}"}


def _leads_elsewhere(_event: Mapping[str, Any]) -> Any:
    return {"statusCode": 302, "headers": {"location": "https://reviews.example/org/2"}, "body": ""}


def _shows_what_was_said(event: Mapping[str, Any]) -> Any:
    return {"statusCode": 200, "headers": {}, "body": event.get("body", "")}


def _lets_everybody_in(_event: Mapping[str, Any]) -> Any:
    return {"statusCode": 200, "body": "{}"}


def _answers_what_is_no_json(_event: Mapping[str, Any]) -> Any:
    return {"statusCode": 200, "body": "OK"}


def _is_slow(_event: Mapping[str, Any]) -> Any:
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    return {"statusCode": 200, "body": "{}"}


@pytest.mark.parametrize(
    "planted", [_fails, _answers_500, _lets_everybody_in, _answers_what_is_no_json, _is_slow]
)
def test_a_planted_fault_is_found(planted: Any) -> None:
    bad = Doors()
    bad.handlers["telegram"] = planted
    assert any(examine(bad, case(SEED, number), slow=0.01).wrong for number in range(100))


@pytest.mark.parametrize(
    ("door", "planted"),
    [
        *(("click", one) for one in (_fails, _answers_500, _leads_elsewhere, _is_slow)),
        *(("survey", one) for one in (_fails, _answers_500, _leads_elsewhere)),
        ("survey", _shows_what_was_said),
    ],
)
def test_a_planted_fault_behind_a_link_is_found(door: str, planted: Any) -> None:
    bad = Doors()
    good = bad.handlers[door]
    # As it should be, but for what the fault adds to a good answer.
    bad.handlers[door] = lambda event: (good(event), planted(event))[1]
    assert any(examine(bad, case(SEED, number), slow=0.01).wrong for number in range(300))


@pytest.mark.parametrize(
    "planted",
    [_fails, _answers_500, _lets_everybody_in, _answers_what_is_no_json, _leads_elsewhere],
)
def test_a_planted_fault_behind_whatsapps_door_is_found(planted: Any) -> None:
    bad = Doors()
    bad.handlers["whatsapp"] = planted
    cases = (one for one in (case(SEED, n) for n in range(2000)) if one.door == "whatsapp")
    assert any(examine(bad, one).wrong for one in cases)


def test_news_of_whatsapp_that_nothing_explains_are_found(doors: Doors) -> None:
    body = webhook(change(said(), failed()))
    one = Case("whatsapp", posted(body), body, admitted=True)
    happened = doors.take(one.door, one.event)
    words, failure = happened.queued
    assert not oracle_whatsapp.unexplained(one, happened)
    other = words | {"event": words["event"] | {"client": "c-another"}}
    for queued in (
        [words, words],
        [failure, failure],
        [other],
        [words | {"branch": BRANCH}],
        [words | {"event": words["event"] | {"text": "x"}}],
        [failure | {"event": failure["event"] | {"code": 131050}}],
        [{"branch": "tyres", "event": {"kind": "settle", "job": JOB}}],
    ):
        assert oracle_whatsapp.unexplained(one, happened._replace(queued=queued))
    assert oracle_whatsapp.unexplained(one._replace(admitted=False), happened)
    elsewhere = webhook(change(said(), failed(), phone_id="5"))
    assert oracle_whatsapp.unexplained(one._replace(body=elsewhere), happened)


def _press_of(method: str, code: str, **headers: str) -> Case:
    event = link_event(method, code, {**own_form(), **headers})
    return Case("click", event, b"", admitted=True)


def test_writes_and_news_of_links_that_nothing_explains_are_found(doors: Doors) -> None:
    press = _press_of("POST", "Review00full")
    happened = doors.take("click", press.event)
    assert [envelope["event"]["kind"] for envelope in happened.queued] == ["link_pressed"]
    assert not oracle_links.unexplained(press, happened)
    # What a press does is no visit's, no other site's, no other link's; and somebody must hear.
    for other in (
        _press_of("GET", "Review00full"),
        _press_of("POST", "Review00full", **{"sec-fetch-site": "cross-site"}),
        _press_of("POST", "Review0plain"),
        _press_of("POST", "Review00over"),
        _press_of("POST", "Review00done"),
        _press_of("POST", "Review0000no"),
    ):
        assert oracle_links.unexplained(other, happened)
    assert oracle_links.unexplained(press, happened._replace(queued=[]))
    assert oracle_links.unexplained(press, happened._replace(queued=happened.queued * 2))
    (write,) = happened.written
    spoilt = write._replace(after={**(write.after or {}), "url": {"S": "https://evil.example"}})
    assert oracle_links.unexplained(press, happened._replace(written=[spoilt]))
    assert oracle_links.unexplained(press, happened._replace(written=[write, write]))


def test_a_change_that_the_body_does_not_explain_is_found() -> None:
    write = [("jobs", (BRANCH, JOB))]
    settle = {"branch": BRANCH, "event": {"kind": "settle", "job": JOB}}
    press, elsewhere = (json.dumps(said).encode() for said in (pressed(), pressed(chat=OTHER_CHAT)))
    assert not oracle.unexplained("telegram", press, write, [settle])
    assert oracle.unexplained("telegram", elsewhere, write, [])
    assert oracle.unexplained("telegram", elsewhere, [], [settle])
    assert oracle.unexplained("telegram", press, write, [settle, settle])
    assert oracle.unexplained("telegram", press, [*write, ("settings", ("demo", "x"))], [])
    assert oracle.unexplained("telegram", press, [], [settle | {"branch": "shop"}])
    touched = {"kind": "deal_touched", "provider": "amocrm", "deal": "7"}
    queued = [{"branch": BRANCH, "event": touched}]
    assert not oracle.unexplained("amocrm", b"leads[add][0][id]=7", [], queued)
    assert oracle.unexplained("amocrm", b"leads[add][0][id]=8", [], queued)
    assert oracle.unexplained("amocrm", b"contacts[add][0][id]=7", [], queued)


def test_words_of_the_body_in_the_log_are_found(doors: Doors) -> None:
    one = _update(wrote(CANARIES[2]))
    said = doors.take(one.door, one.event).said
    assert not lines.told(said)
    line = json.loads(said)
    for leak in (
        line | {"reason": "said hello"},
        line | {"outcome": CANARIES[0]},
        line | {"text": "x"},
        line | {"message": CANARIES[3]},
        line | {"ignored": [CANARIES[1]]},
        line | {"_aws": CANARIES[1]},
        line | {"_aws": CANARIES[0]},
    ):
        assert lines.told(json.dumps(leak))
