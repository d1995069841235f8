"""Phones of people who type them as they like."""

import pytest

from switchboard.crm.phone import e164, reachable, significant, spellings


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        (["8 (495) 000-00-01", "8 900 000 00 02"], "+7 900 000-00-02"),
        (["8 900 000 00 01", "+7 900 000-00-02"], "+7 900 000-00-01"),
        (["доб. 12", "8 (495) 000-00-01"], "+7 495 000-00-01"),
        (["доб. 12", "123"], "доб. 12"),
        (["", "  ", "123"], "123"),
        ([], ""),
        (["+1 201-555-0123", "+44 20 7946 0018"], "+1 201-555-0123"),
    ],
)
def test_of_several_phones_the_one_to_write_to(typed: list[str], phone: str) -> None:
    assert reachable(typed, "ru") == phone


@pytest.mark.parametrize("phone", ["+79000000021", "+442079460018", "+12015550123"])
def test_every_spelling_is_the_same_number(phone: str) -> None:
    found = spellings(phone)
    assert 1 <= len(found) <= 20
    assert len(set(found)) == len(found)
    assert found[0] == phone
    if phone.startswith("+7"):
        assert {e164(spelling, "ru") for spelling in found} == {phone}


@pytest.mark.parametrize(
    "typed",
    ["8 (900) 000-00-21", "+79000000021", "9000000021", "89000000021", "8-900-000-00-21"],
)
def test_usual_spellings_are_among_them(typed: str) -> None:
    assert typed in spellings("+79000000021")


def test_digits_after_the_countrys_code() -> None:
    assert significant("+79000000021") == "9000000021"
    assert significant("+442079460018") == "2079460018"
