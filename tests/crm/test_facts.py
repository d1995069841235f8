"""Texts made from a CRM's values: cut, dated, priced, dialled."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from switchboard.crm.facts import job_facts, shortened
from switchboard.crm.mark import marked
from switchboard.texts.catalogue import Language
from switchboard.texts.dates import day, day_and_time
from switchboard.texts.money import price, price_of

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("", 5, ""),
        ("  пять  ", 5, "пять"),
        ("ровно", 5, "ровно"),
        ("больше пяти", 5, "боль…"),
        ("два слова", 5, "два…"),
        ("👩‍🚀👩‍🚀", 3, "👩…"),
        ("a\x00b\x1fc\x7fd\ud800e", 10, "abcde"),
        ("a\r\nb\tc\rd", 10, "a\nb\tcd"),
    ],
)
def test_texts_are_cut_by_characters(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short
    assert len(shortened(text, limit)) <= limit


def test_a_job_fits_into_one_message() -> None:
    facts = job_facts(*["Ж" * 5000], conditions="Ж" * 5000, deadline="Ж" * 5000, pay="Ж" * 5000)
    assert [len(text) for text in facts.model_dump().values()] == [200, 800, 800, 800, 0]


MONTHS_RU = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)


@pytest.mark.parametrize(("number", "name"), list(enumerate(MONTHS_RU, 1)))
def test_russian_months_stand_in_the_genitive(number: int, name: str) -> None:
    at = datetime(2025, number, 5, 12, 7, tzinfo=UTC)
    assert day(at, "Europe/Moscow", "ru") == f"5 {name}"
    assert day_and_time(at, "Europe/Moscow", "ru") == f"5 {name}, 15:07"


def test_a_day_is_the_branchs_day() -> None:
    late = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
    assert day_and_time(late, "Europe/Moscow", "en") == "1 January, 01:30"
    assert day_and_time(late, "America/New_York", "en") == "31 December, 17:30"


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (0, "ru", f"0{NBSP}₽"),
        (999, "ru", f"999{NBSP}₽"),
        (1234567, "ru", f"1{NBSP}234{NBSP}567{NBSP}₽"),
        (Decimal("1234.5"), "ru", f"1{NBSP}234,50{NBSP}₽"),
        (Decimal("15000.00"), "ru", f"15{NBSP}000{NBSP}₽"),
        (1234567, "en", "1,234,567"),
        (Decimal("1234.5"), "en", "1,234.50"),
    ],
)
def test_sums(amount: Decimal | int, language: Language, text: str) -> None:
    assert price(amount, language) == text


@pytest.mark.parametrize(
    "text", ["договорная", "от 5000", "", "1e999999999", "NaN", "-5", "5000-7000", "1" * 30, "١٢"]
)
def test_only_a_bare_number_is_a_sum(text: str) -> None:
    assert price_of(text, "ru") == text


def test_marks_differ_by_key_alone() -> None:
    one, again, other = marked("текст", "k1"), marked("другой", "k1"), marked("текст", "k2")
    assert one.mark == again.mark != other.mark
    assert one.text.endswith(one.mark)
    assert one.stands_in(["прежде", again.text + " (правка)"])
    assert not one.stands_in([other.text, ""])
