"""Ids that never repeat, also across a reset or a restart of the sandbox.

Switchboard keeps its data when the sandbox forgets everything: a repeated update id would look like
a duplicate, a repeated deal id like a job that is long taken. So ids start at the clock.
"""

import itertools
import time

MESSAGES_PER_RESET = 100_000


class Numbers:
    """One counter per kind of id."""

    def __init__(self, seconds: int | None = None) -> None:
        seconds = int(time.time()) if seconds is None else seconds
        # Update ids stay below 2**31, as Telegram's do.
        starts = {
            "update": seconds % 2_000_000 * 1000 + 1,
            "query": seconds * 10_000,
            "lead": 10_000_000 + seconds % 8_000_000 * 10,
            "contact": 20_000_000 + seconds % 8_000_000 * 10,
            "note": 30_000_000 + seconds % 8_000_000 * 10,
            "task": 40_000_000 + seconds % 8_000_000 * 10,
            "bitrix24": 100_000_000 + seconds % 8_000_000 * 100,
        }
        self._counters = {kind: itertools.count(start) for kind, start in starts.items()}
        self.first_message = seconds % 1_000_000 + 1

    def next(self, kind: str) -> int:
        return next(self._counters[kind])

    def leap(self) -> None:
        """After a reset the message ids of every chat go on far from the old ones."""
        self.first_message += MESSAGES_PER_RESET
