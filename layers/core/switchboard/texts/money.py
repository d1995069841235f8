"""Sums as people write them: «15 000 ₽», “15,000”."""

import re
from decimal import Decimal

from switchboard.texts.catalogue import Language

_SPACE = "\N{NO-BREAK SPACE}"
"""Between groups of digits in Russian (CLDR), so that no phone breaks a sum into two lines."""


_BARE_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?\Z")


def price_of(text: str, language: Language) -> str:
    """A bare number as a sum; any other text, such as «по договорённости», as it is."""
    return price(Decimal(text), language) if _BARE_NUMBER.match(text) else text


def price(amount: Decimal | int, language: Language) -> str:
    """A sum with its thousands apart; kopecks only where there are any.

    Russian sums are in roubles. In English the currency is left out: the CRM does not tell it.
    """
    value = Decimal(amount)
    text = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    if language == "en":
        return text
    return f"{text.replace(',', _SPACE).replace('.', ',')}{_SPACE}₽"
