"""When amoCRM sends a webhook, when it sends it again, and when it gives up."""

import asyncio
import itertools
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.amocrm.hook_form import Entity, Event, HookHabits, Pair
from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.settings import SandboxSettings
from sandbox.wire import Json, door_client

WORDS: dict[tuple[Entity, Event], str] = {
    ("leads", "add"): "новая сделка",
    ("leads", "update"): "изменение сделки",
    ("leads", "status"): "смена этапа",
    ("leads", "delete"): "сделка удалена",
    ("contacts", "update"): "изменение контакта",
}
USER_AGENT = "amoCRM-WebHook-client/1.0"
DEADLINE = 2.0
MINUTE = 60.0
RETRIES = (5 * MINUTE, 15 * MINUTE, 15 * MINUTE, 60 * MINUTE)
# The last two retries are made only after these answers (0: no answer in time).
STUBBORN = frozenset({0, 499, *range(500, 600)})
BAD_REPLIES_ALLOWED = 100
BAD_REPLIES_WINDOW = 2 * 60 * MINUTE


@dataclass
class Hook:
    """One webhook. `state`: waiting, delivered, given_up, lost or disabled."""

    id: int
    entity: Entity
    event: Event
    entity_id: int
    form: list[Pair]
    attempts: list[Json] = field(default_factory=list)
    state: str = "waiting"

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "entity": self.entity,
            "event": self.event,
            "entity_id": self.entity_id,
            "form": dict(self.form),
            "attempts": self.attempts,
            "state": self.state,
        }


class HookDelivery:
    """Sends hooks within two seconds each, again after 5, 15, 15 minutes and an hour."""

    def __init__(self, settings: SandboxSettings, feed: Feed) -> None:
        self.habits = HookHabits()
        self.disabled = False
        self.log: list[Hook] = []
        self._url = settings.amocrm_door
        self._clock = settings.amocrm_clock
        self._feed = feed
        self._client = door_client(settings, timeout=DEADLINE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self._bad: deque[float] = deque()
        self._random = random.Random(1)  # noqa: S311 - shuffles deliveries, guards nothing

    def behave(self, habits: HookHabits) -> None:
        self.habits = habits
        self._random = random.Random(habits.seed)  # noqa: S311

    def enable(self) -> None:
        self.disabled = False
        self._bad.clear()
        self._feed.changed()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def send(self, entity: Entity, event: Event, entity_id: int, form: list[Pair]) -> None:
        """Queue a hook, and its copies if hooks are doubled at present."""
        for _ in range(self.habits.repeat):
            hook = Hook(next(self._ids), entity, event, entity_id, form)
            self.log.append(hook)
            if self.disabled:
                hook.state = "disabled"
            elif self.habits.lose > 0:
                self.habits.lose -= 1
                hook.state = "lost"
                self._feed.tell("fault", "amoCRM потеряла веб-хук", bad=True)
            else:
                self._start(self._deliver(hook))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, hook: Hook) -> None:
        if self.habits.spread:
            await asyncio.sleep(self._random.uniform(0, self.habits.spread))
        for number, pause in enumerate((*RETRIES, None)):
            status = await self._attempt(hook)
            if 100 <= status < 300:
                hook.state = "delivered"
                took = hook.attempts[-1]["ms"]
                what = WORDS[hook.entity, hook.event]
                self._feed.tell("crm", f"Switchboard принял веб-хук amoCRM: {what} · {took:.0f} мс")
                return
            stubborn = number < 2 or status in STUBBORN
            if pause is None or not stubborn or self.disabled:
                break
            await asyncio.sleep(pause / self._clock)
        hook.state = "given_up"
        self._feed.tell("fault", f"amoCRM больше не шлёт веб-хук {hook.id}", bad=True)

    async def _attempt(self, hook: Hook) -> int:
        began = time.monotonic()
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            answer = await self._client.post(
                self._url, content=urlencode(hook.form), headers=headers
            )
            status, shown = answer.status_code, str(answer.status_code)
        except httpx.HTTPError as error:
            status, shown = 0, type(error).__name__
        took = round((time.monotonic() - began) * 1000, 1)
        hook.attempts.append({"at": now(), "status": shown, "ms": took})
        if not 100 <= status < 300:
            self._remember_bad(shown)
        return status

    def _remember_bad(self, shown: str) -> None:
        now = time.monotonic()
        self._bad.append(now)
        # In real time: however fast retries run, it is a number of replies in two hours.
        while self._bad[0] < now - BAD_REPLIES_WINDOW:
            self._bad.popleft()
        self._feed.tell("fault", f"Switchboard не принял веб-хук amoCRM ({shown})", bad=True)
        if len(self._bad) > BAD_REPLIES_ALLOWED and not self.disabled:
            self.disabled = True
            self._feed.tell(
                "fault", "amoCRM отключила веб-хуки: больше 100 плохих ответов", bad=True
            )
