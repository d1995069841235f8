"""Which backups are kept, and that the last good one always is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from selfhosted.backup_folder import (
    Backup,
    Retention,
    Soundness,
    added,
    checksum_of,
    listed,
    prune,
    soundness,
    superseded,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # A Sunday, the last day of its week.


def made(days: float) -> Backup:
    moment = NOW - timedelta(days=days)
    return Backup(Path(f"{moment:%m-%dT%H}"), "local", "0" * 8, moment, 1)


def kept(backups: list[Backup], retention: Retention) -> list[str]:
    gone = superseded(backups, retention, NOW, lambda _: True)
    return [one.file.name for one in backups if one not in gone]


def test_a_day_of_each_and_then_a_week_of_each() -> None:
    daily = [made(days) for days in range(60)]
    assert kept(daily, Retention()) == [
        *(f"11-{day}T12" for day in (22, 21, 20, 19, 18, 17, 16)),
        "11-15T12",
        "11-08T12",
        "11-01T12",
    ]


def test_every_backup_of_the_last_day_is_kept() -> None:
    hourly = [made(hours / 24) for hours in range(40)]
    assert len(kept(hourly, Retention(1, 0))) == 25


def test_a_pause_costs_no_backup() -> None:
    old = [made(days) for days in (300, 301, 302)]
    assert len(kept([made(0), *old], Retention(4, 0))) == 4


@given(
    st.lists(st.tuples(st.floats(0, 400), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 9),
    st.integers(0, 9),
)
def test_the_newest_whole_one_stays_and_nothing_damaged_goes(
    given_backups: list[tuple[float, bool]], daily: int, weekly: int
) -> None:
    whole = {made(days): sound for days, sound in given_backups}
    gone = superseded(whole, Retention(daily, weekly), NOW, whole.__getitem__)
    assert all(whole[one] for one in gone)
    left = [one for one, sound in whole.items() if sound and one not in gone]
    if any(whole.values()):
        newest = max(one.made_at for one, sound in whole.items() if sound)
        assert newest in {one.made_at for one in left}
        days = {one.made_at.date() for one, sound in whole.items() if sound}
        assert len({one.made_at.date() for one in left}) >= min(daily, len(days))


def lay_down(folder: Path, days: int, installation: str = "0" * 8) -> Path:
    """A backup as it would be called that was made `days` ago."""
    with added(folder, "local", installation) as (opened, file):
        opened.write(b"sealed")
    moment = NOW - timedelta(days=days)
    name = f"switchboard-local-{installation}-{moment:%Y%m%dT%H%M%SZ}.tar.gz.age"
    checksum_of(file).rename(checksum_of(folder / name))
    return file.rename(folder / name)


def test_only_ones_own_go_and_those_that_are_not_whole_are_named(tmp_path: Path) -> None:
    files = [lay_down(tmp_path, days) for days in (2, 3, 4, 5, 6)]
    foreign = [lay_down(tmp_path, days, "1" * 8) for days in (10, 11)]
    files[0].write_bytes(b"rotten")
    checksum_of(files[3]).unlink()
    (tmp_path / "notes.txt").touch()
    sound = [soundness(file) for file in files]
    assert sound[:2] == [Soundness.DAMAGED, Soundness.WHOLE]
    assert sound[3] is Soundness.UNCHECKED
    removed, not_whole = prune(tmp_path, Retention(1, 0), "0" * 8, NOW)
    assert set(removed) == {files[2], files[4]}
    assert set(not_whole) == {files[0], files[3]}
    assert [one.file for one in listed(tmp_path)] == [files[0], files[1], files[3], *foreign]
    assert not checksum_of(files[2]).exists()
