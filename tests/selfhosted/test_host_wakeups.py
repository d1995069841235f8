"""No group of messages stands still: an event source on a queue that the test answers for."""

import asyncio
import contextlib
import dataclasses
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

from selfhosted.event_source import EventSourceMapping
from selfhosted.functions import Pool
from selfhosted.invocations import Kind, Outcome, problem
from selfhosted.membership import Membership
from selfhosted.messages import Message
from selfhosted.queue_store import QueueStore
from selfhosted.queues import Draft, Queues
from selfhosted.template import EventSource, Queue

QUEUE = Queue(
    name="work.fifo",
    fifo=True,
    delay=0,
    visibility=180,
    retention=3600,
    content_deduplication=False,
    deduplicates_per_group=True,
    redrive=None,
)
ANSWERED = Outcome(Kind.ANSWERED, b"null")
CRASHED = problem(Kind.CRASHED, "Runtime.ExitError", "killed")


class Store:
    """Holds messages in memory, and answers when the test lets it."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.before_postpone = asyncio.Event()
        self.before_postpone.set()
        self.before_waiting = asyncio.Event()
        self.before_waiting.set()
        self.lease_of: Callable[[Message], Any] | None = None

    async def put(self, _: Queue, message: Message) -> Message:
        self.messages[message.key] = message
        return message

    async def lease(self, message: Message, now: int, until: int, owner: str | None) -> bool:
        if self.lease_of is not None:
            await self.lease_of(message)
        message.attempts += 1
        message.visible_at = until
        message.owner = owner
        message.first_received = message.first_received or now
        return True

    async def postpone(self, *_: Any) -> bool:
        await self.before_postpone.wait()
        return True

    async def remove(self, message: Message, _: int) -> bool:
        return self.messages.pop(message.key, None) is not None

    async def waiting(self, _: str, after: int = 0) -> AsyncIterator[Message]:
        shown = [dataclasses.replace(m) for m in self.messages.values() if m.position > after]
        await self.before_waiting.wait()
        for message in shown:
            yield message


class Caller:
    """A function of which the test plays every process."""

    def __init__(self, ceiling: int = 1) -> None:
        self.available = True
        self.ceiling = ceiling
        self.function = SimpleNamespace(timeout=1)
        self.calls: deque[tuple[list[dict[str, Any]], asyncio.Future[Outcome]]] = deque()

    def invoke(self, payload: bytes) -> asyncio.Future[Outcome]:
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.calls.append((json.loads(payload)["Records"], outcome))
        return outcome

    async def called(self, seconds: float) -> tuple[list[dict[str, Any]], asyncio.Future[Outcome]]:
        async with asyncio.timeout(seconds):
            while not self.calls:  # noqa: ASYNC110 - the event source tells nobody.
                await asyncio.sleep(0.005)
        return self.calls.popleft()


class Scene:
    """An event source alone on its queue."""

    def __init__(self, ceiling: int = 1, batch: int = 1) -> None:
        self.store = Store()
        self.caller = Caller(ceiling)
        self.lines: list[str] = []
        members = SimpleNamespace(
            host="me",
            shared=False,
            shares=[],
            works_on=lambda _: True,
            alive=lambda host: host == "me",
        )
        self.queues = Queues([QUEUE], cast("QueueStore", self.store), cast("Membership", members))
        source = EventSource(
            queue=QUEUE.name, function="F", batch_size=batch, partial=True, concurrency=None
        )
        self.mapping = EventSourceMapping(
            source, cast("Pool", self.caller), self.queues, self.lines.append
        )

    async def send(self, body: str, group: str = "g") -> Message:
        return await self.queues.send(QUEUE, Draft(body, group=group, deduplication=body))


@contextlib.asynccontextmanager
async def scene(**sizes: int) -> AsyncIterator[Scene]:
    played = Scene(**sizes)
    try:
        yield played
    finally:
        await played.mapping.close(0.01)


def test_a_crash_after_many_postponements_holds_the_group_back_for_a_moment_only() -> None:
    async def play() -> None:
        async with scene() as played:
            message = await played.send("one")
            _, outcome = await played.caller.called(1)
            # As after fifteen waits for a provider's pace.
            message.attempts = 15
            outcome.set_result(CRASHED)
            (record,), outcome = await played.caller.called(1)
            assert record["body"] == "one"
            outcome.set_result(ANSWERED)

    asyncio.run(play())


def test_crashes_in_a_row_are_ever_further_apart() -> None:
    async def play() -> list[float]:
        moments = []
        async with scene() as played:
            await played.send("one")
            for _ in range(4):
                _, outcome = await played.caller.called(2)
                moments.append(asyncio.get_running_loop().time())
                outcome.set_result(CRASHED)
        return moments

    first, second, third, fourth = asyncio.run(play())
    assert second - first < third - second < fourth - third < 1


def test_a_postponement_that_outlives_its_process_counts() -> None:
    """The process asked for a second's rest and was killed before the database had written it."""

    async def play() -> None:
        async with scene() as played:
            played.store.before_postpone.clear()
            message = await played.send("one")
            _, outcome = await played.caller.called(1)
            asked = asyncio.create_task(
                played.queues.postpone(QUEUE, message.key, message.attempts, 0)
            )
            await asyncio.sleep(0)
            message.crashes = 30
            outcome.set_result(CRASHED)
            await asyncio.sleep(0.05)
            played.store.before_postpone.set()
            assert await asked
            (record,), outcome = await played.caller.called(1)
            assert record["body"] == "one"
            outcome.set_result(ANSWERED)

    asyncio.run(play())


def test_a_lease_that_is_slower_than_its_neighbours_failure_loses_no_group() -> None:
    async def play() -> None:
        async with scene(batch=10) as played:
            slow = asyncio.Event()
            refused = False

            async def lease_of(message: Message) -> None:
                nonlocal refused
                if message.body == "refused" and not refused:
                    refused = True
                    raise ConnectionResetError("the database is away")
                if not slow.is_set():
                    await slow.wait()

            await played.send("first", "x")
            _, busy = await played.caller.called(1)
            played.store.lease_of = lease_of
            await played.send("refused", "a")
            await played.send("slow", "b")
            busy.set_result(ANSWERED)
            await asyncio.sleep(0.05)
            slow.set()
            done = set[str]()
            while done != {"refused", "slow"}:
                records, outcome = await played.caller.called(3)
                done |= {record["body"] for record in records}
                outcome.set_result(ANSWERED)
            assert len(played.lines) == 1

    asyncio.run(play())


def test_what_ends_during_a_look_does_not_come_back_as_the_head_of_its_group() -> None:
    """The look was answered with the message as it was leased, for three minutes."""

    async def play() -> None:
        async with scene() as played:
            looking = asyncio.create_task(played.mapping.look())
            await played.send("one")
            _, outcome = await played.caller.called(1)
            played.store.before_waiting.clear()
            played.mapping.gained(frozenset())
            await asyncio.sleep(0.02)
            outcome.set_result(ANSWERED)
            await asyncio.sleep(0.02)
            played.store.before_waiting.set()
            await asyncio.sleep(0.02)
            await played.send("two")
            (record,), outcome = await played.caller.called(1)
            assert record["body"] == "two"
            outcome.set_result(ANSWERED)
            looking.cancel()

    asyncio.run(play())


def test_a_look_lets_go_of_what_somebody_else_has_deleted() -> None:
    async def play() -> None:
        async with scene() as played:
            looking = asyncio.create_task(played.mapping.look())
            draft = Draft("late", group="g", deduplication="late", delay=900)
            late = await played.queues.send(QUEUE, draft)
            await played.send("next")
            await asyncio.sleep(0.02)
            assert not played.caller.calls, "the head rests"
            del played.store.messages[late.key]
            played.mapping.gained(frozenset())
            (record,), outcome = await played.caller.called(1)
            assert record["body"] == "next"
            outcome.set_result(ANSWERED)
            looking.cancel()

    asyncio.run(play())
