"""The webhook that is set, and the order in which Telegram delivers updates to it; without one,
what getUpdates finds.

Queues are per chat for messages, per user for callbacks; the head of each queue is tried until it
is accepted or expires, so one poison message blocks its chat.
"""

import asyncio
import random
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.numbers import Numbers
from sandbox.settings import SandboxSettings
from sandbox.settings_telegram import BotSettings
from sandbox.telegram.updates import CALLBACK_LIFE, MESSAGE_LIFE, Kept, Update
from sandbox.wire import Json

LONGEST_PAUSE = 60.0

# Executes the method named in a 2xx answer; returns what the log shall show.
ReplyRunner = Callable[[Json], Json]


@dataclass
class Mischief:
    """Deliver every update `repeat` times, each copy late by up to `spread` seconds."""

    repeat: int = 1
    spread: float = 0.0
    seed: int = 1


class Webhook:
    """What setWebhook remembers, and the deliveries."""

    def __init__(
        self,
        settings: SandboxSettings,
        bot: BotSettings,
        client: httpx.AsyncClient,
        feed: Feed,
        numbers: Numbers,
    ) -> None:
        self.url = settings.telegram_door(bot) if bot.webhook else ""
        self.secret = bot.secret
        self.allowed: list[str] = []
        self.max_connections = settings.telegram_connections
        self.last_error: Json | None = None
        self.log: list[Update] = []
        self.kept = Kept()
        self.mischief = Mischief()
        self.run_reply: ReplyRunner = lambda reply: reply
        self._clock = settings.telegram_clock
        self._client = client
        self._feed = feed
        self._numbers = numbers
        self._queues: dict[str, deque[Update]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(self.max_connections)
        self._random = random.Random(1)  # noqa: S311 - shuffles deliveries, guards nothing

    def connections(self, number: int) -> None:
        self.max_connections = number
        self._room = asyncio.Semaphore(number)

    def play(self, mischief: Mischief) -> None:
        self.mischief = mischief
        self._random = random.Random(mischief.seed)  # noqa: S311

    @property
    def pending(self) -> int:
        return sum(1 for update in self.log if update.state == "waiting")

    def send(self, kind: str, queue: str, content: Json) -> int:
        """Queue one update and return its id."""
        number = self._numbers.next("update")
        if self.allowed and kind not in self.allowed:
            return number
        payload = {"update_id": number, kind: content}
        life = CALLBACK_LIFE if kind == "callback_query" else MESSAGE_LIFE
        update = Update(number, kind, queue, payload, life)
        self.log.append(update)
        if self.url and (self.mischief.repeat > 1 or self.mischief.spread):
            for copy in range(self.mischief.repeat):
                self._start(self._late(update, copy))
        else:
            self._enqueue(update)
        return number

    def send_raw(self, payload: Any) -> None:
        """An update of any shape, to try the door with what Telegram never sends."""
        number = payload.get("update_id") if isinstance(payload, dict) else None
        number = number if isinstance(number, int) else 0
        update = Update(number, "raw", f"raw:{len(self.log)}", payload, CALLBACK_LIFE)
        self.log.append(update)
        self._enqueue(update)

    def set(self, url: str, *, drop: bool) -> None:
        """What was kept for getUpdates goes out to the new address."""
        if drop or not url:
            self.delete(drop=drop)
        self.url = url
        if url:
            self.kept.interrupt()
            for update in self.kept.taken():
                self._enqueue(update)

    def delete(self, *, drop: bool) -> None:
        """From now on updates wait for getUpdates; those under way come a second time."""
        self.url = ""
        for task in self._tasks:
            task.cancel()
        self._queues.clear()
        left = [update for update in self.log if update.state == "waiting"]
        self.kept.taken()
        for update in left:
            if drop:
                update.state = "dropped"
            else:
                self.kept.add(update)

    async def stop(self) -> None:
        self.kept.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _late(self, update: Update, copy: int) -> None:
        await asyncio.sleep(self._random.uniform(0, self.mischief.spread))
        # A queue of its own: copies overtake each other, as after a failover.
        twin = (
            update
            if copy == 0
            else Update(update.id, update.kind, update.queue, update.payload, update.life)
        )
        if copy:
            self.log.append(twin)
        await self._deliver(twin)

    def _enqueue(self, update: Update) -> None:
        if not self.url:
            self.kept.add(update)
            return
        queue = self._queues[update.queue]
        queue.append(update)
        if len(queue) == 1:
            self._start(self._drain(update.queue))

    async def _drain(self, name: str) -> None:
        queue = self._queues[name]
        while queue:
            await self._deliver(queue[0])
            queue.popleft()
        del self._queues[name]

    async def _deliver(self, update: Update) -> None:
        pause = 0.0
        while update.state == "waiting":
            if time.monotonic() - update.born > update.life:
                update.state = "expired"
                self._feed.tell("fault", "Telegram перестал доставлять обновление", bad=True)
                return
            async with self._room:
                wait = await self._attempt(update)
            if wait is None:
                update.state = "delivered"
                return
            # "At once, then doubling up to 60-120 s"; Retry-After wins when it is longer.
            if pause or wait:
                await asyncio.sleep(max(pause, wait) / self._clock)
            pause = min(LONGEST_PAUSE, pause * 2 if pause else 1.0)

    async def _attempt(self, update: Update) -> float | None:
        """None when accepted, else the seconds that Retry-After asks for (0 without it)."""
        began = time.monotonic()
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            answer = await self._client.post(self.url, json=update.payload, headers=headers)
        except httpx.HTTPError as error:
            self._failed(update, began, type(error).__name__)
            return 0.0
        took = round((time.monotonic() - began) * 1000, 1)
        update.attempts.append({"at": now(), "status": answer.status_code, "ms": took})
        if not answer.is_success:
            self.last_error = {
                "at": int(now()),
                "message": f"Wrong response {answer.status_code}",
            }
            self._feed.changed()
            return _retry_after(answer)
        self._execute(update, answer)
        return None

    def _failed(self, update: Update, began: float, reason: str) -> None:
        took = round((time.monotonic() - began) * 1000, 1)
        update.attempts.append({"at": now(), "status": reason, "ms": took})
        self.last_error = {"at": int(now()), "message": f"Connection failed: {reason}"}
        if len(update.attempts) == 1:
            self._feed.tell("fault", f"Switchboard не отвечает Telegram ({reason})", bad=True)

    def _execute(self, update: Update, answer: httpx.Response) -> None:
        try:
            reply = answer.json()
        except ValueError:
            return
        if isinstance(reply, dict) and reply.get("method"):
            update.reply = self.run_reply(reply)


def _retry_after(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(3600.0, float(asked)) if asked.isdigit() else 0.0
