"""How much is measured: by default as much as a minute allows, with --quick a third of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

_FEWEST = 4
"""Rounds that are made however slow the machine is, one of which may be for warming."""


@dataclass(frozen=True)
class Effort:
    """`starts`: processes started of each kind. `batches` of presses inside the handler. `windows`
    of `presses` each through the door, and as many of the floor. On a busy machine less of it is
    measured, so that none of these takes more than some `seconds`. `work`: seconds of queue work,
    unless hours of it are asked for."""

    starts: int
    batches: int
    windows: int
    presses: int
    seconds: float
    work: float

    FULL: ClassVar["Effort"]
    QUICK: ClassVar["Effort"]

    def rounds(self, wanted: int) -> Iterator[int]:
        """Numbers the rounds of one measurement."""
        end = time.monotonic() + self.seconds
        for number in range(wanted):
            if number >= _FEWEST and time.monotonic() > end:
                return
            yield number


Effort.FULL = Effort(starts=13, batches=15, windows=5, presses=1000, seconds=25, work=15)
Effort.QUICK = Effort(starts=5, batches=7, windows=3, presses=400, seconds=6, work=5)
