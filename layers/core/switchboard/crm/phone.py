"""Phone numbers as a person dials them."""

from collections.abc import Iterable
from itertools import chain

import phonenumbers

from switchboard.texts.catalogue import Language

_HOME: dict[Language, str | None] = {"ru": "RU", "en": None}
"""Whose numbers are written without a country code: «8 900 …» in a Russian card."""


def readable(typed: str, language: Language) -> str:
    """«+7 900 000-00-01» for a valid number in any spelling; any other text stays as typed."""
    number = _valid(typed, language)
    if number is None:
        return typed.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def e164(typed: str, language: Language) -> str | None:
    """`+79000000001` for a valid number in any spelling; None for what is no number."""
    number = _valid(typed, language)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def reachable(typed: Iterable[str], language: Language) -> str:
    """Of a card's phones, as they stand in it, the one to write to, as `readable` has it.

    A mobile number if there is one, else the first that is a number at all, else the first text.
    """
    phones = [phone for phone in typed if phone.strip()]
    numbers = [(phone, number) for phone in phones if (number := _valid(phone, language))]
    mobile = (phone for phone, number in numbers if phonenumbers.number_type(number) in _MOBILE)
    valid = (phone for phone, _ in numbers)
    return readable(next(chain(mobile, valid, phones), ""), language)


def spellings(phone: str) -> tuple[str, ...]:
    """The ways in which people write a number that is given in E.164, at most 20, once each.

    For CRMs that compare phones letter by letter.
    """
    number = phonenumbers.parse(phone, None)
    formats = phonenumbers.PhoneNumberFormat
    national = phonenumbers.format_number(number, formats.NATIONAL)
    international = phonenumbers.format_number(number, formats.INTERNATIONAL)
    significant = phonenumbers.national_significant_number(number)
    found = [phone, phone[1:], international, international.replace("-", " "), national]
    found += [_digits(national), significant]
    if number.country_code == _RUSSIA:
        area, rest = significant[:3], significant[3:]
        parts = f"{rest[:3]}-{rest[3:5]}-{rest[5:]}"
        found += [f"{lead}({area}){parts}" for lead in ("8", "8 ", "+7", "+7 ")]
        found += [f"{lead}({area}) {parts}" for lead in ("8 ", "+7 ", "8", "+7")]
        found += [f"8-{area}-{parts}", f"8 {area} {parts}", f"8 {area} {parts.replace('-', ' ')}"]
    return tuple(dict.fromkeys(found))[:20]


def significant(phone: str) -> str:
    """The digits after the country's code, of a number in E.164."""
    return phonenumbers.national_significant_number(phonenumbers.parse(phone, None))


_RUSSIA = 7
_MOBILE = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        # In North America nothing tells them apart.
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
)


def _valid(typed: str, language: Language) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(typed, _HOME[language])
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
