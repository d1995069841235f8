"""Moments as people say them: «21 ноября, 18:00», “21 November, 18:00”."""

from datetime import datetime
from zoneinfo import ZoneInfo

from switchboard.texts.catalogue import Language

_MONTHS: dict[Language, tuple[str, ...]] = {
    # Russian dates take the month in the genitive.
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def day(at: datetime, timezone: str, language: Language) -> str:
    """The day of an aware moment in a time zone. The year is left out: deadlines are near."""
    local = _local(at, timezone)
    return f"{local.day} {_MONTHS[language][local.month - 1]}"


def day_and_time(at: datetime, timezone: str, language: Language) -> str:
    """The day and the time of day of an aware moment in a time zone."""
    local = _local(at, timezone)
    return f"{day(at, timezone, language)}, {local:%H:%M}"


def _local(at: datetime, timezone: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(timezone))
    except OverflowError:
        # The first day of the year 1, which some CRMs write for none, or the last of 9999.
        return at
