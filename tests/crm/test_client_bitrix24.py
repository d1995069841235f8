"""What is particular about Bitrix24: shapes of values, calls, errors, both limits."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import httpx
import pytest

from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.port import Assignment, Change, Crm
from switchboard.domain.deal import Contact
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused
from tests.crm.standin_bitrix24 import Bitrix24StandIn, contact, deal, problem, refusing
from tests.crm.standins import failing, status
from tests.crm.surroundings import Clock, bitrix24, playbook

DEAL = "759"
NBSP = "\N{NO-BREAK SPACE}"
WORKER = Assignment("Пётр Пробный", "petr_test", "9")
RESET = 299.5
"""Seconds from the stand-in's `finish` to its `operating_reset_at`."""


@pytest.fixture
def account() -> Bitrix24StandIn:
    return Bitrix24StandIn()


Connect = Callable[..., Crm]


@pytest.fixture
def connected(account: Bitrix24StandIn, around: Surroundings) -> Connect:
    def make(language: str = "ru", **changes: object) -> Crm:
        return connect(
            playbook(bitrix24(**changes), language=language), around._replace(http=account.http)
        )

    return make


def test_a_deal_in_our_words(connected: Connect) -> None:
    found = connected().deal(DEAL)
    assert found is not None
    assert found.facts.model_dump() == {
        "title": "Перевод документов",
        "conditions": "Два паспорта",
        "deadline": "21 ноября, 18:00",
        "pay": f"12{NBSP}000{NBSP}₽",
        "skills": "английский, немецкий",
    }
    assert found.url == "https://example.bitrix24.ru/crm/deal/details/759/"
    assert found.manager == "7"
    assert (found.stage, found.stage_id) == ("search", "NEW")
    assert found.updated_at == 1763726400
    assert found.stage_since == 1763726400 - 30 * 60
    assert found.amount == 15000
    assert found.category == "Шиномонтаж"
    assert found.timezone == "Asia/Omsk"


@pytest.mark.parametrize(
    ("described", "value", "text"),
    [
        ({"type": "string"}, "  С доставкой ", "С доставкой"),
        ({"type": "string", "isMultiple": True}, ["А", "", "Б"], "А, Б"),
        ({"type": "enumeration", "items": [{"ID": "7", "VALUE": "Да?"}]}, 7, "Да?"),
        ({"type": "enumeration", "items": [{"ID": "7", "VALUE": "Да?"}]}, "7", "Да?"),
        ({"type": "enumeration", "items": [{"ID": "7", "VALUE": "Да?"}]}, 99, ""),
        ({"type": "enumeration", "items": []}, 7, ""),
        ({"type": "boolean"}, "Y", "да"),
        ({"type": "boolean"}, "N", "нет"),
        ({"type": "boolean"}, True, "да"),
        ({"type": "date"}, "2025-11-21T03:00:00+03:00", "21 ноября"),
        ({"type": "datetime"}, "2025-11-21T20:00:00+05:00", "21 ноября, 18:00"),
        ({"type": "datetime"}, "как договоримся", "как договоримся"),
        ({"type": "double"}, 2.5, "2.5"),
        ({"type": "double"}, 2.0, "2"),
        ({"type": "money"}, "1500.50|RUB", f"1{NBSP}500,50{NBSP}₽"),
        ({"type": "money"}, "по договорённости", "по договорённости"),
        ({"type": "file"}, {"id": 5, "url": "/x"}, ""),
        ({"type": "employee"}, 7, "7"),
        ({"type": "some_new_type"}, [["?"]], ""),
    ],
)
def test_every_shape_of_value_becomes_text(
    account: Bitrix24StandIn,
    connected: Connect,
    described: dict[str, object],
    value: object,
    text: str,
) -> None:
    account.described["ufCrm_1700000021"] = described
    account.deals[759]["ufCrm_1700000021"] = value
    found = connected().deal(DEAL)
    assert found is not None
    assert found.facts.conditions == text


def test_words_of_lists_are_asked_for_once_in_ten_minutes(
    account: Bitrix24StandIn, connected: Connect, clock: Clock
) -> None:
    crm = connected()
    for _ in range(3):
        crm.deal(DEAL)
    assert account.asked().count("crm.item.fields") == 1
    account.described["ufCrm_1700000009"] = {"type": "string"}
    clock.forward(600)
    found = crm.deal(DEAL)
    assert found is not None
    assert found.category == "4501"
    assert account.asked().count("crm.item.fields") == 2


def test_without_values_the_fields_are_not_asked_for(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    bare = connected(fields={}).deal(DEAL)
    assert bare is not None
    assert bare.facts.pay == f"15{NBSP}000{NBSP}₽"
    for name in [name for name in account.deals[759] if name.startswith("ufCrm")]:
        account.deals[759][name] = None
    found = connected().deal(DEAL)
    assert found is not None
    assert (found.facts.conditions, found.category, found.timezone) == ("", "", "")
    assert account.asked() == ["crm.item.get", "crm.item.get"]


def test_nulls_and_empty_texts_are_nothing(account: Bitrix24StandIn, connected: Connect) -> None:
    account.deals[759] = {"id": 759} | dict.fromkeys(
        ("title", "stageId", "assignedById", "opportunity", "updatedTime", "movedTime"), ""
    )
    found = connected().deal(DEAL)
    assert found is not None
    assert found.model_dump(exclude={"facts", "url", "id"}) == {
        "stage": "other",
        "updated_at": 0,
        "manager": None,
        "stage_id": "",
        "stage_since": 0,
        "amount": None,
        "category": "",
        "timezone": "",
    }


@pytest.mark.parametrize(
    ("semantic", "stage"), [("S", "done"), ("F", "lost"), ("P", "other"), ("", "other")]
)
def test_of_another_pipelines_deal_only_its_end_is_told(
    account: Bitrix24StandIn, connected: Connect, semantic: str, stage: str
) -> None:
    account.deals[759] |= {"categoryId": 1, "stageId": "WON", "stageSemanticId": semantic}
    found = connected().deal(DEAL)
    assert found is not None
    assert (found.stage, found.stage_id) == (stage, "")
    ours = connected(category=1).deal(DEAL)
    assert ours is not None
    assert (ours.stage, ours.stage_id) == ("done", "WON")


def test_the_contact_comes_with_the_deal_in_one_request(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    expected = Contact(name="Иванна Примерова", phone="+7 900 000-00-01", first_name="Иванна")
    assert connected().contact(DEAL) == expected
    assert account.asked() == ["batch"]


def test_cards_without_a_contact_or_a_phone(account: Bitrix24StandIn, connected: Connect) -> None:
    account.contacts[84] |= {"fm": [], "lastName": None}
    assert connected().contact(DEAL) == Contact(name="Иванна", first_name="Иванна")
    account.contacts[84] = {"id": 84, "name": "", "phone": "8 900 000 00 03", "phoneWork": ""}
    assert connected().contact(DEAL) == Contact(phone="+7 900 000-00-03")
    account.contacts.clear()
    assert connected().contact(DEAL) == Contact()
    account.deals[759]["contactId"] = 0
    assert connected().contact(DEAL) == Contact()


def test_an_assignment_is_one_update(account: Bitrix24StandIn, connected: Connect) -> None:
    connected().assign(DEAL, WORKER)
    [(_, path, change)] = account.wrote()
    assert path == "/rest/1/code-TEST/crm.item.update.json"
    assert change == {
        "entityTypeId": 2,
        "id": 759,
        "fields": {
            "assignedById": 9,
            "ufCrm_1700000025": "Пётр Пробный",
            "ufCrm_1700000026": "petr_test",
        },
    }


def test_nothing_configured_nothing_written(account: Bitrix24StandIn, connected: Connect) -> None:
    crm = connected(fields={}, results={})
    crm.assign(DEAL, WORKER._replace(responsible=None))
    crm.record(DEAL, {"average": 9})
    crm.set_balance("+79000000001", 500)
    assert account.requests == []


def test_the_deal_moves_on_when_it_is_claimed(account: Bitrix24StandIn, connected: Connect) -> None:
    connected(claimed_stage="EXECUTING").assign(DEAL, WORKER)
    assert account.deals[759]["stageId"] == "EXECUTING"


@pytest.mark.parametrize(
    "where", [{"stageId": "WON"}, {"stageId": "PREPARATION"}, {"categoryId": 1}]
)
def test_the_deal_is_never_moved_back(
    account: Bitrix24StandIn, connected: Connect, where: dict[str, Any]
) -> None:
    account.deals[759] |= where
    before = account.deals[759]["stageId"]
    connected(claimed_stage="EXECUTING").assign(DEAL, WORKER)
    assert account.deals[759]["stageId"] == before


def test_a_field_that_the_account_does_not_know_is_not_passed_over(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    crm = connected(results={"average": "UF_CRM_1700000004", "variant": "ufCrm_1700000005"})
    with pytest.raises(Misconfigured, match="no field UF_CRM_1700000004"):
        crm.record(DEAL, {"average": 9, "variant": "B"})
    assert account.deals[759]["ufCrm_1700000005"] == "B"


def test_numbers_stay_numbers(account: Bitrix24StandIn, connected: Connect) -> None:
    connected().record(DEAL, {"average": 8.5, "score_quality": 8, "answers": "Да\nНет"})
    [(_, _, change)] = account.wrote()
    assert change["fields"] == {
        "ufCrm_1700000004": 8.5,
        "ufCrm_1700000001": 8,
        "ufCrm_1700000006": "Да\nНет",
    }


def test_a_note_and_a_task_as_rest_wants_them(account: Bitrix24StandIn, connected: Connect) -> None:
    crm = connected()
    due = datetime(2030, 1, 15, 12, tzinfo=UTC)
    crm.add_note(DEAL, "Заказ взят", "e1", again=False)
    crm.add_task(DEAL, "Позвонить клиенту\nОценка 3", due, "9", "e2", again=False)
    assert account.asked() == ["crm.timeline.comment.add", "crm.activity.todo.add"]
    [note] = account.comments
    assert note["COMMENT"].startswith("Заказ взят · #")
    sent = account.activities[0]["sent"]
    assert sent.pop("description").startswith("Позвонить клиенту\nОценка 3 · #")
    assert sent == {
        "ownerTypeId": 2,
        "ownerId": 759,
        "deadline": "2030-01-15T12:00:00+00:00",
        "title": "Позвонить клиенту",
        "responsibleId": 9,
    }


def test_a_note_that_a_person_has_edited_is_known_by_its_mark(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    crm = connected()
    crm.add_note(DEAL, "Заказ взят", "e1", again=False)
    account.comments[0]["COMMENT"] = "Проверено! " + account.comments[0]["COMMENT"]
    crm.add_note(DEAL, "Заказ взят", "e1", again=True)
    assert len(account.comments) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda crm: crm.assign(DEAL, WORKER._replace(responsible="ivan")),
        lambda crm: crm.deal("G-1"),
        lambda crm: crm.add_note("", "Заказ взят", "e1", again=False),
    ],
)
def test_users_and_deals_are_numbers(connected: Connect, call: Callable[[Crm], object]) -> None:
    with pytest.raises(Misconfigured):
        call(connected())


def test_the_price_of_a_deal_with_products_is_set_by_hand(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    assert connected().set_amount(DEAL, Decimal(15000), Decimal("14500.50"))
    assert account.deals[759]["opportunity"] == 14500.5
    assert account.deals[759]["isManualOpportunity"] == "Y"


def test_a_balance_needs_a_card(account: Bitrix24StandIn, connected: Connect) -> None:
    account.contacts.clear()
    with pytest.raises(Refused, match="no contact"):
        connected().set_balance("+79000000001", 500)


def test_a_relatives_card_keeps_its_own_balance(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    account.contacts[85] = contact("89000000005", "8 900 000 00 01", id=85, ufCrm_1700000101=70)
    connected().set_balance("+79000000001", 500)
    assert account.contacts[84]["ufCrm_1700000101"] == 500
    assert account.contacts[85]["ufCrm_1700000101"] == 70


def test_phones_are_asked_for_in_twenty_spellings(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    account.contacts = {84: contact("8 900 000-00-77"), 85: contact("89000000077", id=85)}
    account.deals |= {760: deal(760, contactId=85), 761: deal(761, contactId=85, categoryId=1)}
    found = connected().deal_of_phone("+79000000077", ["NEW"])
    assert (found.contacts, found.deal) == (2, "760")
    assert account.asked() == ["crm.duplicate.findbycomm", "crm.item.list"]


def test_nobody_with_a_phone_asks_for_no_deals(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    assert connected().deal_of_phone("+79000000099", ["NEW"]) == (0, None)
    assert account.asked() == ["crm.duplicate.findbycomm"]


def _moment(second: int) -> str:
    return datetime.fromtimestamp(1_700_000_000 + second, UTC).isoformat()


def _changes(crm: Crm, second: int = 0) -> Iterator[Change]:
    return iter(crm.changed_since(datetime.fromtimestamp(1_700_000_000 + second, UTC)))


def test_more_changes_than_one_page(account: Bitrix24StandIn, connected: Connect) -> None:
    account.deals = {n: deal(n, updatedTime=_moment(n // 2)) for n in range(1, 401)}
    found = list(_changes(connected()))
    assert found == [Change(str(n), 1_700_000_000 + n // 2) for n in range(1, 401)]


def test_a_mass_edit_within_one_second(account: Bitrix24StandIn, connected: Connect) -> None:
    account.deals = {n: deal(n, updatedTime=_moment(0)) for n in range(1, 161)}
    account.deals[161] = deal(161, updatedTime=_moment(1))
    account.deals[162] = deal(162, updatedTime=_moment(1), categoryId=1)
    found = list(_changes(connected()))
    assert [one.deal for one in found] == [str(n) for n in range(1, 162)]


def test_a_deal_that_changes_between_pages_hides_none_and_comes_again(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    account.deals = {n: deal(n, updatedTime=_moment(n)) for n in range(1, 121)}
    changes = _changes(connected())
    found = [next(changes)]
    account.deals[1]["updatedTime"] = _moment(9999)
    found += changes
    assert {one.deal for one in found} == {str(n) for n in range(1, 121)}
    assert len([one for one in found if one.deal == "1"]) == 2


def test_more_changes_than_anybody_takes_are_there_to_be_gone_on_with(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    account.deals = {n: deal(n, updatedTime=_moment(n // 20)) for n in range(1, 3401)}
    first = list(islice(_changes(connected()), 1000))
    rest = list(_changes(connected(), (first[-1].at or 0) - 1_700_000_000))
    assert {one.deal for one in (*first, *rest)} == {str(n) for n in range(1, 3401)}


def test_a_list_that_turns_in_a_circle_is_left(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    page = [{"id": n, "updatedTime": _moment(0)} for n in range(1, 51)]
    account.trouble.extend([status(200, {"result": {"items": page}})] * 3)
    with pytest.raises(Postponed, match="no end"):
        list(_changes(connected()))


def test_a_full_bucket_stops_everybody(
    account: Bitrix24StandIn, connected: Connect, clock: Clock
) -> None:
    account.trouble.append(refusing(503, "QUERY_LIMIT_EXCEEDED"))
    with pytest.raises(Postponed) as caught:
        connected().deal(DEAL)
    assert not isinstance(caught.value, Outage)
    assert caught.value.seconds == 10
    with pytest.raises(Postponed):
        connected().deal(DEAL)  # Another process, which did not hear it.
    assert len(account.requests) == 1
    clock.forward(10)
    assert connected().deal(DEAL) is not None


def test_a_full_bucket_is_no_ban(
    account: Bitrix24StandIn, connected: Connect, clock: Clock
) -> None:
    account.trouble.extend(
        [refusing(503, "QUERY_LIMIT_EXCEEDED"), refusing(403, "allowed_only_intranet_user")]
    )
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    clock.forward(60)
    with pytest.raises(Misconfigured, match="employee"):
        connected().deal(DEAL)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ({"time": {"finish": 1000.0, "operating_reset_at": 1300}}, 300),
        ({"time": {"finish": 1000.0, "operating_reset_at": "1970-01-01T00:21:40+00:00"}}, 300),
        ({"time": {"finish": 1000.0, "operating_reset_at": 900}}, 1),
        ({"time": {"finish": 1000.0}}, 60),
        ({"time": []}, 60),
        ({}, 60),
    ],
)
def test_a_blocked_method_is_left_alone_and_the_others_are_not(
    account: Bitrix24StandIn,
    connected: Connect,
    clock: Clock,
    time: dict[str, Any],
    seconds: float,
) -> None:
    crm = connected(fields={})
    account.trouble.append(refusing(429, "OPERATION_TIME_LIMIT", **time))
    with pytest.raises(Postponed) as caught:
        crm.deal(DEAL)
    assert caught.value.seconds == seconds
    with pytest.raises(Postponed):
        crm.deal(DEAL)
    assert len(account.requests) == 1
    crm.add_note(DEAL, "Заказ взят", "e1", again=False)
    clock.forward(seconds)
    assert crm.deal(DEAL) is not None


def test_a_method_that_nears_its_limit_is_left_alone_before_it_is_blocked(
    account: Bitrix24StandIn, connected: Connect, clock: Clock
) -> None:
    crm = connected(fields={})
    account.operating = 449
    assert crm.deal(DEAL) is not None
    account.operating = 450
    assert crm.deal(DEAL) is not None
    with pytest.raises(Postponed) as caught:
        crm.deal(DEAL)
    assert caught.value.seconds == pytest.approx(RESET, abs=1)
    account.operating = 0
    clock.forward(RESET)
    assert crm.deal(DEAL) is not None


def test_a_command_of_a_batch_is_judged_like_a_call(
    account: Bitrix24StandIn, connected: Connect
) -> None:
    def answered(**errors: dict[str, object]) -> None:
        said = {"result": [], "result_error": errors, "result_time": []}
        account.trouble.append(status(200, {"result": said}))

    crm = connected()
    answered(deal=problem("ACCESS_DENIED"), contact=problem("NOT_FOUND"))
    with pytest.raises(Misconfigured, match=r"crm.item.get: ACCESS_DENIED"):
        crm.contact(DEAL)
    answered(deal=problem("OPERATION_TIME_LIMIT"))
    with pytest.raises(Postponed):
        crm.contact(DEAL)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, "NO_AUTH_FOUND"),
        (401, "INVALID_CREDENTIALS"),
        (401, "expired_token"),
        (401, "insufficient_scope"),
        (401, "ACCESS_DENIED"),
        (400, "ACCESS_DENIED"),
        (403, "Access denied"),
        (403, "PORTAL_DELETED"),
        (404, "ERROR_METHOD_NOT_FOUND"),
        (401, "INVALID_REQUEST"),
    ],
)
def test_what_only_a_person_can_mend(
    account: Bitrix24StandIn, connected: Connect, code: int, error: str
) -> None:
    account.trouble.append(refusing(code, error))
    with pytest.raises(Misconfigured) as caught:
        connected().deal(DEAL)
    assert caught.value.reason.startswith("bitrix24: crm.item.get: ")
    assert "Иванна" not in caught.value.reason


@pytest.mark.parametrize("code", [301, 302, 401, 402, 403])
def test_pages_that_only_a_person_can_mend(
    account: Bitrix24StandIn, connected: Connect, code: int
) -> None:
    account.trouble.append(status(code, "<html>"))
    with pytest.raises(Misconfigured):
        connected().deal(DEAL)


@pytest.mark.parametrize(
    ("code", "body", "reason"),
    [
        (400, problem("CRM_FIELD_ERROR_VALUE_NOT_VALID"), "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        (400, problem("100"), "100"),
        (400, problem(""), "400"),
        (400, problem("Иванна +7 900"), "400"),
        (400, {"error": 100, "error_description": "?"}, "100"),
        (400, {"error": {"a": 1}}, "400"),
        (404, "<html>Иванна", "404"),
        (400, problem("OWNER_NOT_FOUND"), "OWNER_NOT_FOUND"),
    ],
)
def test_other_refusals_name_the_code_alone(
    account: Bitrix24StandIn, connected: Connect, code: int, body: Any, reason: str
) -> None:
    account.trouble.append(status(code, body))
    with pytest.raises(Refused) as caught:
        connected().add_note(DEAL, "Заказ взят", "e1", again=False)
    assert not isinstance(caught.value, Misconfigured)
    assert caught.value.reason == f"bitrix24: crm.timeline.comment.add: {reason}"


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (500, problem("INTERNAL_SERVER_ERROR")),
        (500, problem("ERROR_UNEXPECTED_ANSWER")),
        (500, problem("something new")),
        (502, "<html>"),
        (503, "<html>"),
        (504, "<html>"),
        (200, "<html>"),
        (401, problem("OVERLOAD_LIMIT")),
    ],
)
def test_outages_postpone(
    account: Bitrix24StandIn, connected: Connect, code: int, body: Any
) -> None:
    account.trouble.append(status(code, body))
    with pytest.raises(Outage):
        connected().deal(DEAL)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
def test_failing_connections_postpone_and_keep_the_code_to_themselves(
    account: Bitrix24StandIn, connected: Connect, error: type[httpx.RequestError]
) -> None:
    account.trouble.append(failing(error))
    with pytest.raises(Postponed, match=error.__name__) as caught:
        connected().deal(DEAL)
    assert "code-TEST" not in caught.value.reason


@pytest.mark.parametrize(
    "body",
    [
        {"result": {"item": {"id": "Иванна"}}},
        {"result": {"item": []}},
        {"result": None},
        {"result": "Иванна"},
        [],
        7,
    ],
)
def test_json_of_another_shape_is_refused_without_quoting_it(
    account: Bitrix24StandIn, connected: Connect, body: Any
) -> None:
    account.trouble.append(status(200, body))
    with pytest.raises(Refused, match="shape") as caught:
        connected().deal(DEAL)
    assert "Иванна" not in caught.value.reason


def test_the_code_cannot_lead_elsewhere(account: Bitrix24StandIn, around: Surroundings) -> None:
    evil = around._replace(http=account.http, secret=lambda _: "../../other?x=")
    with pytest.raises(Misconfigured):
        connect(playbook(bitrix24()), evil).deal(DEAL)
    assert account.requests[0].url.host == "example.bitrix24.ru"
    assert account.requests[0].url.raw_path.startswith(b"/rest/1/..%2F..%2Fother%3Fx%3D/")


def test_a_bucket_that_all_processes_share(connected: Connect, clock: Clock) -> None:
    crms = [connected(fields={}) for _ in range(3)]
    began = clock.now
    for at in range(49):
        crms[at % 3].deal(DEAL)
    assert clock.now == began
    for at in range(10):
        crms[at % 3].deal(DEAL)
    assert (clock.now - began).total_seconds() == pytest.approx(5, abs=0.1)
