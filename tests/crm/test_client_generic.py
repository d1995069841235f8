"""What is particular about the generic CRM: everything is the playbook's."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.generic import paths
from switchboard.crm.port import Assignment, Change, Crm
from switchboard.domain.deal import Contact
from switchboard.domain.errors import Misconfigured, Postponed, Refused
from tests.crm.standins import GenericStandIn, generic_deal, status
from tests.crm.surroundings import generic, playbook

NBSP = "\N{NO-BREAK SPACE}"
Connect = Callable[..., Crm]


@pytest.fixture
def other() -> GenericStandIn:
    return GenericStandIn()


@pytest.fixture
def connected(other: GenericStandIn, around: Surroundings) -> Connect:
    def make(**changes: object) -> Crm:
        return connect(playbook(generic(**changes)), around._replace(http=other.http))

    return make


def test_everything_is_found_by_its_path(connected: Connect) -> None:
    deal = connected().deal("1001")
    assert deal is not None
    assert deal.facts.model_dump() == {
        "title": "Доставка букета",
        "conditions": "Забрать на складе",
        "deadline": "15 января, 15:00",
        "pay": f"1{NBSP}500{NBSP}₽",
        "skills": "Курьер",
    }
    assert deal.url == "https://crm.example/deals/1001"
    assert deal.manager == "17"
    assert deal.updated_at == 1763726400


def test_what_is_missing_is_empty(other: GenericStandIn, connected: Connect) -> None:
    other.deals["1001"] = {"stage": "search", "title": None, "client": [], "tags": {"0": "?"}}
    deal = connected().deal("1001")
    assert deal is not None
    assert set(deal.facts.model_dump().values()) == {""}
    assert (deal.url, deal.manager, deal.updated_at) == ("", None, 0)
    assert connected().contact("1001") == Contact()


def test_nothing_configured_is_empty_too(connected: Connect) -> None:
    deal = connected(paths={}).deal("1001")
    assert deal is not None
    assert deal.facts.conditions == ""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (1763726400, 1763726400),
        (1763726400.9, 1763726400),
        ("1763726400", 1763726400),
        ("2025-11-21T12:00:00Z", 1763726400),
        ("2025-11-21T15:00:00+03:00", 1763726400),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_moments_of_change(
    other: GenericStandIn, connected: Connect, said: object, seconds: int
) -> None:
    other.deals["1001"]["updated_at"] = said
    deal = connected().deal("1001")
    assert deal is not None
    assert deal.updated_at == seconds


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("2030-01-15T15:00:00+03:00", "15 января, 15:00"),
        ("2030-01-15T12:00:00Z", "15 января, 15:00"),
        ("2030-01-15T15:00:00", "15 января, 15:00"),
        ("2030-01-15", "15 января"),
        ("до вечера", "до вечера"),
        ("", ""),
    ],
)
def test_deadlines_are_said_as_people_say_them(
    other: GenericStandIn, connected: Connect, said: str, shown: str
) -> None:
    other.deals["1001"]["schedule"]["deadline"] = said
    deal = connected().deal("1001")
    assert deal is not None
    assert deal.facts.deadline == shown


def test_values_are_put_into_bodies(other: GenericStandIn, connected: Connect) -> None:
    crm = connected()
    crm.assign("1001", Assignment("Пётр {deal} Пробный", "", "17"))
    crm.add_task(
        "1001", "Проверить", datetime(2030, 1, 15, 12, tzinfo=UTC), "17", "e1", again=False
    )
    [(method, path, change), (_, _, task)] = other.wrote()
    assert (method, path) == ("PATCH", "/api/deals/1001")
    # Placeholders in a value are only text.
    assert change == {"worker": "Пётр {deal} Пробный", "login": "", "assignee_id": "17"}
    assert task == {"text": "Проверить", "due": "2030-01-15T12:00:00+00:00", "user": "17"}


@pytest.mark.parametrize("deal_id", ["D-1001/7", "a?b=c", "a#b", "a%2Fb", "ключ", "a b"])
def test_an_id_stays_one_segment_of_the_path(
    other: GenericStandIn, connected: Connect, deal_id: str
) -> None:
    assert connected().deal(deal_id) is None
    raw = other.requests[0].url.raw_path.decode()
    assert raw.count("/") == 3
    assert "?" not in raw
    assert httpx.URL("https://x" + raw).path.endswith(deal_id)


def test_notes_carry_their_key(other: GenericStandIn, connected: Connect) -> None:
    connected().add_note("1001", "Заказ взят", "job-1-2-3", again=False)
    assert other.requests[0].headers["Idempotency-Key"] == "job-1-2-3"
    assert json.loads(other.requests[0].content) == {"text": "Заказ взят"}


def test_calls_that_are_not_configured_are_not_made(
    other: GenericStandIn, connected: Connect
) -> None:
    crm = connected(assign=None, note=None, task=None, changed=None)
    crm.assign("1001", Assignment("Пётр", "", None))
    crm.add_note("1001", "Заказ взят", "e1", again=False)
    crm.add_task("1001", "Проверить", datetime.now(UTC), None, "e1", again=False)
    assert list(crm.changed_since(datetime.now(UTC))) == []
    assert other.requests == []


def test_a_wrong_placeholder_is_the_playbooks_fault(connected: Connect) -> None:
    crm = connected(note={"path": "/deals/{deal}", "body": {"text": "{worker_name}"}})
    with pytest.raises(Misconfigured, match="worker_name"):
        crm.add_note("1001", "Заказ взят", "e1", again=False)


def test_results_that_are_not_told_now_are_not_written(
    other: GenericStandIn, connected: Connect
) -> None:
    connected().record("1001", {"review": "Карты", "bonus": 500})
    [(method, path, body)] = other.wrote()
    assert (method, path) == ("PATCH", "/api/deals/1001")
    assert body == {"review": "Карты", "bonus": "500", "source": "survey"}


def test_a_body_with_two_results_is_written_when_both_are_told(
    other: GenericStandIn, connected: Connect
) -> None:
    body = {"summary": "{average} ({variant}), сделка {deal}", "source": "survey"}
    crm = connected(results={"method": "PATCH", "path": "/deals/{deal}", "body": body})
    crm.record("1001", {"average": 9})
    crm.record("1001", {"score_quality": 9})
    assert other.requests == []
    crm.record("1001", {"average": 9, "variant": "B"})
    [(_, _, written)] = other.wrote()
    assert written == {"summary": "9 (B), сделка 1001", "source": "survey"}


def test_without_a_request_no_results_are_written(
    other: GenericStandIn, connected: Connect
) -> None:
    connected(results=None).record("1001", {"average": 9})
    assert other.requests == []


def test_what_no_request_of_the_playbooks_can_do(connected: Connect) -> None:
    crm = connected()
    with pytest.raises(Misconfigured, match="by a phone"):
        crm.deal_of_phone("+79000000001", ["search"])
    with pytest.raises(Misconfigured, match="bonuses"):
        crm.set_balance("+79000000021", 500)
    with pytest.raises(Misconfigured, match="price"):
        crm.set_amount("1001", Decimal(2), Decimal(1))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ([{"id": 1}, {"id": 2}, {"id": 1}], ["1", "2"]),
        ({"deals": [{"id": 1}], "next": None}, ["1"]),
        ([{"no": "id"}, None, 5], []),
        ([], []),
    ],
)
def test_lists_of_changes(
    other: GenericStandIn, connected: Connect, answer: object, found: list[str]
) -> None:
    other.trouble.append(status(200, answer))
    changes = list(connected().changed_since(datetime.now(UTC)))
    assert changes == [Change(deal) for deal in found]


def test_a_list_that_is_none(other: GenericStandIn, connected: Connect) -> None:
    other.trouble.append(status(200, "text"))
    with pytest.raises(Postponed):
        list(connected().changed_since(datetime.now(UTC)))
    other.trouble.append(status(200, 5))
    with pytest.raises(Misconfigured):
        list(connected().changed_since(datetime.now(UTC)))


@pytest.mark.parametrize("code", [400, 404, 409, 422])
def test_refusals(other: GenericStandIn, connected: Connect, code: int) -> None:
    other.trouble.append(status(code, {"error": "Иванна"}))
    with pytest.raises(Refused) as caught:
        connected().add_note("1001", "Заказ взят", "e1", again=False)
    assert caught.value.reason == f"generic: POST: {code}"


@pytest.mark.parametrize("code", [204, 404, 410])
def test_ways_to_say_that_a_deal_is_gone(
    other: GenericStandIn, connected: Connect, code: int
) -> None:
    other.trouble.append(status(code))
    assert connected().deal("1001") is None


def test_without_a_token_no_header_is_sent(other: GenericStandIn, connected: Connect) -> None:
    other.trouble.append(status(200, generic_deal("1001")))
    assert connected(token=None).deal("1001") is not None
    assert "Authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", "1"),
        ("a.c.1.d", "x"),
        ("a.c.9.d", ""),
        ("a.c.-1", ""),
        ("a.c.x", ""),
        ("a.b.c", ""),
        ("", ""),
        ("list", "1, два"),
        ("yes", ""),
        ("half", "0.5"),
        (None, ""),
    ],
)
def test_paths(path: str | None, found: str) -> None:
    value = {
        "a": {"b": 1, "c": [{"d": "w"}, {"d": "x"}]},
        "list": [1, "два", None, {}],
        "yes": True,
        "half": 0.5,
    }
    assert paths.text(value, path) == found
