"""The folder of backups: how they are called, which are whole, and which may go.

Beside each backup lies its checksum as sha256sum writes it, so that anybody who keeps a copy can
check it without the key. Only backups that agree with their checksum count when old ones go.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

from selfhosted.backup_errors import BackupError, told

SUFFIX: Final = ".tar.gz.age"
CHECKSUM: Final = ".sha256"
PARTIAL: Final = ".partial"
DAYS: Final = 7
WEEKS: Final = 4
# Whoever makes several on one day wants them for a reason.
UNTOUCHED: Final = timedelta(days=1)
_MOMENT: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(
    rf"switchboard-(.+)-([0-9a-f]{{8}})-(\d{{8}}T\d{{6}}Z){re.escape(SUFFIX)}"
)


class Soundness(StrEnum):
    WHOLE = "whole"
    DAMAGED = "damaged"
    UNCHECKED = "unchecked"
    """There is no checksum beside it."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file of the folder. `size` in bytes; `made_at` in UTC, to the second."""

    file: Path
    stack: str
    installation: str
    made_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days' and weeks' last backups are kept; at least one."""

    daily: int = DAYS
    weekly: int = WEEKS


def listed(folder: Path) -> list[Backup]:
    """The backups in `folder`, the newest first. Raises BackupError."""
    try:
        found = [_backup(file) for file in folder.iterdir()]
    except FileNotFoundError:
        raise BackupError(f"there is no folder {folder}: make it, or mount its disk", 2) from None
    except OSError as error:
        raise told(error, folder) from error
    return sorted((one for one in found if one), key=lambda one: one.made_at, reverse=True)


def soundness(backup: Path) -> Soundness:
    """Reads the whole file. Raises OSError."""
    try:
        said = checksum_of(backup).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return Soundness.UNCHECKED
    with backup.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Soundness.WHOLE if said.split()[:1] == [digest] else Soundness.DAMAGED


def checksum_of(backup: Path) -> Path:
    return backup.with_name(backup.name + CHECKSUM)


@contextmanager
def added(folder: Path, stack: str, installation: str) -> Iterator[tuple[IO[bytes], Path]]:
    """A file to write a backup to, and what it will be called.

    It gets its name at the end of the block and once it is on the disk; a block that fails leaves
    nothing, and what a crash leaves is called `.partial`. Raises BackupError, OSError.
    """
    clear_partial(folder, stack, installation)
    file = _free_name(folder, stack, installation)
    partial = file.with_name(f".{file.name}{PARTIAL}")
    checksum = checksum_of(file)
    partial_checksum = partial.with_name(f".{checksum.name}{PARTIAL}")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as opened:
            yield opened, file
            _flushed(opened)
            opened.seek(0)
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        with partial_checksum.open("wb") as opened:
            opened.write(f"{digest}  {file.name}\n".encode())
            _flushed(opened)
        # Last the backup itself: one that has its name has its checksum.
        partial_checksum.replace(checksum)
        partial.replace(file)
        on_disk(folder)
    except BaseException:
        for leftover in (partial, partial_checksum):
            leftover.unlink(missing_ok=True)
        if not file.exists():
            checksum.unlink(missing_ok=True)
        raise


def clear_partial(folder: Path, stack: str, installation: str) -> None:
    """Removes what an earlier attempt of the same installation has left when it was killed."""
    for leftover in folder.glob(f".switchboard-{stack}-{installation}-*{PARTIAL}"):
        leftover.unlink(missing_ok=True)


def superseded(
    backups: Iterable[Backup],
    retention: Retention,
    now: datetime,
    is_whole: Callable[[Backup], bool],
) -> list[Backup]:
    """Which may go: those older than a day that are neither the last of one of the days nor the
    last of one of the weeks that are kept.

    Days and weeks without a whole backup do not count, so that a long pause costs no backup. What
    is not whole is neither counted nor removed: its owner should see it.
    """
    whole = [one for one in backups if is_whole(one)]
    whole.sort(key=lambda one: one.made_at, reverse=True)
    days = _lasts(whole, max(retention.daily, 1), lambda one: one.made_at.date())
    weeks = _lasts(whole, retention.weekly, lambda one: one.made_at.isocalendar()[:2])
    kept = {*days, *weeks}
    return [one for one in whole if one not in kept and now - one.made_at > UNTOUCHED]


def prune(
    folder: Path, retention: Retention, installation: str, now: datetime
) -> tuple[list[Path], list[Path]]:
    """Removes the superseded backups of one installation; the removed, and those not whole."""
    own = [one for one in listed(folder) if one.installation == installation]
    sound = {one: soundness(one.file) for one in own}
    removed = superseded(own, retention, now, lambda one: sound[one] is Soundness.WHOLE)
    for one in removed:
        one.file.unlink(missing_ok=True)
        checksum_of(one.file).unlink(missing_ok=True)
    return [one.file for one in removed], [
        one.file for one in own if sound[one] is not Soundness.WHOLE
    ]


def _lasts(
    newest_first: list[Backup], many: int, period: Callable[[Backup], Hashable]
) -> list[Backup]:
    lasts: dict[Hashable, Backup] = {}
    for one in newest_first:
        lasts.setdefault(period(one), one)
    return list(lasts.values())[:many]


def _backup(file: Path) -> Backup | None:
    match = _NAME.fullmatch(file.name)
    if match is None or not file.is_file():
        return None
    try:
        made_at = datetime.strptime(match[3], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Backup(file, match[1], match[2], made_at, file.stat().st_size)


def _free_name(folder: Path, stack: str, installation: str) -> Path:
    while True:
        moment = datetime.now(UTC).strftime(_MOMENT)
        file = folder / f"switchboard-{stack}-{installation}-{moment}{SUFFIX}"
        if not file.exists():
            return file
        time.sleep(0.1)


def _flushed(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def on_disk(folder: Path) -> None:
    """Waits until the names in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
