"""Sending webhooks: once each. What is not answered, or answered badly, is gone."""

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import httpx

from sandbox.bitrix24.hook_form import Event, HookHabits, Pair, event_form, robot_form
from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.settings import SandboxSettings
from sandbox.wire import Json, door_client

USER_AGENT = "Bitrix24 Webhook Engine"
# Not documented; the queue server gives slow handlers a lower priority.
DEADLINE = 5.0

WORDS = {
    "ONCRMDEALADD": "новая сделка",
    "ONCRMDEALUPDATE": "сделка изменена",
    "ONCRMDEALDELETE": "сделка удалена",
    "ROBOT": "робот",
}


@dataclass
class Hook:
    """One webhook. `status` is the answer to its only attempt, or the name of the error."""

    id: int
    event: str
    deal_id: int
    url: str
    form: list[Pair]
    state: Literal["waiting", "delivered", "lost", "failed"] = "waiting"
    status: str | None = None
    ms: float | None = None
    at: float = field(default_factory=now)

    def to_json(self) -> Json:
        return {**asdict(self), "form": dict(self.form)}


class HookDelivery:
    """`log` is every webhook; `robots` are the stages whose robot calls us, with its query."""

    def __init__(self, settings: SandboxSettings, feed: Feed) -> None:
        self._tyres = settings.tyres
        self._url = settings.tyres.bitrix24_door(settings.doors)
        self._feed = feed
        self._client = door_client(settings, timeout=DEADLINE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self.habits = HookHabits()
        self.robots: dict[str, str] = {}
        self.log: list[Hook] = []
        self._random = random.Random(1)  # noqa: S311 - shuffles deliveries, guards nothing

    def behave(self, habits: HookHabits) -> None:
        self.habits = habits
        self._random = random.Random(habits.seed)  # noqa: S311

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def tell(self, event: Event, deal_id: int) -> None:
        """The outbound webhook of one event."""
        form = event_form(self._tyres, event, deal_id, self.habits)
        self._send(event, deal_id, self._url, form)

    def run_robot(self, deal_id: int, query: str) -> None:
        """The robot keeps the query of the URL that was typed into it."""
        url = f"{self._url}?{query}" if query else self._url
        self._send("ROBOT", deal_id, url, robot_form(self._tyres, deal_id, self.habits))

    def _send(self, event: str, deal_id: int, url: str, form: list[Pair]) -> None:
        for _ in range(self.habits.repeat):
            hook = Hook(next(self._ids), event, deal_id, url, form)
            self.log.append(hook)
            if self.habits.lose > 0:
                self.habits.lose -= 1
                hook.state = "lost"
                self._feed.tell("fault", "Битрикс24 потерял веб-хук", bad=True)
            else:
                self._start(self._deliver(hook))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, hook: Hook) -> None:
        pause = self.habits.delay
        if self.habits.spread:
            pause += self._random.uniform(0, self.habits.spread)
        if pause:
            await asyncio.sleep(pause)
        began = time.monotonic()
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._client.post(
                hook.url, content=urlencode(hook.form), headers=headers
            )
            hook.status, good = str(answer.status_code), answer.is_success
        except httpx.HTTPError as error:
            hook.status, good = type(error).__name__, False
        hook.ms = round((time.monotonic() - began) * 1000, 1)
        hook.state = "delivered" if good else "failed"
        if good:
            what = f"{WORDS[hook.event]} · {hook.ms:.0f} мс"
            self._feed.tell("crm", f"Switchboard принял веб-хук Битрикс24: {what}")
        else:
            what = f"Switchboard не принял веб-хук Битрикс24 ({hook.status}), второго не будет"
            self._feed.tell("fault", what, bad=True)
