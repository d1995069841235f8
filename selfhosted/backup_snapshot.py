"""The database's file as it stood at one moment, copied while ExtendDB goes on writing."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from selfhosted.backup_errors import BackupError

DATABASE: Final = "extenddb.sqlite"
# For how long SQLite waits for a lock that another process holds, in seconds.
PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Content:
    """How many items a table holds, and a digest over every one of them (SHA-256, hex)."""

    items: int
    sha256: str


def snapshot(source: Path, target: Path) -> None:
    """Copies the database `source` to the new file `target` in one read transaction.

    All pages in one step (sqlite.org/backup.html): in WAL mode readers and writers do not wait for
    each other, so ExtendDB is not held up, and the copy never begins anew. Raises BackupError.
    """
    with _told(source), _database(source, "mode=ro") as running:
        # Somebody who reads along may get in while it is made, but not through its mode.
        target.touch(mode=0o600, exist_ok=False)
        with contextlib.closing(sqlite3.connect(target)) as copy:
            # It is thrown away after a crash: waiting for the disk would buy nothing.
            copy.execute("PRAGMA synchronous = OFF")
            running.backup(copy)


def contents(file: Path) -> Mapping[str, Content]:
    """What each table of a snapshot holds, by its name in the DynamoDB API. Raises BackupError.

    ExtendDB 0.1.10 keeps its catalogue in `tables`, and the items of a table in `_ddb_<table_id>`.
    """
    with _told(file), _database(file, "mode=ro&immutable=1") as database:
        found = database.execute("SELECT table_name, table_id FROM tables ORDER BY table_name")
        return {name: _content(database, identity) for name, identity in found.fetchall()}


def check(file: Path) -> None:
    """SQLite's own check of every page and index of a snapshot. Raises BackupError."""
    with _told(file), _database(file, "mode=ro&immutable=1") as database:
        (finding,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if finding != "ok":
            raise BackupError(f"the database is damaged: {finding}")


def _content(database: sqlite3.Connection, identity: str) -> Content:
    digest = hashlib.sha256()
    items = 0
    name = f'"_ddb_{identity.replace(chr(34), chr(34) * 2)}"'
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
    # Only tables with a sort key have columns for it.
    keys = ", ".join(column for column in columns if column != "item_data")
    rows = database.execute(f"SELECT * FROM {name} ORDER BY {keys}")  # noqa: S608 - its own names
    for row in rows:
        digest.update(repr(row).encode())
        items += 1
    return Content(items, digest.hexdigest())


@contextlib.contextmanager
def _database(file: Path, how: str) -> Iterator[sqlite3.Connection]:
    uri = f"{file.resolve().as_uri()}?{how}"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as database:
        yield database


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # SQLite names a full disk by its code alone (sqlite.org/rescode.html#full).
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise BackupError(f"there is not enough space beside {file}") from error
        raise BackupError(f"{file} cannot be read as a database of ExtendDB: {error}") from error
