"""The time of day, ahead by as many seconds as a file says: for demonstrations, where days pass in
a moment.

What is due comes due by this clock: schedules, delays and rests of messages. Leases are kept in the
same field as rests, so a move forward lets them run out too; a lease that ran out is taken over
only by another host or by a receiver of the API, which at-least-once delivery allows. Calls of
functions, signatures, backups and the liveness of hosts go by real time.
"""

import math
import time
from pathlib import Path
from typing import Final

READ_EVERY: Final = 0.2
# How soon those who sleep notice that the clock was moved, in seconds.
NOTICE: Final = 0.5


class MovedClock:
    """Without a file, or while it does not exist, this is real time."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._offset = 0
        self._read_at = -math.inf

    @property
    def longest_sleep(self) -> float:
        """For how many seconds one may sleep until something is due by this clock."""
        return math.inf if self._file is None else NOTICE

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self._ahead()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead() * 1000

    def _ahead(self) -> int:
        if self._file is not None and time.monotonic() - self._read_at >= READ_EVERY:
            self._read_at = time.monotonic()
            self._offset = _whole_seconds(self._file, self._offset)
        return self._offset


def _whole_seconds(file: Path, known: int) -> int:
    """What the file says; `known` where it says no number."""
    try:
        return int(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError):
        return known
