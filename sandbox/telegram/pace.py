"""Telegram's sending limits as sliding windows and a bucket per chat."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass

from sandbox.settings_telegram import TelegramPace


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Pace:
    """Says whether a message may be sent now. Times are monotonic seconds."""

    def __init__(self, limits: TelegramPace) -> None:
        self.limits = limits
        self._buckets: dict[int, _Bucket] = {}
        self._groups: dict[int, deque[float]] = defaultdict(deque)
        self._overall: deque[float] = deque()
        self._closed_until: dict[int, float] = {}

    def admit(self, chat_id: int, *, group: bool, now: float) -> int | None:
        """None, and the message is counted; or the seconds to wait.

        A chat that ran over a limit stays closed for the whole of `retry_after`.
        """
        if not self.limits.enforced:
            return None
        wait = self._wait(chat_id, group=group, now=now)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            self._closed_until[chat_id] = max(self._closed_until.get(chat_id, 0), now + wait)
            return seconds
        self._overall.append(now)
        self._buckets[chat_id].tokens -= 1
        if group:
            self._groups[chat_id].append(now)
        return None

    def _wait(self, chat_id: int, *, group: bool, now: float) -> float:
        closed = self._closed_until.get(chat_id, 0) - now
        waits = [closed, self._bucket_wait(chat_id, now), self._overall_wait(now)]
        if group:
            waits.append(self._group_wait(chat_id, now))
        return max(waits)

    def _bucket_wait(self, chat_id: int, now: float) -> float:
        burst = float(self.limits.per_chat_burst)
        bucket = self._buckets.setdefault(chat_id, _Bucket(burst, now))
        earned = (now - bucket.filled_at) * self.limits.per_chat_per_second
        bucket.tokens = min(burst, bucket.tokens + earned)
        bucket.filled_at = now
        return 0 if bucket.tokens >= 1 else (1 - bucket.tokens) / self.limits.per_chat_per_second

    def _group_wait(self, chat_id: int, now: float) -> float:
        sent = self._groups[chat_id]
        while sent and sent[0] <= now - 60:
            sent.popleft()
        full = len(sent) >= self.limits.per_group_per_minute
        return sent[0] + 60 - now if full else 0

    def _overall_wait(self, now: float) -> float:
        while self._overall and self._overall[0] <= now - 1:
            self._overall.popleft()
        full = len(self._overall) >= self.limits.overall_per_second
        return self._overall[0] + 1 - now if full else 0
