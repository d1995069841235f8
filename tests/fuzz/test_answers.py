"""Thousands of spoilt answers through every adapter, and that a fault in one would be found."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from switchboard.domain.errors import Refused
from tests.fuzz import answers
from tests.fuzz.answers import answered, examine
from tests.fuzz.examine import Outcome
from tests.fuzz.providers import Answer, Provider, providers

ANSWERS = 6000
SEED = 20


def test_spoilt_answers_come_to_an_outcome_of_ours() -> None:
    came_to: Counter[str] = Counter()
    for number in range(ANSWERS):
        outcome = examine(SEED, number)
        found = f"make fuzz ARGS='--of answers --seed {SEED} --only {number}': {outcome.wrong}"
        assert not outcome.wrong, found
        came_to[outcome.what] += 1
    # Every call of every adapter is made, goes through, and is refused in each way.
    for name, provider in providers().items():
        for call in provider.calls:
            assert [what for what in came_to if what.startswith(f"{name} {call} ")]
        kinds = {what.rpartition(" ")[2] for what in came_to if what.startswith(f"{name} ")}
        assert {"done", "Unanswered", "Misconfigured"} <= kinds, name


def test_good_answers_are_taken() -> None:
    """The stand-ins answer well: what is spoilt is really spoilt by us."""
    for name, provider in providers().items():
        for call in provider.calls:
            outcome = answered(name, call, provider.stand_in())
            kind = outcome.what.rpartition(" ")[2]
            cannot = name == "generic" and call in ("phone", "balance", "amount")
            assert kind == ("Misconfigured" if cannot else "done"), outcome


def test_a_number_is_the_case() -> None:
    assert [examine(SEED, n) for n in range(50)] == [examine(SEED, n) for n in range(50)]


def _planted(call: Callable[[Any], Any]) -> Outcome:
    whole = Provider(providers()["amocrm"].stand_in, lambda _: None, {"x": call})
    return answers.judged("planted x", whole, "x", whole.stand_in())


def _raises(_adapter: Any) -> Any:
    raise KeyError("anything")


def _tells(_adapter: Any) -> Any:
    raise Refused("amocrm: Иванна +7 900 000-00-01")


def _hands_on_half_an_emoji(_adapter: Any) -> Any:
    return "\ud83d"


@pytest.mark.parametrize("planted", [_raises, _tells, _hands_on_half_an_emoji])
def test_a_planted_fault_is_found(planted: Callable[[Any], Any]) -> None:
    assert _planted(planted).wrong
    assert not _planted(lambda _: None).wrong


def _json(said: Any, **headers: str) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return httpx.Response(200, content=content, headers=headers)

    return answer


_DEAL = {"id": 759, "stageId": "NEW", "title": "Заказ", "updatedTime": "2025-11-21T12:00:00+00:00"}
_BUSY = {"operating": 470, "operating_reset_at": 1e300, "finish": 1}
_GENERIC = {"id": "1001", "stage": "search", "url": "https://crm.example/\ud83d"}
_FIRST_DAY = {
    "id": "1001",
    "stage": "search",
    "schedule": {"deadline": "0001-01-01T00:00:00+14:00"},
}
_PAIR = {"access_token": "ключ", "refresh_token": "r", "expires_in": 86400}
_CARD = {"value": [{"Ref_Key": "\ud800", "Code": "01"}]}
_FOUND = [{"kod": "x"}]


@pytest.mark.parametrize(
    ("name", "call", "other", "kind"),
    [
        ("amocrm_oauth", "deal", _json(_PAIR), "Unanswered"),
        ("bitrix24", "deal", _json({"result": {"item": _DEAL | {"stageId": "\ud83d"}}}), "done"),
        ("bitrix24", "deal", _json({"result": {"item": _DEAL}, "time": _BUSY}), "done"),
        ("generic", "deal", _json(_GENERIC), "done"),
        ("generic", "deal", _json(_FIRST_DAY), "done"),
        ("onec_odata", "first", _json(_CARD), "Unanswered"),
        (
            "onec_nested",
            "again",
            _json(_FOUND, **{"Content-Type": "application/json; charset=utf-16"}),
            "Misconfigured",
        ),
    ],
)
def test_what_fuzzing_has_found_once(name: str, call: str, other: Answer, kind: str) -> None:
    """Each was an exception that nobody expects of an adapter."""
    assert answered(name, call, other) == Outcome(f"{name} {call} {kind}")


def test_a_reason_repeats_no_key_of_an_answer() -> None:
    fields: dict[str, Any] = {"Иванна": {"type": []}}
    described = {"result": {"item": _DEAL | {"ufCrm_1700000009": "7"}, "fields": fields}}
    assert answered("bitrix24", "deal", _json(described)) == Outcome("bitrix24 deal Refused")
