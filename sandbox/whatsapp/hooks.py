"""Sending webhooks, signed with the app's secret, until they are taken.

Any answer but 200 means again, more and more rarely, for seven days; what was taken may come twice,
and in any order (developers.facebook.com, business-messaging/whatsapp/webhooks/overview).
"""

import asyncio
import hashlib
import hmac
import itertools
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.settings import SandboxSettings
from sandbox.whatsapp.payloads import envelope, signed_bytes
from sandbox.whatsapp.settings import WhatsAppSettings
from sandbox.whatsapp.subscription import Subscription
from sandbox.wire import Json, door_client

USER_AGENT = "facebookexternalua"
DEADLINE = 10.0
FIRST_PAUSE = 1.0
# Meta's pauses are not published. Longer ones would only keep a demonstration waiting.
LONGEST_PAUSE = 60.0
LIFE = 7 * 86_400.0

What = Literal["sent", "delivered", "read", "failed", "message", "raw"]
WORDS: dict[What, str] = {
    "read": "прочитано",
    "failed": "не доставлено",
    "message": "слова клиента",
    "raw": "что угодно",
}
"""What the journal tells of; `sent` and `delivered` come with every message."""


@dataclass
class HookHabits:
    """How webhooks come late, twice and in any order; Meta itself loses none.

    lose: drop so many next hooks. delay: seconds before the first attempt. repeat and spread: each
    hook so many times, each copy late by up to `spread` seconds.
    """

    lose: int = 0
    delay: float = 0.0
    repeat: int = 1
    spread: float = 0.0
    seed: int = 1


@dataclass
class Hook:
    """One webhook. `raw` goes out the same at each attempt; `taken` is called when it is taken."""

    id: int
    what: What
    body: Any
    raw: bytes
    secret: str
    taken: Callable[[], None] | None = None
    state: Literal["waiting", "delivered", "lost", "given_up"] = "waiting"
    attempts: list[Json] = field(default_factory=list)
    born: float = field(default_factory=time.monotonic)

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "what": self.what,
            "body": self.body,
            "attempts": self.attempts,
            "state": self.state,
        }


class HookDelivery:
    """Delivers to {doors}/whatsapp/{branch}. `enabled`: whether anybody has subscribed."""

    def __init__(self, sandbox: SandboxSettings, settings: WhatsAppSettings, feed: Feed) -> None:
        self._url = f"{sandbox.doors}/whatsapp/{settings.branch}"
        self._settings = settings
        self._clock = sandbox.whatsapp_clock
        self._feed = feed
        self._client = door_client(sandbox, timeout=DEADLINE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self._random = random.Random(1)  # noqa: S311 - shuffles deliveries, guards nothing
        self.subscription = Subscription(self._client, self._url, settings.verify_token, feed)
        self.habits = HookHabits()
        self.enabled = True
        self.log: list[Hook] = []

    def behave(self, habits: HookHabits) -> None:
        self.habits = habits
        self._random = random.Random(habits.seed)  # noqa: S311

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def tell(self, *statuses: Json) -> None:
        """One webhook per status, each on its way when the one before was tried."""
        self._send([self._hook(one["status"], {"statuses": [one]}) for one in statuses])

    def forward(self, said: Json, taken: Callable[[], None]) -> None:
        """What a person wrote: `contacts` and `messages`."""
        self._send([replace(self._hook("message", said), taken=taken)])

    def send_raw(self, body: Any, secret: str | None = None) -> None:
        """Any body, to try the door with; `secret`: another one than the right one."""
        self._send([self._signed("raw", body, secret)])

    def _hook(self, what: What, value: Json) -> Hook:
        return self._signed(what, envelope(self._settings, value), None)

    def _signed(self, what: What, body: Any, secret: str | None) -> Hook:
        with_secret = self._settings.app_secret if secret is None else secret
        return Hook(next(self._ids), what, body, signed_bytes(body), with_secret)

    def _send(self, hooks: list[Hook]) -> None:
        if not self.enabled:
            return
        kept = [hook for hook in hooks if not self._lost(hook)]
        copies = [
            replace(hook, id=next(self._ids), attempts=[])
            for hook in kept
            for _ in range(self.habits.repeat - 1)
        ]
        self.log += [*hooks, *copies]
        if self.habits.repeat > 1 or self.habits.spread:
            for hook in [*kept, *copies]:
                self._start(self._late(hook))
        else:
            self._start(self._in_turn(kept))

    def _lost(self, hook: Hook) -> bool:
        if self.habits.lose <= 0:
            return False
        self.habits.lose -= 1
        hook.state = "lost"
        self._feed.tell("fault", "WhatsApp потерял веб-хук", bad=True)
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _late(self, hook: Hook) -> None:
        await asyncio.sleep(self.habits.delay + self._random.uniform(0, self.habits.spread))
        await self._first(hook)

    async def _in_turn(self, hooks: list[Hook]) -> None:
        await asyncio.sleep(self.habits.delay)
        for hook in hooks:
            await self._first(hook)

    async def _first(self, hook: Hook) -> None:
        """The first attempt; those that follow do not hold up the next webhook."""
        await self.subscription.once()
        await self._attempt(hook)
        if hook.state == "waiting":
            what = f"Switchboard не принял веб-хук WhatsApp ({hook.attempts[-1]['status']})"
            self._feed.tell("fault", f"{what}, он придёт снова", bad=True)
            self._start(self._again(hook))

    async def _again(self, hook: Hook) -> None:
        pause = FIRST_PAUSE
        while hook.state == "waiting":
            await asyncio.sleep(pause / self._clock)
            pause = min(LONGEST_PAUSE, pause * 2)
            if time.monotonic() - hook.born > LIFE / self._clock:
                hook.state = "given_up"
                self._feed.tell("fault", "WhatsApp больше не шлёт веб-хук", bad=True)
            else:
                await self._attempt(hook)

    async def _attempt(self, hook: Hook) -> None:
        digest = hmac.new(hook.secret.encode(), hook.raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={digest}",
            "User-Agent": USER_AGENT,
        }
        began = time.monotonic()
        try:
            answer = await self._client.post(self._url, content=hook.raw, headers=headers)
            status: int | str = answer.status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        took = round((time.monotonic() - began) * 1000, 1)
        hook.attempts.append({"at": now(), "status": status, "ms": took})
        if status == 200:
            self._taken(hook, took)

    def _taken(self, hook: Hook, took: float) -> None:
        hook.state = "delivered"
        if hook.taken:
            hook.taken()
        if hook.what in WORDS:
            what = f"{WORDS[hook.what]} · {took:.0f} мс"
            self._feed.tell("telegram", f"Switchboard принял веб-хук WhatsApp: {what}")
