"""Bitrix24's two limits: how many requests, and how long they took."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass

from sandbox.clock import now
from sandbox.settings_tyres import PortalPace
from sandbox.wire import Json


@dataclass
class _Bucket:
    level: float = 0.0
    at: float = 0.0


class LeakyBucket:
    """Counts requests per source address; a refused one is not counted."""

    def __init__(self, pace: PortalPace) -> None:
        self.pace = pace
        self._buckets: dict[str, _Bucket] = defaultdict(_Bucket)

    def takes(self, source: str) -> bool:
        moment = time.monotonic()
        bucket = self._buckets[source]
        bucket.level = max(0.0, bucket.level - (moment - bucket.at) * self.pace.per_second)
        bucket.at = moment
        if self.pace.enforced and bucket.level + 1 > self.pace.bucket:
            return False
        bucket.level += 1
        return True

    def empty(self) -> None:
        self._buckets.clear()


class Operating:
    """Seconds that the requests of each method took within the window.

    `cost` is what one request of a method takes here; without one it takes no time. The window is
    of the real clock, as all limits are; only the moment that is told is of the demo's.
    """

    def __init__(self, pace: PortalPace) -> None:
        self.pace = pace
        self.cost: dict[str, float] = {}
        self._spent: dict[str, deque[tuple[float, float]]] = defaultdict(deque)

    def charge(self, method: str) -> None:
        seconds = self.cost.get(method, 0.0)
        if seconds:
            self._spent[method].append((time.time() + self.pace.operating_window, seconds))

    def put(self, method: str, seconds: float, lasts: float) -> None:
        """As if the method had taken so many seconds, which are forgotten after `lasts`."""
        self._spent[method].clear()
        if seconds:
            self._spent[method].append((time.time() + lasts, seconds))

    def seconds(self, method: str) -> float:
        spent, moment = self._spent[method], time.time()
        while spent and spent[0][0] <= moment:
            spent.popleft()
        return sum(seconds for _, seconds in spent)

    def reset_at(self, method: str) -> int:
        """When a portion is released (Unix): the oldest request is forgotten then."""
        self.seconds(method)
        spent = self._spent[method]
        left = spent[0][0] - time.time() if spent else self.pace.operating_window
        return int(now() + left) + 1

    def blocks(self, method: str) -> bool:
        return self.pace.enforced and self.seconds(method) > self.pace.operating_limit

    def shown(self) -> Json:
        return {method: self.seconds(method) for method in list(self._spent)}
