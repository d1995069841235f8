"""What time it is: the machine's time, and in a demonstration as many seconds ahead as a file says.

`SWITCHBOARD_CLOCK` names that file. In production there is no such variable.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

VARIABLE = "SWITCHBOARD_CLOCK"


class Clock:
    """`read_every` is how many seconds what the file said is taken to be true."""

    def __init__(self, file: Path | None, read_every: float = 0.2) -> None:
        self._file = file
        self._read_every = read_every
        self._ahead = 0
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """An aware moment in UTC."""
        if self._file is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(time.time() + self._seconds_ahead(self._file), UTC)

    def _seconds_ahead(self, file: Path) -> int:
        if time.monotonic() - self._read_at >= self._read_every:
            self._read_at = time.monotonic()
            # Not moved yet, or just being written: it stays as it was.
            with suppress(OSError, ValueError):
                self._ahead = int(file.read_text("ascii"))
        return self._ahead


def clock(environ: Mapping[str, str] = os.environ) -> Clock:
    name = environ.get(VARIABLE, "")
    return Clock(Path(name) if name else None)
