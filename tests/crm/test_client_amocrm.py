"""What is particular about amoCRM: shapes of values, write-back, errors, pages."""

import socket
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
from switchboard.domain.errors import Misconfigured, Postponed, Refused
from tests.crm.standins import AmocrmStandIn, contact, failing, field, lead, status
from tests.crm.surroundings import Clock, amocrm, playbook

DEAL = "41000001"
NBSP = "\N{NO-BREAK SPACE}"
WORKER = Assignment("Пётр Пробный", "petr_test", "8000007")


@pytest.fixture
def account() -> AmocrmStandIn:
    return AmocrmStandIn()


Connect = Callable[..., Crm]


@pytest.fixture
def connected(account: AmocrmStandIn, around: Surroundings) -> Connect:
    def make(language: str = "ru", **changes: object) -> Crm:
        return connect(
            playbook(amocrm(**changes), language=language), around._replace(http=account.http)
        )

    return make


def test_a_lead_becomes_a_job(connected: Connect) -> None:
    deal = connected().deal(DEAL)
    assert deal is not None
    assert deal.facts.title == "Перевод документов"
    assert deal.facts.conditions == "Два паспорта"
    assert deal.facts.deadline == "21 ноября, 18:00"
    assert deal.facts.pay == f"12{NBSP}000{NBSP}₽"
    assert deal.facts.skills == "английский, немецкий"
    assert deal.url == "https://example.amocrm.ru/leads/detail/41000001"
    assert deal.manager == "8000001"
    assert deal.updated_at == 1763726400


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("text", ["  С доставкой "], "С доставкой"),
        ("textarea", ["Первая\r\nВторая"], "Первая\nВторая"),
        ("numeric", ["2.5"], "2.5"),
        ("numeric", [12000.0], "12000"),
        ("checkbox", [True], "да"),
        ("checkbox", [False], "нет"),
        ("select", ["Курьер"], "Курьер"),
        ("multiselect", ["А", "Б", "В"], "А, Б, В"),
        ("date", [1763672400], "21 ноября"),
        ("date", ["2025-11-21T00:00:00+03:00"], "21 ноября"),
        ("date_time", [1763737200], "21 ноября, 18:00"),
        ("date_time", ["1763737200"], "21 ноября, 18:00"),
        ("date_time", ["как договоримся"], "как договоримся"),
        ("date_time", [10**18], str(10**18)),
        ("birthday", [1741726800], "12 марта"),
        ("monetary", ["1500.50"], f"1{NBSP}500,50{NBSP}₽"),
        ("url", ["https://example.test/x"], "https://example.test/x"),
        ("legal_entity", [{"name": "ООО «Пример»", "vat_id": "0"}], "ООО «Пример»"),
        ("file", [{"file_name": "план.pdf", "file_uuid": "0"}], "план.pdf"),
        ("chained_list", [{"catalog_id": 1, "catalog_element_id": 2}], ""),
        ("text", [None], ""),
        ("text", [], ""),
        ("some_new_type", [["?"]], ""),
        ("text", ["<b>&\x00 🔥"], "<b>& 🔥"),
    ],
)
def test_every_shape_of_value_becomes_text(
    account: AmocrmStandIn, connected: Connect, kind: str, values: list[object], text: str
) -> None:
    account.leads[41000001]["custom_fields_values"] = [field(500001, kind, *values)]
    deal = connected().deal(DEAL)
    assert deal is not None
    assert deal.facts.conditions == text


def test_times_are_the_branchs(account: AmocrmStandIn, around: Surroundings) -> None:
    vladivostok = playbook(amocrm(), timezone="Asia/Vladivostok", language="en")
    deal = connect(vladivostok, around._replace(http=account.http)).deal(DEAL)
    assert deal is not None
    assert deal.facts.deadline == "22 November, 01:00"
    assert deal.facts.pay == "12,000"


@pytest.mark.parametrize(
    ("price", "pay"), [(15000, f"15{NBSP}000{NBSP}₽"), (0, ""), (None, ""), (99.5, f"99,50{NBSP}₽")]
)
def test_the_price_is_the_pay_where_no_field_is_configured(
    account: AmocrmStandIn, connected: Connect, price: object, pay: str
) -> None:
    account.leads[41000001]["price"] = price
    deal = connected(fields={}).deal(DEAL)
    assert deal is not None
    assert deal.facts.pay == pay


def test_a_configured_pay_field_that_is_empty_does_not_show_the_price(
    account: AmocrmStandIn, connected: Connect
) -> None:
    account.leads[41000001]["custom_fields_values"] = None
    deal = connected().deal(DEAL)
    assert deal is not None
    assert deal.facts.pay == ""


def test_long_texts_are_cut(account: AmocrmStandIn, connected: Connect) -> None:
    account.leads[41000001] |= {
        "name": "Ж" * 5000,
        "custom_fields_values": [field(500001, "textarea", "👩‍🚀" * 5000)],
    }
    deal = connected().deal(DEAL)
    assert deal is not None
    assert deal.facts.title == "Ж" * 199 + "…"
    assert len(deal.facts.conditions) <= 800
    assert deal.facts.conditions.endswith(("🚀…", "👩…"))


@pytest.mark.parametrize(("status", "stage"), [(142, "done"), (143, "lost"), (70000001, "other")])
def test_of_another_pipelines_stage_only_the_end_is_told(
    account: AmocrmStandIn, connected: Connect, status: int, stage: str
) -> None:
    account.leads[41000001] |= {"pipeline_id": 9000002, "status_id": status}
    deal = connected().deal(DEAL)
    assert deal is not None
    # Stage 142 is in every pipeline: it must not start what our 142 starts.
    assert (deal.stage, deal.stage_id) == (stage, "")


@pytest.mark.parametrize(
    ("closed", "price", "since", "amount"),
    [(1763720000, 15000, 1763720000, Decimal(15000)), (None, 99.5, 0, Decimal("99.5"))],
)
def test_when_it_was_closed_and_what_it_costs(
    account: AmocrmStandIn,
    connected: Connect,
    closed: int | None,
    price: float,
    since: int,
    amount: Decimal,
) -> None:
    account.leads[41000001] |= {"closed_at": closed, "price": price}
    deal = connected().deal(DEAL)
    assert deal is not None
    assert (deal.stage_since, deal.amount) == (since, amount)


def test_results_are_texts_in_one_patch(account: AmocrmStandIn, connected: Connect) -> None:
    connected().record(DEAL, {"average": 8.5, "answers": "", "variant": "B", "unknown": 1})
    [(method, path, change)] = account.wrote()
    assert (method, path) == ("PATCH", "/api/v4/leads/41000001")
    assert change == {
        "custom_fields_values": [
            {"field_id": 500011, "values": [{"value": "8.5"}]},
            {"field_id": 500013, "values": None},
            {"field_id": 500012, "values": [{"value": "B"}]},
        ]
    }


def test_a_field_of_another_crm_needs_a_person(connected: Connect) -> None:
    with pytest.raises(Misconfigured):
        connected(results={"average": "ufCrm_1"}).record(DEAL, {"average": 9})


def test_without_fields_for_them_results_ask_nothing(
    account: AmocrmStandIn, connected: Connect
) -> None:
    crm = connected(results={})
    crm.record(DEAL, {"average": 9})
    crm.set_balance("+79000000001", 500)
    assert account.requests == []


def test_a_balance_needs_a_card(account: AmocrmStandIn, connected: Connect) -> None:
    account.contacts.clear()
    with pytest.raises(Refused, match="no contact"):
        connected().set_balance("+79000000001", 500)
    account.leads.clear()
    with pytest.raises(Refused, match="no such deal"):
        connected().set_amount(DEAL, Decimal(2), Decimal(1))


def test_a_relatives_number_in_a_card_is_not_its_client(
    account: AmocrmStandIn, connected: Connect
) -> None:
    with pytest.raises(Refused, match="no contact"):
        connected().set_balance("+79000000002", 500)
    assert [request.method for request in account.requests] == ["GET"]


def test_a_phone_is_looked_for_without_its_countrys_code_and_then_compared(
    account: AmocrmStandIn, connected: Connect
) -> None:
    inn = field(600003, "text", "ИНН 9000000001")
    account.contacts[51000002] = contact(id=51000002, custom_fields_values=[inn])
    found = connected().deal_of_phone("+79000000001", ["70000001"])
    assert found == (1, DEAL)
    assert account.requests[0].url.params["query"] == "9000000001"


@pytest.mark.parametrize("where", [{"pipeline_id": 9000002}, {"is_deleted": True}])
def test_a_phones_deal_is_one_of_this_pipeline(
    account: AmocrmStandIn, connected: Connect, where: dict[str, Any]
) -> None:
    account.leads[41000001] |= where
    assert connected().deal_of_phone("+79000000001", ["70000001"]) == (1, None)


def test_of_very_many_deals_the_newest_are_looked_at(
    account: AmocrmStandIn, connected: Connect
) -> None:
    linked = {"contacts": [{"id": 51000001, "is_main": True}]}
    account.leads = {n: lead(n, _embedded=linked) for n in range(1, 301)}
    assert connected().deal_of_phone("+79000000001", ["70000001"]) == (1, "300")
    asked = account.requests[1].url.params
    assert len([key for key in asked if key.startswith("filter[id]")]) == 250


def test_a_deleted_lead_is_gone(account: AmocrmStandIn, connected: Connect) -> None:
    account.leads[41000001]["is_deleted"] = True
    assert connected().deal(DEAL) is None


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("8 900 000 00 01", "+7 900 000-00-01"),
        ("+7(900)000-00-01", "+7 900 000-00-01"),
        ("79000000001", "+7 900 000-00-01"),
        ("+44 20 7946 0018", "+44 20 7946 0018"),
        ("доб. 12", "доб. 12"),
        ("123", "123"),
        ("", ""),
    ],
)
def test_phones_are_readable(
    account: AmocrmStandIn, connected: Connect, typed: str, shown: str
) -> None:
    card = contact()
    card["custom_fields_values"][0]["values"] = [{"value": typed, "enum_code": "WORK"}]
    account.contacts[51000001] = card
    assert connected().contact(DEAL) == Contact(name="Иванна Примерова", phone=shown)


def test_cards_without_a_contact_or_a_phone(account: AmocrmStandIn, connected: Connect) -> None:
    account.contacts[51000001]["custom_fields_values"] = None
    assert connected().contact(DEAL) == Contact(name="Иванна Примерова")
    account.contacts.clear()
    assert connected().contact(DEAL) == Contact()
    account.leads[41000001]["_embedded"] = {"contacts": []}
    assert connected().contact(DEAL) == Contact()


def test_an_assignment_is_one_patch(account: AmocrmStandIn, connected: Connect) -> None:
    connected().assign(DEAL, WORKER)
    assert account.wrote() == [
        (
            "PATCH",
            "/api/v4/leads/41000001",
            {
                "responsible_user_id": 8000007,
                "custom_fields_values": [
                    {"field_id": 500005, "values": [{"value": "Пётр Пробный"}]},
                    {"field_id": 500006, "values": [{"value": "petr_test"}]},
                ],
            },
        )
    ]
    assert len(account.requests) == 1


def test_a_worker_without_login_or_seat(account: AmocrmStandIn, connected: Connect) -> None:
    connected().assign(DEAL, Assignment("Пётр Пробный", "", None))
    [(_, _, change)] = account.wrote()
    assert "responsible_user_id" not in change
    # Null is amoCRM's way to empty a field; an empty text would leave an earlier login standing.
    assert change["custom_fields_values"][1] == {"field_id": 500006, "values": None}


def test_nothing_configured_nothing_written(account: AmocrmStandIn, connected: Connect) -> None:
    connected(fields={}).assign(DEAL, WORKER._replace(responsible=None))
    assert account.requests == []


def test_the_deal_moves_on_when_it_is_claimed(account: AmocrmStandIn, connected: Connect) -> None:
    connected(claimed_stage=70000002).assign(DEAL, WORKER)
    [(_, _, change)] = account.wrote()
    assert (change["status_id"], change["pipeline_id"]) == (70000002, 9000001)


@pytest.mark.parametrize(
    "where",
    [{"status_id": 142}, {"status_id": 70000002}, {"pipeline_id": 9000002}, {"is_deleted": True}],
)
def test_the_deal_is_never_moved_back(
    account: AmocrmStandIn, connected: Connect, where: dict[str, Any]
) -> None:
    account.leads[41000001] |= where
    connected(claimed_stage=70000002).assign(DEAL, WORKER)
    [(_, _, change)] = account.wrote()
    assert "status_id" not in change


def test_a_note_and_a_task_as_the_api_wants_them(
    account: AmocrmStandIn, connected: Connect
) -> None:
    crm = connected()
    due = datetime(2030, 1, 15, 12, tzinfo=UTC)
    crm.add_note(DEAL, "Заказ взят", "e1", again=False)
    crm.add_task(DEAL, "Проверить", due, "8000007", "e2", again=False)
    [(_, notes_path, [note]), (_, tasks_path, [task])] = account.wrote()
    assert notes_path == "/api/v4/leads/41000001/notes"
    assert note["note_type"] == "common"
    assert note["params"]["text"].startswith("Заказ взят · #")
    assert tasks_path == "/api/v4/tasks"
    assert task.pop("text").startswith("Проверить · #")
    assert task == {
        "complete_till": 1894708800,
        "entity_id": 41000001,
        "entity_type": "leads",
        "responsible_user_id": 8000007,
        "task_type_id": 1,
    }


def test_a_first_attempt_reads_nothing(account: AmocrmStandIn, connected: Connect) -> None:
    connected().add_note(DEAL, "Заказ взят", "e1", again=False)
    assert [request.method for request in account.requests] == ["POST"]


def test_a_note_that_a_person_has_edited_is_known_by_its_mark(
    account: AmocrmStandIn, connected: Connect
) -> None:
    crm = connected()
    crm.add_note(DEAL, "Заказ взят", "e1", again=False)
    account.notes[0]["params"]["text"] = "Проверено! " + account.notes[0]["params"]["text"]
    crm.add_note(DEAL, "Заказ взят", "e1", again=True)
    assert len(account.notes) == 1


def test_users_are_numbers(connected: Connect) -> None:
    with pytest.raises(Misconfigured):
        connected().assign(DEAL, WORKER._replace(responsible="ivan"))


def _changes(crm: Crm, since: int = 1000) -> Iterator[Change]:
    return iter(crm.changed_since(datetime.fromtimestamp(since, UTC)))


def test_more_changes_than_one_page(account: AmocrmStandIn, connected: Connect) -> None:
    account.leads = {n: lead(n, updated_at=1000 + n // 2) for n in range(1, 701)}
    found = list(_changes(connected()))
    assert found == [Change(str(n), 1000 + n // 2) for n in range(1, 701)]


def test_a_mass_edit_within_one_second(account: AmocrmStandIn, connected: Connect) -> None:
    account.leads = {n: lead(n, updated_at=1000) for n in range(1, 601)}
    account.leads[601] = lead(601, updated_at=1001)
    found = list(_changes(connected()))
    assert [one.deal for one in found] == [str(n) for n in range(1, 602)]


def test_a_lead_that_changes_between_pages_hides_none_and_comes_again(
    account: AmocrmStandIn, connected: Connect
) -> None:
    account.leads = {n: lead(n, updated_at=1000 + n) for n in range(1, 501)}
    changes = _changes(connected())
    found = [next(changes)]
    account.leads[1]["updated_at"] = 9999
    found += changes
    assert {one.deal for one in found} == {str(n) for n in range(1, 501)}
    assert [one.at for one in found if one.deal == "1"] == [1001, 9999]


def test_more_changes_than_anybody_takes_are_there_to_be_gone_on_with(
    account: AmocrmStandIn, connected: Connect
) -> None:
    account.leads = {n: lead(n, updated_at=1000 + n // 100) for n in range(1, 12_001)}
    first = list(islice(_changes(connected()), 5000))
    rest = list(_changes(connected(), first[-1].at or 0))
    assert {one.deal for one in (*first, *rest)} == {str(n) for n in range(1, 12_001)}


def test_a_list_that_turns_in_a_circle_is_left(account: AmocrmStandIn, connected: Connect) -> None:
    page = {"_embedded": {"leads": [lead(n, updated_at=1000) for n in range(1, 251)]}}
    account.trouble.extend([status(200, page)] * 3)
    with pytest.raises(Postponed, match="no end"):
        list(_changes(connected()))
    assert len(account.requests) == 2


VALIDATION = {
    "validation-errors": [
        {
            "request_id": "0",
            "errors": [
                {
                    "code": "InvalidType",
                    "path": "custom_fields_values.0.values",
                    "detail": "Иванна +7 900 000-00-01",
                }
            ],
        }
    ],
    "title": "Bad Request",
    "status": 400,
}


def test_a_refusal_names_the_place_and_no_values(
    account: AmocrmStandIn, connected: Connect
) -> None:
    account.trouble.append(status(400, VALIDATION))
    with pytest.raises(Refused) as caught:
        connected().assign(DEAL, WORKER)
    assert "InvalidType at custom_fields_values.0.values" in caught.value.reason
    assert "Иванна" not in caught.value.reason


@pytest.mark.parametrize("code", [400, 404, 409, 422])
def test_other_refusals_of_a_write(account: AmocrmStandIn, connected: Connect, code: int) -> None:
    account.trouble.append(status(code, "<html>Петров +79000000001</html>"))
    with pytest.raises(Refused) as caught:
        connected().add_note(DEAL, "Заказ взят", "e1", again=False)
    assert caught.value.reason == f"amocrm: POST: {code}"


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408])
def test_outages_postpone(account: AmocrmStandIn, connected: Connect, code: int) -> None:
    account.trouble.append(status(code, "<html>"))
    with pytest.raises(Postponed):
        connected().deal(DEAL)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.RemoteProtocolError,
        httpx.ReadError,
    ],
)
def test_failing_connections_postpone(
    account: AmocrmStandIn, connected: Connect, error: type[httpx.RequestError]
) -> None:
    account.trouble.append(failing(error))
    with pytest.raises(Postponed, match=error.__name__):
        connected().deal(DEAL)


def test_a_page_where_json_should_be_postpones(account: AmocrmStandIn, connected: Connect) -> None:
    account.trouble.append(status(200, "<html>"))
    with pytest.raises(Postponed):
        connected().deal(DEAL)


def test_json_of_another_shape_is_refused_without_quoting_it(
    account: AmocrmStandIn, connected: Connect
) -> None:
    account.trouble.append(status(200, {"id": "Иванна", "name": []}))
    with pytest.raises(Refused) as caught:
        connected().deal(DEAL)
    assert "Иванна" not in caught.value.reason


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("0", 1), ("999999", 3600)])
def test_too_many_requests_hold_everybody_for_as_long_as_is_said(
    account: AmocrmStandIn, connected: Connect, clock: Clock, said: str, seconds: float
) -> None:
    account.trouble.append(status(429, "<html>slow down</html>", **{"Retry-After": said}))
    with pytest.raises(Postponed) as caught:
        connected().deal(DEAL)
    assert caught.value.seconds == seconds
    if seconds > 3:
        with pytest.raises(Postponed) as caught:
            connected().deal(DEAL)  # Another process, which did not hear it.
        assert caught.value.seconds == pytest.approx(seconds)
        assert len(account.requests) == 1
    clock.forward(seconds)
    assert connected().deal(DEAL) is not None


def test_too_many_requests_without_a_time(account: AmocrmStandIn, connected: Connect) -> None:
    account.trouble.append(status(429, "<html>"))
    with pytest.raises(Postponed) as caught:
        connected().deal(DEAL)
    assert caught.value.seconds is None
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert len(account.requests) == 1


def test_forbidden_after_too_many_requests_is_a_block(
    account: AmocrmStandIn, connected: Connect, clock: Clock
) -> None:
    account.trouble.extend([status(429, "<html>"), status(403, "<html>")])
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    clock.forward(60)
    with pytest.raises(Postponed, match="blocked") as caught:
        connected().deal(DEAL)
    assert caught.value.seconds == 900
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert len(account.requests) == 2


@pytest.mark.parametrize("code", [402, 403, 301, 302, 304])
def test_what_only_a_person_can_mend(account: AmocrmStandIn, connected: Connect, code: int) -> None:
    account.trouble.append(status(code, {"status": code}))
    with pytest.raises(Misconfigured):
        connected().deal(DEAL)


def test_a_token_that_cannot_stand_in_a_header(around: Surroundings) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        here = f"http://127.0.0.1:{listening.getsockname()[1]}"
        broken = around._replace(secret=lambda _: "token\n")
        with pytest.raises(Misconfigured, match="LocalProtocolError"):
            connect(playbook(amocrm(base_url=here)), broken).deal(DEAL)


def test_calls_are_paced_over_all_processes(connected: Connect, clock: Clock) -> None:
    crms = [connected() for _ in range(3)]
    began = clock.now
    for crm in crms * 7:
        crm.deal(DEAL)
    assert (clock.now - began).total_seconds() >= 20 / 7
    assert clock.slept == pytest.approx((clock.now - began).total_seconds(), abs=1e-3)


def test_a_turn_that_takes_too_long_goes_back_to_the_queue(
    connected: Connect, clock: Clock
) -> None:
    slow = connected(requests_per_second=0.1)
    slow.deal(DEAL)
    with pytest.raises(Postponed) as caught:
        slow.deal(DEAL)
    assert caught.value.seconds is not None
    assert 9 < caught.value.seconds < 11
    assert clock.slept == 0
