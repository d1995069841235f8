"""What every CRM adapter owes. Inherit, provide the fixtures, and the suite is run for yours.

A new adapter is proved by two short classes: one over its payloads in events/crm/<provider>/, one
over a stand-in of its API.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import pytest

from switchboard.crm.parsed import MAX_BODY, Malformed, Parsed
from switchboard.crm.parsers import parser
from switchboard.crm.phone import e164
from switchboard.crm.port import Assignment, Crm, PhoneMatch
from switchboard.domain.errors import Misconfigured, Postponed, Refused
from switchboard.playbook.view import Crm as Section

_EVENTS = Path(__file__).parents[2] / "events" / "crm"
_PLAIN_NAME = re.compile(r"[a-z_.]{1,100}\Z")

BAD_BODIES = {
    "empty": b"",
    "spaces": b"   ",
    "other type": b"<xml/>",
    "invalid UTF-8": b"\xff\xfe\xfd",
    "NUL": b"\x00",
    "10 MB": b"a=" + b"1" * 10_000_000,
    "10,000 brackets": b"leads" + b"[a]" * 10_000 + b"=1",
    "10,000 open brackets": b"[" * 10_000 + b"=1",
    "10,000 nested arrays": b"[" * 10_000 + b"]" * 10_000,
    "10,000 nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "many pairs": b"a=1&" * 100_000,
    "a number": b"1",
    "null": b"null",
    "a list": b"[]",
    "infinity": b'{"deal":{"id":Infinity}}',
    "id of the wrong type": b'{"deal":{"id":{"a":1}}}&leads[status][0][id]=abc',
}


def events(provider: str) -> list[Any]:
    """Every payload of a provider, as pytest parameters."""
    found = sorted((_EVENTS / provider).glob("*.json"))
    assert found, f"no payloads in events/crm/{provider}"
    return [pytest.param(path, id=path.stem) for path in found]


class ParseContract:
    """`provider`, the playbook's `section`, and what each payload in events/ means: `meaning`."""

    provider: ClassVar[str]
    section: ClassVar[Section]
    meaning: ClassVar[dict[str, Parsed]]

    def parse(self, headers: dict[str, str], body: bytes) -> Parsed:
        parse = parser(self.provider)
        assert parse is not None
        return parse(headers, body, self.section)

    def test_every_payload_means_what_is_declared(self) -> None:
        payloads = {param.id: param.values[0] for param in events(self.provider)}
        assert set(payloads) == set(self.meaning), "declare what each payload means"
        for name, path in payloads.items():
            payload = json.loads(path.read_text())
            parsed = self.parse(payload["headers"], payload["body"].encode())
            assert parsed == self.meaning[name], name
            assert not [kind for kind in parsed.ignored if kind.startswith("unknown")], name

    def test_headers_are_read_in_any_case_and_may_be_absent(self) -> None:
        for param in events(self.provider):
            payload = json.loads(param.values[0].read_text())
            said = self.parse(payload["headers"], payload["body"].encode())
            upper = {name.upper(): value for name, value in payload["headers"].items()}
            assert self.parse(upper, payload["body"].encode()) == said
            assert self.parse({}, payload["body"].encode()) == said

    @pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
    def test_a_bad_body_is_malformed_and_its_reason_repeats_nothing(self, body: bytes) -> None:
        with pytest.raises(Malformed) as caught:
            self.parse({}, body)
        assert len(caught.value.reason) < 80
        assert caught.value.reason.isascii()

    def test_the_largest_body_is_read(self) -> None:
        with pytest.raises(Malformed, match="1 MB"):
            self.parse({}, b"1" * (MAX_BODY + 1))


Ability = Literal["results", "balance", "price", "phones"]


class CrmSide(Protocol):
    """A CRM as a test arranges it and looks into it. Text values are what a person would see.

    `able` names what the adapter and this stand-in can both do, besides what all can.
    """

    crm: Crm
    deal_id: str
    client_phone: str
    able: frozenset[Ability]

    def go(self, stage: str) -> None:
        """Moves the deal to a stage that the playbook calls so, or to another one."""

    def remove(self) -> None: ...

    def written(self) -> tuple[str, str]:
        """The worker's name and login as they stand in the deal."""

    def notes(self) -> list[str]: ...

    def tasks(self) -> list[str] | None:
        """None where this stand-in keeps no tasks."""

    def stage_id(self, stage: str) -> str:
        """What the CRM itself calls the stage to which `go` leads."""

    def results(self) -> dict[str, str]:
        """The results that stand in the deal's fields, by our names for them."""

    def balance(self) -> str:
        """The bonuses that stand in the client's card."""

    def balance_in(self, deal_id: str) -> str:
        """The bonuses that stand in the card of another deal's client."""

    def set_price(self, amount: Decimal) -> None: ...

    def another_deal(self, phone: str, stage: str) -> str:
        """The id of a new deal, of a new contact whose only phone is written so."""

    def lose_answers(self, number: int) -> None:
        """So many next requests are carried out, but their answers never come."""

    def be_down(self, number: int) -> None: ...

    def reject_tokens(self) -> None: ...


WORKER = Assignment("Пётр Пробный-Ёлкин", "petr_test", None)
DUE = datetime(2030, 1, 15, 12, tzinfo=UTC)
RESULTS: dict[str, str | int | float] = {
    "average": 8.5,
    "variant": "B",
    "answers": "Качество: 8\nСкорость: 9",
    "score_quality": 8,
    "score_speed": 9,
    "review": "Карты",
    "bonus": 500,
}
"""Every side has a field for each of these."""
PHONE = "+79000000077"


def _needs(side: CrmSide, ability: Ability) -> None:
    if ability not in side.able:
        pytest.skip(f"the adapter or its stand-in does not do this: {ability}")


class CrmContract:
    """Inherit and provide the fixture `side`."""

    @pytest.fixture
    def side(self) -> Iterator[CrmSide]:
        raise NotImplementedError

    def test_a_deal_is_read(self, side: CrmSide) -> None:
        side.go("search")
        deal = side.crm.deal(side.deal_id)
        assert deal is not None
        assert (deal.id, deal.stage) == (side.deal_id, "search")
        assert deal.facts.title
        assert deal.updated_at > 0

    @pytest.mark.parametrize("stage", ["search", "done", "lost", "other"])
    def test_stages_are_those_of_the_playbook(self, side: CrmSide, stage: str) -> None:
        side.go(stage)
        deal = side.crm.deal(side.deal_id)
        assert deal is not None
        assert deal.stage == stage

    def test_a_deal_that_is_gone_is_none(self, side: CrmSide) -> None:
        side.remove()
        assert side.crm.deal(side.deal_id) is None
        assert side.crm.contact(side.deal_id) is None

    def test_the_facts_hold_nothing_of_the_client(self, side: CrmSide) -> None:
        deal = side.crm.deal(side.deal_id)
        contact = side.crm.contact(side.deal_id)
        assert deal is not None
        assert contact is not None
        assert contact.name
        assert contact.phone == side.client_phone
        assert contact.name not in deal.model_dump_json()
        assert contact.phone not in deal.model_dump_json()

    def test_an_assignment_written_twice_is_one(self, side: CrmSide) -> None:
        side.crm.assign(side.deal_id, WORKER)
        side.crm.assign(side.deal_id, WORKER)
        assert side.written() == (WORKER.worker_name, WORKER.worker_login)

    def test_an_empty_login_replaces_an_earlier_one(self, side: CrmSide) -> None:
        side.crm.assign(side.deal_id, WORKER)
        side.crm.assign(side.deal_id, WORKER._replace(worker_login=""))
        assert side.written() == (WORKER.worker_name, "")

    def test_a_note_whose_answer_was_lost_is_there_once(self, side: CrmSide) -> None:
        side.lose_answers(1)
        with pytest.raises(Postponed):
            side.crm.add_note(side.deal_id, "Заказ взят", "e1", again=False)
        side.crm.add_note(side.deal_id, "Заказ взят", "e1", again=True)
        assert len(side.notes()) == 1
        assert "Заказ взят" in side.notes()[0]

    def test_notes_of_two_keys_are_two(self, side: CrmSide) -> None:
        side.crm.add_note(side.deal_id, "Заказ взят", "e1", again=False)
        side.crm.add_note(side.deal_id, "Заказ взят", "e2", again=True)
        assert len(side.notes()) == 2

    def test_a_task_whose_answer_was_lost_is_there_once(self, side: CrmSide) -> None:
        if side.tasks() is None:
            pytest.skip("this stand-in keeps no tasks")
        side.lose_answers(1)
        with pytest.raises(Postponed):
            side.crm.add_task(side.deal_id, "Проверить", DUE, None, "e1", again=False)
        side.crm.add_task(side.deal_id, "Проверить", DUE, None, "e1", again=True)
        tasks = side.tasks()
        assert tasks is not None
        assert len(tasks) == 1
        assert "Проверить" in tasks[0]

    def test_changes_are_found_without_a_webhook(self, side: CrmSide) -> None:
        side.go("search")
        deal = side.crm.deal(side.deal_id)
        assert deal is not None
        then = datetime.fromtimestamp(deal.updated_at, UTC)
        found = list(side.crm.changed_since(then - timedelta(seconds=1)))
        (change,) = [one for one in found if one.deal == side.deal_id]
        assert change.at in (deal.updated_at, None)
        later = side.crm.changed_since(then + timedelta(days=1))
        assert side.deal_id not in [one.deal for one in later]

    def test_an_outage_postpones(self, side: CrmSide) -> None:
        side.be_down(1)
        with pytest.raises(Postponed):
            side.crm.deal(side.deal_id)
        assert side.crm.deal(side.deal_id) is not None

    def test_a_rejected_token_needs_a_person(self, side: CrmSide) -> None:
        side.reject_tokens()
        with pytest.raises(Misconfigured):
            side.crm.deal(side.deal_id)

    def test_writing_to_a_deal_that_is_gone_is_refused(self, side: CrmSide) -> None:
        side.remove()
        with pytest.raises(Refused):
            side.crm.add_note(side.deal_id, "Заказ взят", "e1", again=False)

    def test_a_deal_tells_its_own_stage_and_when_it_came_there(self, side: CrmSide) -> None:
        side.go("done")
        deal = side.crm.deal(side.deal_id)
        assert deal is not None
        assert deal.stage_id == side.stage_id("done")
        assert 0 <= deal.stage_since <= datetime.now(UTC).timestamp() + 5

    def test_results_written_twice_stand_there_once(self, side: CrmSide) -> None:
        _needs(side, "results")
        side.crm.record(side.deal_id, RESULTS)
        side.crm.record(side.deal_id, RESULTS)
        assert side.results() == {name: str(value) for name, value in RESULTS.items()}

    def test_later_results_leave_the_earlier_ones(self, side: CrmSide) -> None:
        _needs(side, "results")
        side.crm.record(side.deal_id, {"average": 8.5, "variant": "B"})
        side.crm.record(side.deal_id, {"review": "Карты"})
        side.crm.record(side.deal_id, {"average": 9})
        found = side.results()
        assert (found["average"], found["variant"], found["review"]) == ("9", "B", "Карты")

    def test_a_result_without_a_field_is_left_out(self, side: CrmSide) -> None:
        _needs(side, "results")
        side.crm.record(side.deal_id, {"score_nobody_asked": 1, "variant": "A"})
        side.crm.record(side.deal_id, {"score_nobody_asked": 1})
        side.crm.record(side.deal_id, {})
        assert side.results()["variant"] == "A"

    def test_results_for_a_deal_that_is_gone_are_refused(self, side: CrmSide) -> None:
        _needs(side, "results")
        side.remove()
        with pytest.raises(Refused):
            side.crm.record(side.deal_id, RESULTS)

    def test_the_clients_card_has_the_last_balance(self, side: CrmSide) -> None:
        _needs(side, "balance")
        contact = side.crm.contact(side.deal_id)
        assert contact is not None
        phone = e164(contact.phone, "ru")
        assert phone is not None
        for balance in (500, 500, 300):
            side.crm.set_balance(phone, balance)
            assert side.balance() == str(balance)

    def test_every_card_with_the_phone_has_the_balance_and_no_other_has(
        self, side: CrmSide
    ) -> None:
        _needs(side, "balance")
        before = side.balance()
        twice = [side.another_deal(typed, "search") for typed in ("89000000077", PHONE)]
        other = side.another_deal("+79000000078", "search")
        nobodys = side.balance_in(other)
        side.crm.set_balance(PHONE, 500)
        assert [side.balance_in(deal) for deal in twice] == ["500", "500"]
        assert (side.balance(), side.balance_in(other)) == (before, nobodys)

    def test_a_balance_whose_answer_was_lost_is_written_again(self, side: CrmSide) -> None:
        _needs(side, "balance")
        deal = side.another_deal(PHONE, "search")
        side.lose_answers(1)
        with pytest.raises(Postponed):
            side.crm.set_balance(PHONE, 500)
        side.crm.set_balance(PHONE, 500)
        assert side.balance_in(deal) == "500"

    def test_a_card_that_is_gone_has_no_balance(self, side: CrmSide) -> None:
        _needs(side, "balance")
        with pytest.raises(Refused, match="no contact has the client's phone"):
            side.crm.set_balance(PHONE, 500)

    def test_a_price_is_changed_once(self, side: CrmSide) -> None:
        _needs(side, "price")
        before, after = Decimal(4200), Decimal(3700)
        side.set_price(before)
        assert side.crm.set_amount(side.deal_id, before, after)
        assert side.crm.set_amount(side.deal_id, before, after)
        assert _amount(side) == after

    def test_a_price_that_a_person_has_changed_is_left_alone(self, side: CrmSide) -> None:
        _needs(side, "price")
        side.set_price(Decimal(5000))
        assert not side.crm.set_amount(side.deal_id, Decimal(4200), Decimal(3700))
        assert _amount(side) == 5000

    def test_a_price_whose_answer_was_lost_is_changed_once(self, side: CrmSide) -> None:
        _needs(side, "price")
        side.set_price(Decimal(4200))
        assert _amount(side) == 4200
        side.lose_answers(1)
        with pytest.raises(Postponed):
            side.crm.set_amount(side.deal_id, Decimal(4200), Decimal(3700))
        assert side.crm.set_amount(side.deal_id, Decimal(4200), Decimal(3700))
        assert _amount(side) == 3700

    def test_a_phone_that_nobody_has(self, side: CrmSide) -> None:
        _needs(side, "phones")
        assert side.crm.deal_of_phone(PHONE, [side.stage_id("search")]) == PhoneMatch(0)

    def test_the_newest_deal_of_a_phone_whatever_its_spelling(self, side: CrmSide) -> None:
        _needs(side, "phones")
        side.another_deal("8 (900) 000-00-77", "search")
        newest = side.another_deal("+79000000077", "search")
        side.another_deal("9000000077", "done")
        side.another_deal("+79000000078", "search")
        found = side.crm.deal_of_phone(PHONE, [side.stage_id("search"), side.stage_id("lost")])
        assert found == PhoneMatch(3, newest)

    def test_a_phone_without_a_deal_in_the_stages(self, side: CrmSide) -> None:
        _needs(side, "phones")
        side.another_deal("+7 900 000-00-77", "done")
        assert side.crm.deal_of_phone(PHONE, [side.stage_id("search")]) == PhoneMatch(1)
        assert side.crm.deal_of_phone(PHONE, []) == PhoneMatch(1)


def _amount(side: CrmSide) -> Decimal | None:
    deal = side.crm.deal(side.deal_id)
    assert deal is not None
    return deal.amount
