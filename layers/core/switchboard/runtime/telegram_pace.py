"""Telegram's limits, shared by all senders: one message a second in a chat, 20 a minute in a
group, about 30 a second in all (Bot API FAQ, "My bot is hitting limits")."""

from collections.abc import Callable
from datetime import datetime

from switchboard.playbook.model import Playbook
from switchboard.store.budgets import Budgets, Rate

_SHORT = 0.5
"""Seconds that are waited here; a longer wait is spent in the queue, where it costs nothing."""


class TelegramPace:
    def __init__(
        self,
        budgets: Budgets,
        playbook: Playbook,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._budgets = budgets
        self._branch = playbook.branch
        limits = playbook.telegram.limits
        self._bot = (Rate(limits.per_second, 1, burst=max(1, int(limits.per_second) // 5)),)
        self._chat = (Rate(limits.per_chat_per_second, 1),)
        minute = limits.per_group_per_minute
        self._group = (*self._chat, Rate(minute, 60, burst=max(1, int(minute) // 4)))
        self._now = now
        self._sleep = sleep

    def take(self, chat: int) -> float:
        """Takes a slot for one message. More than 0: none is free for so many seconds."""
        wait = self._wait(f"telegram.{chat}", self._group if chat < 0 else self._chat)
        return wait or self._wait("telegram", self._bot)

    def slow_down(self, chat: int, seconds: float) -> None:
        """Telegram said "retry after" for this chat: nobody writes there before."""
        self._budgets.hold(self._branch, f"telegram.{chat}", self._now().timestamp() + seconds)

    def _wait(self, name: str, limits: tuple[Rate, ...]) -> float:
        wait = self._budgets.reserve(self._branch, name, limits, self._now().timestamp())
        if 0 < wait <= _SHORT:
            self._sleep(wait)
            wait = self._budgets.reserve(self._branch, name, limits, self._now().timestamp())
        return wait
