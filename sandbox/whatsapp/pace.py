"""The sending limits: so many messages a second in all, and one in six seconds per person."""

import time
from collections import deque

from sandbox.whatsapp.errors import pair_limit, too_many

PAIR_BURST = 45
PAIR_SECONDS = 6.0


class Pace:
    """Raises CloudRefusal 130429 or 131056 when a message comes too soon."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._recent: deque[float] = deque()
        self._pairs: dict[str, tuple[float, float]] = {}
        self.enforced = True

    def take(self, person: str) -> None:
        if not self.enforced:
            return
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self._per_second:
            raise too_many()
        left, since = self._pairs.get(person, (float(PAIR_BURST), now))
        left = min(PAIR_BURST, left + (now - since) / PAIR_SECONDS)
        if left < 1:
            raise pair_limit()
        self._pairs[person] = (left - 1, now)
        self._recent.append(now)
