"""Lambda's event source mapping: carries a queue's messages to its function.

A message is leased (one write), given to the function, and deleted (one write) when the function
did not report it as failed. Each invocation gets messages of different groups: heads of groups
run beside each other, and a group goes on only when its head is deleted.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar, cast

from selfhosted.backlog import Backlog
from selfhosted.database import DatabaseError
from selfhosted.functions import Pool
from selfhosted.invocations import Kind, Outcome
from selfhosted.locality import REGION, queue_arn
from selfhosted.messages import Message, md5
from selfhosted.queues import Queues
from selfhosted.template import EventSource

# With other hosts on the database, how often to look for what was sent through them, in seconds.
LOOK: Final = 0.3
# Alone, a host is told of everything; a look now and then notices if it ever was not.
IDLE_LOOK: Final = 30.0
# How far a look reaches back: clocks of hosts may differ, and writes overtake each other.
OVERLAP_NS: Final = 10_000_000_000
# How long to leave the messages where they are while the function cannot be started, in seconds.
START_PAUSE: Final = 0.5
# A message whose process crashed comes back at once, a message that always kills its process ever
# more slowly: milliseconds, doubled with each crash in a row, up to the longest. Attempts are not
# crashes: a message that has often been put off would hold its group back for minutes.
CRASH_PAUSE_MS: Final = 50
LONGEST_CRASH_PAUSE_MS: Final = 5_000

# A machine may sleep, and its clock may be set: seconds until the next look at the time of day.
LONGEST_SLEEP: Final = 60.0

T = TypeVar("T")


class EventSourceMapping:
    def __init__(
        self,
        source: EventSource,
        pool: Pool,
        queues: Queues,
        report: Callable[[str], None],
    ) -> None:
        self._source = source
        self._queue = queues.by_name[source.queue]
        self._pool = pool
        self._queues = queues
        self._backlog = Backlog()
        self._limit = min(source.concurrency or pool.ceiling, pool.ceiling)
        self._running: set[asyncio.Task[None]] = set()
        self._report = report
        self._postponed: dict[tuple[str, int], int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._newest = 0
        self._unread = 0
        self._looking = False
        # What ended while a look was under way: the look may still show it, leased for minutes.
        self._ended: set[str] = set()
        self._wanted = asyncio.Event()
        self._closed = False
        queues.on_sent.append(self._sent)
        queues.on_postponed.append(self._note_postponed)
        queues.membership.shares.append(self)

    def gained(self, shards: frozenset[int]) -> None:  # noqa: ARG002
        """Has everything read anew: what waits in the shares that are now ours is not known."""
        self._unread += 1
        self._wanted.set()

    def lost(self, shard: int) -> None:
        self._backlog.forget(shard)

    def runs(self, shard: int) -> bool:
        return self._backlog.runs(shard)

    async def look(self) -> None:
        """Reads the queue whenever that is needed, until cancelled.

        Needed: for shares that were gained, and, while other hosts are about, for each message
        that was sent here (an earlier one of its group may have been sent there) and every LOOK
        seconds. A look shows all that was durable when it began, so no message overtakes another.
        Alone, every idle look is at the whole queue: what this host should have been told of and
        was not (its writer failed after the write) may be of any age.
        """
        while True:
            shared = self._queues.membership.shared
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), LOOK if shared else IDLE_LOOK)
            whole = not (shared or self._wanted.is_set())
            self._wanted.clear()
            try:
                await self._read(whole=whole)
            except (OSError, DatabaseError):
                self._wanted.set()
                await asyncio.sleep(LOOK)

    async def _read(self, *, whole: bool) -> None:
        unread = self._unread
        self._looking = True
        self._ended.clear()
        after = 0 if whole or unread else max(self._newest - OVERLAP_NS, 0)
        unseen = self._backlog.resting(after)
        try:
            async for message in self._queues.store.waiting(self._queue.name, after):
                known = unseen.pop(message.key, None)
                if known is not None:
                    self._correct(known, message)
                elif message.id not in self._ended:
                    self._take_up(message)
            for message in unseen.values():
                self._backlog.drop(message)
            self._unread -= unread
        finally:
            self._looking = False
        self._pump()

    async def close(self, patience: float) -> None:
        """Begins nothing new and lets what runs finish."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        for task in self._running:
            task.cancel()

    def _sent(self, message: Message) -> None:
        if message.queue != self._queue.name:
            return
        if self._up_to_date():
            self._take_up(message)
            self._pump()
        else:
            self._wanted.set()

    def _up_to_date(self) -> bool:
        """Whether nothing can be durable that came before the message that was just sent."""
        reading = self._unread or self._looking or self._wanted.is_set()
        return not (reading or self._queues.membership.shared)

    def _note_postponed(self, queue: str, key: str, attempts: int, visible_at: int) -> None:
        if queue != self._queue.name or key not in self._backlog:
            return
        # Its process may have ended in the middle of the call: then the message rests already.
        if self._backlog.postponed(key, attempts, visible_at):
            self._pump()
        else:
            self._postponed[key, attempts] = visible_at

    def _take_up(self, message: Message) -> None:
        self._newest = max(self._newest, message.position)
        self._queues.positions.seen(message.position)
        if self._queues.membership.works_on(message.shard) and not self._closed:
            message.visible_at = self._queues.resting_until(message)
            self._backlog.add(message)

    def _correct(self, known: Message, found: Message) -> None:
        """A message at rest was received by somebody else, or who worked on it is dead."""
        if self._backlog.is_running(known):
            return
        owner = found.owner
        orphan = owner is not None and not self._queues.membership.alive(owner)
        if found.attempts > known.attempts or (found.attempts == known.attempts and orphan):
            known.attempts, known.owner = found.attempts, owner
            self._backlog.postponed(known.key, known.attempts, self._queues.resting_until(found))

    def _gone(self, message: Message) -> None:
        if self._looking:
            self._ended.add(message.id)
        self._backlog.done(message)

    def _pump(self) -> None:
        """Starts as many deliveries as there are messages due and hands free."""
        now = self._queues.clock.now_ms()
        while not self._closed and self._pool.available and len(self._running) < self._limit:
            hands = self._limit - len(self._running)
            due = self._backlog.due(now, hands * self._source.batch_size)
            batch = self._backlog.take(now, -(-due // hands))
            if not batch:
                break
            task = asyncio.get_running_loop().create_task(self._deliver(batch))
            self._running.add(task)
            task.add_done_callback(self._delivered)
        self._set_timer(now)

    def _set_timer(self, now: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._backlog.next_due()
        if due is None or self._closed:
            return
        if due > now or not self._pool.available:
            longest = min(LONGEST_SLEEP, self._queues.clock.longest_sleep)
            delay = min((due - now) / 1000 + 0.001, longest) if due > now else START_PAUSE
            self._timer = asyncio.get_running_loop().call_later(delay, self._pump)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._report(f"a delivery from {self._queue.name} failed: {error!r}")
        self._pump()

    async def _deliver(self, batch: list[Message]) -> None:
        try:
            leased = [m for m in await _all(map(self._lease, batch)) if m is not None]
            if leased:
                outcome = await self._pool.invoke(self._event(leased))
                failed = self._failed(leased, outcome)
                await _all(self._settle(m, m.id in failed, outcome) for m in leased)
        finally:
            # The database was away beyond all patience: what is still open is tried again later.
            for message in batch:
                self._postponed.pop((message.key, message.attempts), None)
                if self._backlog.is_running(message):
                    self._rest(message, self._queues.clock.now_ms() + 1000)

    async def _lease(self, message: Message) -> Message | None:
        """The message, leased to us; None where it must not be delivered now."""
        if self._queues.exhausted(self._queue, message):
            await self._queues.bury(self._queue, message)
            self._gone(message)
            return None
        now = self._queues.clock.now_ms()
        # While the function may still run nobody else gets it, whatever the template says.
        seconds = max(self._queue.visibility, self._pool.function.timeout)
        host = self._queues.membership.host
        if await self._queues.store.lease(message, now, now + seconds * 1000, host):
            message.visible_at = now + self._queue.visibility * 1000
            return message
        await self._look_again(message)
        return None

    async def _look_again(self, message: Message) -> None:
        """The database knows better: somebody else received or deleted the message."""
        found = await self._queues.store.get(message.queue, message.key)
        if found is None:
            self._gone(message)
            return
        message.attempts, message.owner = found.attempts, found.owner
        self._rest(message, self._queues.resting_until(found))

    async def _settle(self, message: Message, failed: bool, outcome: Outcome) -> None:
        """What becomes of a delivered message."""
        postponed = self._postponed.pop((message.key, message.attempts), None)
        died = outcome.kind in (Kind.CRASHED, Kind.REFUSED)
        message.crashes = message.crashes + 1 if died else 0
        if not failed:
            await self._queues.store.remove(message, self._queues.clock.now_ms())
            self._gone(message)
        elif postponed is not None:
            self._rest(message, postponed)
        elif died:
            pause = min(CRASH_PAUSE_MS << min(message.crashes, 20), LONGEST_CRASH_PAUSE_MS)
            self._rest(
                message, self._queues.clock.now_ms() + min(pause, self._queue.visibility * 1000)
            )
        else:
            self._rest(message, message.visible_at)

    def _rest(self, message: Message, visible_at: int) -> None:
        """A message that ran is tried again: by us, or by whoever has its share by now."""
        if self._queues.membership.works_on(message.shard):
            self._backlog.put_back(message, visible_at)
        else:
            self._backlog.done(message)

    def _event(self, batch: list[Message]) -> bytes:
        return json.dumps({"Records": [self._record(message) for message in batch]}).encode()

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": message.received(),
            "messageAttributes": _event_attributes(message.attributes),
            "md5OfBody": md5(message.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn(self._queue.name),
            "awsRegion": REGION,
        }

    def _failed(self, batch: list[Message], outcome: Outcome) -> set[str]:
        """Ids of the messages to try again; all of them where the answer cannot be understood.

        Source: docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
        """
        everything = {message.id for message in batch}
        if outcome.kind is not Kind.ANSWERED:
            return everything
        if not self._source.partial:
            return set()
        try:
            answer = json.loads(outcome.payload or b"null")
            if not answer or not answer.get("batchItemFailures"):
                return set()
            named = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        except (ValueError, TypeError, KeyError, AttributeError):
            return everything
        return named if named <= everything else everything


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all; raises the first error, but not before every one has ended: what still
    ran would change messages that are back at rest, and their groups would never come due."""
    ended = await asyncio.gather(*works, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return cast("list[T]", ended)


def _event_attributes(attributes: str | None) -> dict[str, Any]:
    """The sender's attributes in the event's own spelling."""
    if attributes is None:
        return {}
    return {
        name: {
            "stringValue": value.get("StringValue"),
            "binaryValue": value.get("BinaryValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in json.loads(attributes).items()
    }
