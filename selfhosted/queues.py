"""What may be done with queues, whoever asks: the SQS API, an event source, a schedule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from selfhosted.locality import queue_arn
from selfhosted.membership import Membership
from selfhosted.messages import (
    DEDUPLICATION_MS,
    Message,
    Positions,
    deduplication_key,
)
from selfhosted.moved_clock import MovedClock
from selfhosted.queue_store import QueueStore
from selfhosted.template import Queue

LONGEST_DELAY: Final = 900


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent. `key` overrides the key under which repeats are recognised."""

    body: str
    attributes: str | None = None
    group: str | None = None
    deduplication: str | None = None
    delay: int | None = None
    key: str | None = None


class Queues:
    """All queues of the application; what rests in them comes due by `clock`.

    `on_sent` listeners hear of each new durable message.
    """

    def __init__(
        self,
        queues: Iterable[Queue],
        store: QueueStore,
        membership: Membership,
        clock: MovedClock | None = None,
    ) -> None:
        self.clock = clock or MovedClock()
        self.by_name = {queue.name: queue for queue in queues}
        self.store = store
        self.membership = membership
        self.on_sent: list[Callable[[Message], None]] = []
        self.on_postponed: list[Callable[[str, str, int, int], None]] = []
        self.positions = Positions()

    async def send(self, queue: Queue, draft: Draft) -> Message:
        """Makes the message durable, then known; a repeat returns what it repeats."""
        now = self.clock.now_ms()
        remembered = queue.fifo or draft.key is not None
        delay = queue.delay if draft.delay is None else draft.delay
        identity = str(uuid4())
        message = Message(
            queue=queue.name,
            key=draft.key or _key(queue, draft, identity),
            id=identity,
            body=draft.body,
            position=self.positions.next(),
            sent_at=now,
            visible_at=now + delay * 1000,
            remember_until=now + DEDUPLICATION_MS if remembered else 0,
            group=draft.group,
            deduplication=draft.deduplication,
            attributes=draft.attributes,
        )
        stored = await self.store.put(queue, message)
        if stored is message:
            self._tell(message)
        return stored

    async def bury(self, queue: Queue, message: Message) -> None:
        """Moves a message that was received too often to the dead letters, as it was sent."""
        assert queue.redrive is not None  # noqa: S101 - asked only where there is one
        target = self.by_name[queue.redrive.dead_letters]
        dead = Message(
            queue=target.name,
            key=f"x{message.id}",
            id=message.id,
            body=message.body,
            position=self.positions.next(),
            # SQS keeps the time of first sending in standard queues; it is what an operator wants.
            sent_at=message.sent_at,
            visible_at=self.clock.now_ms(),
            remember_until=0,
            group=message.group if target.fifo else None,
            deduplication=message.deduplication,
            attributes=message.attributes,
            dead_letter_source=queue_arn(queue.name),
        )
        # Put before removed: after a crash between the two, the same key is put again.
        await self.store.put(target, dead)
        await self.store.remove(message, self.clock.now_ms())
        self._tell(dead)

    def exhausted(self, queue: Queue, message: Message) -> bool:
        return queue.redrive is not None and message.attempts >= queue.redrive.max_receives

    def resting_until(self, message: Message) -> int:
        """When a message from the database may be received: at once if the host that worked on it
        is dead."""
        if message.owner is not None and not self.membership.alive(message.owner):
            return 0
        return message.visible_at

    async def postpone(self, queue: Queue, key: str, attempts: int, seconds: int) -> bool:
        visible_at = self.clock.now_ms() + seconds * 1000
        done = await self.store.postpone(queue.name, key, attempts, visible_at)
        if done:
            for listener in self.on_postponed:
                listener(queue.name, key, attempts, visible_at)
        return done

    def _tell(self, message: Message) -> None:
        for listener in self.on_sent:
            listener(message)


def _key(queue: Queue, draft: Draft, identity: str) -> str:
    if not queue.fifo:
        return identity
    assert draft.deduplication is not None  # noqa: S101 - the API refuses a FIFO message without
    group = draft.group if queue.deduplicates_per_group else None
    return deduplication_key(group, draft.deduplication)
