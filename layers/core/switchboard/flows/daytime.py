"""The client's daytime: when he may be written to."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from switchboard.playbook.model import QuietHours


def zone_of(client: str, branch: str) -> ZoneInfo:
    """The client's own time zone where the CRM names a good one, else the branch's."""
    for name in (client, branch):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # None such, or no name of a zone at all.
            continue
    return ZoneInfo("UTC")


def is_quiet(moment: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    """Whether the client sleeps. `start` belongs to the quiet hours, `end` does not."""
    now = moment.astimezone(zone).time()
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def next_daytime(moment: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """The moment itself, or, in quiet hours, when they are over: never earlier.

    Where the clocks are put forward over `end`, that is as long after the gap as `end` is in it.
    Where they are put back over it, he may be written to when it is `end` for the first time.
    """
    if not is_quiet(moment, quiet, zone):
        return moment
    local = moment.astimezone(zone)
    end = time.fromisoformat(quiet.end)
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    over = datetime.combine(day, end, zone).astimezone(moment.tzinfo)
    if over < moment:
        # The hour is there twice, and this is the second time.
        over = datetime.combine(day, end.replace(fold=1), zone).astimezone(moment.tzinfo)
    while is_quiet(over, quiet, zone):
        over += timedelta(minutes=1)
    return over
