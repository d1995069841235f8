"""Simulated time, and who runs next: one greenlet at a time, woken in the order of a heap.

Nothing here depends on the machine: the same seed draws the same times, and equal times go in the
order in which they were asked for.
"""

from collections.abc import Callable
from heapq import heappop, heappush

from greenlet import getcurrent, greenlet

START = 1_790_000_000.0
"""Seconds since 1970 at which every run begins."""


class Clock:
    def __init__(self) -> None:
        self.now = START
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._background: set[int] = set()
        self._asked = 0
        self._hub = getcurrent()

    @property
    def elapsed(self) -> float:
        return self.now - START

    def at(self, when: float, act: Callable[[], object], *, background: bool = False) -> None:
        """Does it then, or at once where that is past. `background`: nobody waits for it."""
        self._asked += 1
        if background:
            self._background.add(self._asked)
        heappush(self._queue, (max(when, self.now), self._asked, act))

    def after(self, seconds: float, act: Callable[[], object], *, background: bool = False) -> None:
        self.at(self.now + seconds, act, background=background)

    @property
    def next_event(self) -> float | None:
        """When something happens that is no background; None when nothing ever does."""
        return min((one[0] for one in self._queue if one[1] not in self._background), default=None)

    def pause(self, seconds: float) -> None:
        """Lets others run for so long. To be called by what `start` runs."""
        self.after(seconds, getcurrent().switch)
        self._hub.switch()

    def start(self, act: Callable[[], None]) -> None:
        """Runs `act`, which may pause, beside everything else."""
        self.after(0, greenlet(act, parent=self._hub).switch)

    def run(self, until: Callable[[], bool]) -> None:
        """Goes on until that is so, asked between any two steps, or nothing is left to do."""
        while self._queue and not until():
            when, asked, act = heappop(self._queue)
            self._background.discard(asked)
            self.now = when
            act()
