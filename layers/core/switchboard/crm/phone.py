"""Phone numbers as a person dials them."""

import phonenumbers

from switchboard.texts.catalogue import Language

_HOME: dict[Language, str | None] = {"ru": "RU", "en": None}
"""Whose numbers are written without a country code: «8 900 …» in a Russian card."""


def readable(typed: str, language: Language) -> str:
    """«+7 900 000-00-01» for a valid number in any spelling; any other text stays as typed."""
    try:
        number = phonenumbers.parse(typed, _HOME[language])
    except phonenumbers.NumberParseException:
        return typed.strip()
    if not phonenumbers.is_valid_number(number):
        return typed.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
