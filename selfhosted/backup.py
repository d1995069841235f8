"""Backups of a data folder: made while its host runs, checked, and restored into an empty folder.

A backup is the database as it stood at one moment (every table, queue and schedule) with the keys
that open it, and a manifest that counts and digests every table: gzipped tar, sealed for the public
keys of age that its owner gave.
"""

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from selfhosted import (
    backup_archive,
    backup_folder,
    backup_keys,
    backup_snapshot,
    backup_state,
    connection,
    data_folder,
    extenddb,
)
from selfhosted.backup_archive import Manifest, Packed
from selfhosted.backup_errors import BackupError, told
from selfhosted.backup_folder import Soundness
from selfhosted.backup_order import Made, Order
from selfhosted.backup_snapshot import DATABASE
from selfhosted.errors import HostError

SNAPSHOT: Final = "backup-snapshot"
RESTORING: Final = ".restoring"
LOCK: Final = "backup.lock"
ELSEWHERE: Final = (
    "the database of this host was given by --database, it is no file here: "
    "back it up by its own means (PostgreSQL: pg_dump or a physical backup)"
)


def create(order: Order) -> Made:
    """Makes a backup and removes superseded ones; notes the outcome in DATA/backup.json.

    Raises BackupError; nothing is left of a backup that fails.
    """
    data = order.data.resolve()
    if not data.is_dir():
        raise BackupError(f"there is no data directory {data}", 2)
    # Not a data folder, perhaps: nothing is written there.
    _refuse_database_elsewhere(data)
    try:
        with only_one(data):
            made = _made(order, data)
    except OSError as error:
        failure = told(error, order.folder)
        backup_state.note(data, backup_state.FAILURE, reason=str(failure))
        raise failure from error
    except HostError as failure:
        backup_state.note(data, backup_state.FAILURE, reason=str(failure))
        raise
    backup_state.note(data, backup_state.SUCCESS, **made.details())
    return made


def verify(file: Path, identity: Path) -> Manifest:
    """Opens a backup and checks everything that its manifest says, and the database itself.

    Works in a private folder below TMPDIR, which must have room for the database. Raises
    BackupError.
    """
    keys = backup_keys.identities(identity)
    place = Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-verify-") as folder:
            return _opened(file, keys, Path(folder))
    except OSError as error:
        raise told(error, place, "TMPDIR names another place") from error


def restore(file: Path, data: Path, identity: Path) -> Manifest:
    """Puts what a backup holds into `data`, which is empty or not there, once all of it is checked.

    Raises BackupError; what fails leaves `data` as it was.
    """
    keys = backup_keys.identities(identity)
    data = data.resolve()
    try:
        with _empty(data) as staging:
            manifest = _opened(file, keys, staging)
            # The database last: a folder without one was not restored.
            for name in sorted(manifest.files, key=lambda name: name == DATABASE):
                (staging / name).replace(data / name)
            backup_folder.on_disk(data)
            return manifest
    except OSError as error:
        raise told(error, data) from error


def installation(data: Path) -> str:
    """Tells the backups of one data folder from those of another; a restored one keeps it."""
    return hashlib.sha256(extenddb.credentials(data).access_key.encode()).hexdigest()[:8]


def _made(order: Order, data: Path) -> Made:
    began = time.monotonic()
    source = data / DATABASE
    # A folder that is made on the way would hide a disk that is not mounted.
    backup_folder.listed(order.folder)
    identity = installation(data)
    with _snapshot_folder(data) as folder:
        made_at = datetime.now(UTC)
        snapshot = folder / DATABASE
        _room(data, source)
        backup_snapshot.snapshot(source, snapshot)
        backup_snapshot.check(snapshot)
        files = {"credentials.json": data / "credentials.json", DATABASE: snapshot}
        manifest = Manifest(
            product=f"switchboard {version('switchboard')}",
            stack=order.stack,
            installation=identity,
            made_at=made_at.isoformat(timespec="seconds"),
            files={name: backup_archive.stored(path) for name, path in files.items()},
            tables=backup_snapshot.contents(snapshot),
        )
        with backup_folder.added(order.folder, order.stack, identity) as (sealed, file):
            backup_keys.seal(Packed(manifest, files), sealed, order.keys)
    seconds = round(time.monotonic() - began, 2)
    return _pruned(order, Made(file, file.stat().st_size, seconds, manifest.items, identity))


def _pruned(order: Order, made: Made) -> Made:
    """The new backup is good even where old ones cannot be removed."""
    now = datetime.now(UTC)
    try:
        removed, not_whole = backup_folder.prune(
            order.folder, order.retention, made.installation, now
        )
    except (OSError, BackupError) as error:
        return replace(made, not_removed=str(error))
    return replace(made, removed=tuple(removed), not_whole=tuple(not_whole))


def _refuse_database_elsewhere(data: Path) -> None:
    try:
        is_elsewhere = connection.state(data)["database_pid"] is None
    except HostError:
        # No host runs: the file speaks for itself.
        is_elsewhere = False
    if is_elsewhere:
        raise BackupError(ELSEWHERE, 2)
    if not (data / DATABASE).is_file():
        raise BackupError(f"there is no {data / DATABASE}; if {ELSEWHERE}", 2)


def _room(data: Path, source: Path) -> None:
    files = (source, source.with_name(f"{source.name}-wal"))
    needed = sum(file.stat().st_size for file in files if file.exists())
    free = shutil.disk_usage(data).free
    if free < needed:
        text = f"there is not enough space in {data}: a copy of the database needs "
        raise BackupError(f"{text}{needed >> 20} MiB, and {free >> 20} MiB are free")


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """The place of the one backup of `data` that may be made at a time. Raises BackupError."""
    with (data / LOCK).open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another backup of {data} is being made") from error
        yield


@contextlib.contextmanager
def _snapshot_folder(data: Path) -> Iterator[Path]:
    """Beside the database, where what is not encrypted lies already."""
    folder = data / SNAPSHOT
    # Of an earlier attempt that was killed: the lock says that it no longer runs.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _opened(file: Path, keys: list[backup_keys.Identity], folder: Path) -> Manifest:
    """Unpacks a backup into `folder` and compares it with its manifest, table by table."""
    try:
        with backup_keys.opened(file, keys) as stream:
            manifest = backup_archive.unpack(stream, folder)
    except FileNotFoundError as error:
        if error.filename != str(file):
            raise
        raise BackupError(f"there is no {file}", 2) from None
    except BackupError as error:
        # Wrong key or damage? The checksum knows, where there is one.
        if backup_folder.soundness(file) is Soundness.DAMAGED:
            raise BackupError(f"{file} is damaged: it does not match its checksum") from error
        raise
    database = folder / DATABASE
    if not database.is_file():
        raise BackupError("the backup holds no database")
    backup_snapshot.check(database)
    found = backup_snapshot.contents(database)
    if found != manifest.tables:
        different = sorted(
            name
            for name in {*found, *manifest.tables}
            if found.get(name) != manifest.tables.get(name)
        )
        raise BackupError(f"tables differ from the backup's manifest: {', '.join(different)}")
    return manifest


@contextlib.contextmanager
def _empty(data: Path) -> Iterator[Path]:
    """A folder inside the empty folder `data`, which no host can take meanwhile."""
    existed = data.exists()
    if existed:
        _refuse_what_is_there(data)
    data_folder.make_private(data)
    try:
        with data_folder.locked(data):
            staging = data / RESTORING
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o700)
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    except BaseException:
        (data / data_folder.LOCK).unlink(missing_ok=True)
        if not existed:
            data.rmdir()
        raise


def _refuse_what_is_there(data: Path) -> None:
    if not data.is_dir():
        raise BackupError(f"{data} is not a directory", 2)
    if (data / data_folder.LOCK).exists():
        try:
            with data_folder.locked(data):
                pass
        except HostError:
            raise BackupError(f"a host is running with the data directory {data}", 2) from None
    # What a host leaves that never started, and a restore that was killed, are nothing to lose.
    if {one.name for one in data.iterdir()} - {RESTORING, data_folder.LOCK}:
        raise BackupError(f"{data} is not empty: restore into a new directory", 2)
