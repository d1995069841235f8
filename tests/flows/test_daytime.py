"""When a client may be written to, in every zone and over every change of its clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.flows.daytime import is_quiet, next_daytime, zone_of
from switchboard.playbook.model import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
MOSCOW = ZoneInfo("Europe/Moscow")
NIGHT = QuietHours(start="20:00", end="10:00")


def _at(text: str, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("time", "quiet"),
    [("19:59", False), ("20:00", True), ("23:59", True), ("00:00", True), ("09:59", True),
     ("10:00", False), ("12:00", False)],
)  # fmt: skip
def test_quiet_hours_across_midnight(time: str, quiet: bool) -> None:
    moment = _at(f"2025-11-21 {time}", MOSCOW)
    assert is_quiet(moment, NIGHT, MOSCOW) is quiet
    over = next_daytime(moment, NIGHT, MOSCOW)
    assert (over == moment) is not quiet
    assert over.astimezone(MOSCOW).strftime("%H:%M") == ("10:00" if quiet else time)


def test_a_siesta() -> None:
    quiet = QuietHours(start="13:00", end="15:00")
    moment = _at("2025-11-21 14:30", MOSCOW)
    assert next_daytime(moment, quiet, MOSCOW) == _at("2025-11-21 15:00", MOSCOW)
    assert not is_quiet(_at("2025-11-21 03:00", MOSCOW), quiet, MOSCOW)


def test_start_and_end_alike_mean_no_quiet_hours() -> None:
    quiet = QuietHours(start="10:00", end="10:00")
    moment = _at("2025-11-21 03:00", MOSCOW)
    assert next_daytime(moment, quiet, MOSCOW) == moment


def test_one_moment_is_day_for_one_and_night_for_another() -> None:
    moment = _at("2025-11-21 12:00", MOSCOW)
    assert not is_quiet(moment, NIGHT, MOSCOW)
    assert is_quiet(moment, NIGHT, ZoneInfo("America/New_York"))
    assert not is_quiet(moment, NIGHT, ZoneInfo("Asia/Vladivostok"))
    assert is_quiet(moment + timedelta(hours=1), NIGHT, ZoneInfo("Asia/Vladivostok"))


def test_where_the_clocks_are_put_forward_over_the_end() -> None:
    quiet = QuietHours(start="20:00", end="02:30")
    over = next_daytime(_at("2025-03-30 01:30", BERLIN), quiet, BERLIN)
    assert over.astimezone(BERLIN).strftime("%d %H:%M") == "30 03:30"


def test_where_the_clocks_are_put_back_over_the_end_it_is_never_in_the_past() -> None:
    quiet = QuietHours(start="20:00", end="02:30")
    first = next_daytime(_at("2025-10-26 01:30", BERLIN), quiet, BERLIN)
    assert first == _at("2025-10-26 02:30", BERLIN)
    moment = _at("2025-10-26 02:10", BERLIN, fold=1)
    assert next_daytime(moment, quiet, BERLIN) == _at("2025-10-26 02:30", BERLIN, fold=1)


@pytest.mark.parametrize("quiet", [("02:30", "02:00"), ("01:00", "00:59"), ("03:00", "02:59")])
def test_where_nearly_all_the_day_is_quiet(quiet: tuple[str, str]) -> None:
    hours = QuietHours(start=quiet[0], end=quiet[1])
    over = next_daytime(_at("2025-03-30 01:30", BERLIN), hours, BERLIN)
    assert not is_quiet(over, hours, BERLIN)


TIMES = st.times().map(lambda time: f"{time:%H:%M}")
ZONES = st.sampled_from(
    ["Europe/Moscow", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia",
     "Australia/Lord_Howe", "Atlantic/Azores", "Pacific/Chatham", "UTC"]
)  # fmt: skip
NEAR_CHANGES = st.one_of(
    st.datetimes(datetime(2025, 3, 29), datetime(2025, 4, 7)),
    st.datetimes(datetime(2025, 9, 27), datetime(2025, 11, 3)),
    st.datetimes(datetime(2011, 12, 28), datetime(2012, 1, 2)),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(NEAR_CHANGES, TIMES, TIMES, ZONES)
def test_next_daytime_is_day_not_in_the_past_and_not_far(
    local: datetime, start: str, end: str, name: str
) -> None:
    quiet, zone, moment = (
        QuietHours(start=start, end=end),
        ZoneInfo(name),
        local.replace(tzinfo=UTC),
    )
    over = next_daytime(moment, quiet, zone)
    assert not is_quiet(over, quiet, zone)
    assert moment <= over < moment + timedelta(hours=49)
    # Deciding again decides the same.
    assert next_daytime(over, quiet, zone) == over


@pytest.mark.parametrize(
    ("client", "branch", "zone"),
    [
        ("Asia/Omsk", "Europe/Moscow", "Asia/Omsk"),
        ("", "Europe/Moscow", "Europe/Moscow"),
        ("Omsk", "Europe/Moscow", "Europe/Moscow"),
        ("Asia", "Europe/Moscow", "Europe/Moscow"),
        ("/etc/localtime", "Europe/Moscow", "Europe/Moscow"),
        ("x\0y", "Europe/Moscow", "Europe/Moscow"),
        ("я" * 300, "nowhere", "UTC"),
    ],
)
def test_whose_zone_counts(client: str, branch: str, zone: str) -> None:
    assert zone_of(client, branch).key == zone
