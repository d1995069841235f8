"""The options of `switchboard up` that have a backup made every day."""

from datetime import time
from pathlib import Path

from cli.problems import fail
from selfhosted.backup_daily import Daily
from selfhosted.errors import HostError


def daily_backup(
    folder: Path | None, key: str | None, at: str, database: str | None
) -> Daily | None:
    """The plan, None where none is wanted; ends the command where the options do not fit."""
    if folder is None and key is None:
        return None
    if folder is None or key is None:
        raise fail("--backup-dir and --backup-key go together.", 2)
    from selfhosted import backup, backup_keys

    if database is not None:
        raise fail(f"No backup is possible: {backup.ELSEWHERE}.", 2)
    try:
        moment = time.fromisoformat(at)
    except ValueError:
        raise fail(f"--backup-at is a time like 03:30, not {at}.", 2) from None
    if moment.tzinfo is not None:
        raise fail(f"--backup-at is local time, not {at}.", 2)
    try:
        keys = backup_keys.recipients(key)
    except HostError as error:
        raise fail(f"{error}.", error.exit_code) from None
    # The host works in its data folder: a relative path means this one.
    return Daily(folder.resolve(), keys, moment)
