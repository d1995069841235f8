"""When a schedule is due.

Source: docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
"""

import re
from datetime import UTC, datetime
from typing import Final

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}


class UnknownExpressionError(ValueError):
    """The expression is malformed, or of a kind that the host does not serve (cron)."""


def period(expression: str) -> int | None:
    """Seconds between two runs of a rate expression; None for any other expression."""
    match = _RATE.fullmatch(expression)
    if match is None:
        return None
    seconds = int(match[1]) * _SECONDS[match[2]]
    if seconds == 0:
        raise UnknownExpressionError(f"{expression}: the rate must be at least 1")
    return seconds


def due(expression: str, timezone: str, now: int) -> int:
    """Milliseconds since 1970 of the first run of a schedule that is made `now`.

    Raises UnknownExpressionError, also for any time zone but UTC: the host keeps no others.
    """
    if timezone not in ("UTC", "Etc/UTC"):
        raise UnknownExpressionError(f"time zone {timezone}: the host serves UTC only")
    seconds = period(expression)
    if seconds is not None:
        return now + seconds * 1000
    match = _AT.fullmatch(expression)
    if match is None:
        raise UnknownExpressionError(f"{expression}: the host serves at(…) and rate(…) only")
    try:
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError as error:
        raise UnknownExpressionError(f"{expression}: {error}") from error
    return int(moment.timestamp() * 1000)
