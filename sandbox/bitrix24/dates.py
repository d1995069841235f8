"""Moments as the portal writes and reads them: ISO 8601 with its own offset."""

from datetime import datetime
from zoneinfo import ZoneInfo

PORTAL_ZONE = ZoneInfo("Europe/Moscow")


def written(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), PORTAL_ZONE).isoformat()


def read(text: str) -> float:
    """Unix seconds; a moment without an offset is the portal's. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=PORTAL_ZONE)
    return moment.timestamp()
