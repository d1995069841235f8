"""Telegram and a door in memory, with what they promise checked at every call."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import pairwise
from typing import Any

from cli.polling.bot_api import MOST, Occupied, Update
from cli.polling.bridge import LONG_POLL, Bridge
from cli.polling.door import Later, Refused, Taken

Said = Taken | Refused | Later


def update(number: int, lane: int = 1) -> Update:
    return Update(number, lane, f"{number}".encode())


class FakeDoor:
    """Takes every update unless `answer` says otherwise."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, int]] = []
        self.taken: list[int] = []
        self.answer: Callable[[int], Said] = lambda _: Taken()
        self.takes_seconds: Callable[[], float] = lambda: 0.01
        self.at_once = 0
        self.most_at_once = 0

    async def hand(self, update: bytes) -> Said:
        number = int(update)
        self.calls.append((asyncio.get_running_loop().time(), number))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        said = self.answer(number)
        try:
            await asyncio.sleep(self.takes_seconds() / 2)
            if isinstance(said, Taken):
                self.taken.append(number)
            # The door has it, and the bridge does not know yet: where a crash hurts most.
            await asyncio.sleep(self.takes_seconds() / 2)
        finally:
            self.at_once -= 1
        return said

    def pauses(self, number: int) -> list[float]:
        """Between the calls with this update."""
        times = [at for at, called in self.calls if called == number]
        return [round(b - a, 1) for a, b in pairwise(times)]


class FakeTelegram:
    """Keeps updates until they are confirmed, and lets none be confirmed that is not `safe`."""

    def __init__(self, safe: Callable[[int], bool]) -> None:
        self.safe = safe
        self.kept: dict[int, Update] = {}
        self.asked: list[tuple[float, int | None, int]] = []
        self.calls: list[tuple[float, str, Mapping[str, Any]]] = []
        self.trouble: list[Exception] = []
        self.call_trouble: list[Exception] = []
        self.webhook = False
        self.deleted = 0
        self.arrived = asyncio.Event()

    def send(self, *updates: Update) -> None:
        self.kept.update({one.id: one for one in updates})
        self.arrived.set()

    async def updates(self, offset: int | None, seconds: int) -> list[Update]:
        self.asked.append((asyncio.get_running_loop().time(), offset, seconds))
        await asyncio.sleep(0.05)
        if self.trouble:
            raise self.trouble.pop(0)
        if self.webhook:
            raise Occupied
        for number in [one for one in self.kept if offset is not None and one < offset]:
            assert self.safe(number), f"{number} is lost: confirmed, and nobody has it"
            del self.kept[number]
        if not self.kept and seconds:
            self.arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.arrived.wait(), seconds)
        await asyncio.sleep(0.05)
        return [self.kept[number] for number in sorted(self.kept)[:MOST]]

    async def webhook_is_set(self) -> bool:
        return self.webhook

    async def delete_webhook(self) -> None:
        self.webhook = False
        self.deleted += 1

    async def call(self, method: str, parameters: Mapping[str, Any], patience: float) -> Any:
        assert 0 < patience <= LONG_POLL
        self.calls.append((asyncio.get_running_loop().time(), method, parameters))
        if self.call_trouble:
            raise self.call_trouble.pop(0)
        return True


class Lines:
    """A log to read."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.said: list[str] = []

    def info(self, message: str, **keys: Any) -> None:
        self.said.append(f"{message} {keys}")

    def warning(self, message: str, **keys: Any) -> None:
        self.warnings.append(message)
        self.said.append(f"{message} {keys}")


class Scene:
    """A bridge between the two, which can crash and begin anew."""

    def __init__(self) -> None:
        self.door = FakeDoor()
        self.aside: dict[int, str] = {}
        self.aside_fails = 0
        self.log = Lines()
        self.telegram = FakeTelegram(lambda one: one in self.door.taken or one in self.aside)

    async def _lay_aside(self, one: Update, reason: str) -> None:
        await asyncio.sleep(0.01)
        if self.aside_fails:
            self.aside_fails -= 1
            raise ConnectionError
        self.aside[one.id] = reason

    @contextlib.asynccontextmanager
    async def bridge(self) -> AsyncIterator[None]:
        """Runs one; it ends as by a crash, wherever it is."""
        bridge = Bridge(self.telegram, self.door, self._lay_aside, self.log)
        task = asyncio.create_task(bridge.run())
        try:
            yield
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def all_confirmed(self, seconds: float = 60.0) -> None:
        await until(lambda: not self.telegram.kept, seconds)


async def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits until `true` is."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.02)


def shuffled(seed: int, count: int, lanes: int) -> list[Update]:
    chance = random.Random(seed)
    return [update(number, chance.randrange(lanes)) for number in range(1, count + 1)]
