"""One CRM account's rate, kept together by all processes that call it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from switchboard.domain.errors import Postponed
from switchboard.store.budgets import Budgets, Rate

_PATIENCE = 3.0
"""Seconds that a call waits for its turn in place; a longer wait goes back to the queue."""
_MEMORY = 3600.0
"""Seconds for which an earlier "slow down" explains a later refusal."""


class Pace:
    """Lets calls go one by one, and remembers what the CRM said about being called too often."""

    def __init__(
        self,
        budgets: Budgets,
        branch: str,
        name: str,
        limits: Sequence[Rate],
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._budgets = budgets
        self._branch = branch
        self._name = name
        self._limits = limits
        self._clock = clock
        self._sleep = sleep

    def turn(self) -> None:
        """Returns when a call may go. Raises Postponed when that is too long to wait for."""
        waited = 0.0
        while True:
            now = self._clock().timestamp()
            wait = self._budgets.reserve(self._branch, self._name, self._limits, now)
            if wait <= 0:
                return
            if waited + wait > _PATIENCE:
                raise Postponed(f"{self._name}: over the rate that all processes share", wait)
            self._sleep(wait)
            waited += wait

    def hold(self, seconds: float) -> None:
        """Nobody calls for that long."""
        now = self._clock().timestamp()
        self._budgets.hold(self._branch, self._name, now + seconds)

    def was_told_to_slow_down(self) -> bool:
        """Whether the CRM has lately answered that it is called too often."""
        held = self._budgets.held_until(self._branch, self._name)
        return held is not None and held > self._clock().timestamp() - _MEMORY
