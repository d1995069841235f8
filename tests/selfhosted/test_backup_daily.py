"""The daily backup: when it is due, and that nothing stops it for good."""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import pytest

from selfhosted import backup, backup_folder, backup_state, extenddb
from selfhosted.backup_daily import Daily, DailyBackup, due
from selfhosted.errors import HostError
from tests.selfhosted.backup_keeper import Keeper
from tests.selfhosted.database_alone import filled
from tests.selfhosted.running_host import ROOT

HALF_PAST_THREE = clock(3, 30)


@pytest.fixture
def berlin() -> Iterator[None]:
    """The machine's clock stands in Berlin."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("last", "now", "wanted"),
    [
        (None, "2026-11-20T12:00Z", True),
        ("2026-11-20T02:30Z", "2026-11-20T12:00Z", False),
        ("2026-11-20T02:30Z", "2026-11-21T02:29Z", False),
        ("2026-11-20T02:30Z", "2026-11-21T02:30Z", True),
        # One by hand in the evening is no reason to leave out the night's.
        ("2026-11-20T20:00Z", "2026-11-21T02:30Z", True),
        # Missed while the machine was off.
        ("2026-11-10T02:30Z", "2026-11-20T12:00Z", True),
        # In summer the same local time is another one in UTC.
        ("2026-07-20T02:00Z", "2026-07-21T01:29Z", False),
        ("2026-07-20T02:00Z", "2026-07-21T01:30Z", True),
        # The clock was wrong, and has been set back.
        ("2036-01-01T00:00Z", "2026-11-20T12:00Z", True),
    ],
)
def test_when_it_is_due(last: str | None, now: str, wanted: bool) -> None:
    assert due(HALF_PAST_THREE, at(last) if last else None, None, at(now)) is wanted


@pytest.mark.usefixtures("berlin")
def test_on_the_days_when_clocks_change_there_is_one_each() -> None:
    for day in ("2026-03-28T12:00Z", "2026-10-24T12:00Z"):
        now, last, made = at(day), at(day), []
        for _ in range(3 * 24 * 4):
            now += timedelta(minutes=15)
            if due(clock(2, 30), last, None, now):
                last = now
                made.append(now.astimezone().date())
        assert len(made) == 3
        assert len(set(made)) == 3


def test_a_failure_is_tried_again_after_a_while() -> None:
    now = datetime.now(UTC)
    assert not due(HALF_PAST_THREE, None, now - timedelta(minutes=10), now)
    assert due(HALF_PAST_THREE, None, now - timedelta(minutes=20), now)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    try:
        extenddb.binary((ROOT,))
    except HostError as missing:
        pytest.skip(str(missing))
    filled(tmp_path / "data", 3)
    return tmp_path / "data"


def run_until_said(daily: Daily, data: Path) -> str:
    async def run() -> str:
        said: asyncio.Queue[str] = asyncio.Queue()
        one = DailyBackup(daily, data, "local", said.put_nowait, first_look=0)
        running = asyncio.create_task(one.run())
        try:
            return await asyncio.wait_for(said.get(), 20)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    return asyncio.run(run())


def test_a_failure_and_then_a_success_are_told_and_noted(data: Path, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    unmounted = Daily(tmp_path / "unmounted", (keeper.public,))
    said = run_until_said(unmounted, data)
    assert said.startswith("the backup has failed: there is no folder ")
    assert said.endswith("it is tried again in 15 minutes")
    assert "unmounted" in backup_state.read(data)["last_failure"]["reason"]

    said = run_until_said(Daily(keeper.folder, (keeper.public,)), data)
    (made,) = backup_folder.listed(keeper.folder)
    assert said.startswith(f"backup: {made.file} (")
    assert "3 items" in said
    assert backup_state.read(data)["last_success"]["file"] == str(made.file)
    assert backup_state.last_success(data) is not None
    backup.verify(made.file, keeper.identity)


def test_a_process_that_dies_is_a_failure(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "extenddb.sqlite").touch()
    said = run_until_said(Daily(Path("no path\0"), ("age1",)), data)
    assert said.startswith("the backup has failed: it ended before it was done: ")
    assert "embedded null byte" in said
    assert "embedded null byte" in backup_state.read(data)["last_failure"]["reason"]
