"""What time it is in the demo: this machine's time, plus the seconds that a file says.

The world outside has one time, so a process has one clock. It goes forward only: Switchboard has
noted moments that must not lie ahead of it again. Telegram's own waits and the limits of providers
stay on the real clock, because they are waited out in reality.
"""

import os
import time
from pathlib import Path

LONGEST = 400 * 86_400
"""How far the clock can be moved at once, in seconds."""


class Clock:
    """Reads its file once: everybody else reads it too, but only this process writes it."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self.offset = 0

    @property
    def movable(self) -> bool:
        return self._file is not None

    def follow(self, file: Path | None) -> None:
        """Goes by this file from now on; None: real time. Raises ValueError: no number in it."""
        known = file is not None and file.exists()
        self.offset = int(file.read_text(encoding="ascii")) if file and known else 0
        self._file = file

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.offset

    def forward(self, seconds: int) -> None:
        """Moves it. Raises ValueError where that cannot be."""
        if self._file is None:
            raise ValueError("the clock cannot be moved: the sandbox was started without --clock")
        if not 0 < seconds <= LONGEST:
            raise ValueError(f"forward_seconds must be from 1 to {LONGEST}")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        fresh.write_text(f"{self.offset + seconds}\n", encoding="ascii")
        # Whoever reads it meanwhile finds the old number or the new one, never half of one.
        fresh.replace(self._file)
        self.offset += seconds


CLOCK = Clock()


def now() -> float:
    """Unix time in seconds, as the demo has it."""
    return CLOCK.now()
