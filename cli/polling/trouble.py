"""Trouble that lasts: told once when it begins and once when it is over, with growing pauses."""

import asyncio
from typing import Any, Protocol

_LONGEST_ASKED = 3600.0


class Log(Protocol):
    def info(self, message: str, **keys: Any) -> None: ...
    def warning(self, message: str, **keys: Any) -> None: ...


class Pauses:
    """1, 2, 4 … seconds up to the longest."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._last = 0.0

    def next(self, asked: float | None = None) -> float:
        """Longer where somebody has asked for it."""
        self._last = min(self._longest, self._last * 2 or 1.0)
        return max(self._last, min(asked or 0.0, _LONGEST_ASKED))


class Trouble:
    """`calm` is how many seconds all must go well before it is over."""

    def __init__(self, what: str, log: Log, longest: float, calm: float = 0.0) -> None:
        self._what = what
        self._log = log
        self._longest = longest
        self._calm = calm
        self._reason = ""
        self._pauses = Pauses(longest)
        self._last = 0.0

    def met(self, reason: str, asked: float | None = None) -> float:
        """How long to wait, in seconds."""
        if reason != self._reason:
            self._log.warning(f"{self._what}: {reason}")
            self._reason = reason
        self._last = asyncio.get_running_loop().time()
        return self._pauses.next(asked)

    def well(self) -> None:
        if not self._reason or asyncio.get_running_loop().time() - self._last < self._calm:
            return
        self._log.info(f"{self._what}: all is well again")
        self._reason, self._pauses = "", Pauses(self._longest)
