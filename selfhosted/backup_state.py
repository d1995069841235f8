"""How the last backups went: DATA/backup.json, for `switchboard status` and for the schedule.

{"last_success": {"at", and what backup_order.Made.details says}, "last_failure": {"at", "reason"}};
a key is missing until it has happened; times are UTC, ISO 8601.
"""

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

FILE: Final = "backup.json"
SUCCESS: Final = "last_success"
FAILURE: Final = "last_failure"


def read(data: Path) -> dict[str, Any]:
    """What is known; empty where nothing is."""
    try:
        known = json.loads((data / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def note(data: Path, outcome: str, **details: Any) -> None:
    """Notes SUCCESS or FAILURE, now. On a full disk it is not noted; whoever ordered it is told."""
    known = read(data)
    known[outcome] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **details}
    temporary = data / f"{FILE}.new"
    with contextlib.suppress(OSError):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        temporary.replace(data / FILE)


def last_success(data: Path) -> datetime | None:
    try:
        moment = datetime.fromisoformat(read(data)[SUCCESS]["at"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None
