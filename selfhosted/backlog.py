"""Which message may be worked on next: groups in order, one of each group at a time.

The database is the truth; this is the host's picture of its share of one queue. Pure: time is an
argument. A group's head holds the group back while it runs and while it rests.
"""

import heapq
from bisect import insort

from selfhosted.messages import Message


class Backlog:
    def __init__(self) -> None:
        self._groups: dict[str, list[Message]] = {}
        self._known: dict[str, Message] = {}
        self._running: dict[str, Message] = {}
        # (visible_at, position, group) of heads; an entry that no longer fits is skipped.
        self._heads: list[tuple[int, int, str]] = []

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def add(self, message: Message) -> None:
        """Takes up a message; one that is known already is left as it is."""
        if message.key in self._known:
            return
        self._known[message.key] = message
        group = self._groups.setdefault(message.ordering, [])
        insort(group, message, key=lambda m: m.position)
        if group[0] is message:
            self._offer(message.ordering)

    def take(self, now: int, limit: int) -> list[Message]:
        """Up to `limit` messages of different groups that are due; they run until told off."""
        taken: list[Message] = []
        while len(taken) < limit and (head := self._due_head(now)) is not None:
            heapq.heappop(self._heads)
            self._running[head.ordering] = head
            taken.append(head)
        return taken

    def due(self, now: int, limit: int) -> int:
        """How many messages `take` would give now, counted up to `limit`."""
        count = 0
        for visible_at, position, group in self._heads:
            if visible_at <= now and self._current(visible_at, position, group):
                count += 1
                if count == limit:
                    break
        return count

    def next_due(self) -> int | None:
        """When the next head comes due; None where nothing waits."""
        while self._heads:
            if self._current(*self._heads[0]):
                return self._heads[0][0]
            heapq.heappop(self._heads)
        return None

    def put_back(self, message: Message, visible_at: int) -> None:
        """A running message comes to rest: it stays the head of its group until `visible_at`."""
        message.visible_at = visible_at
        self._running.pop(message.ordering, None)
        self._offer(message.ordering)

    def postponed(self, key: str, attempts: int, visible_at: int) -> bool:
        """A message that is at rest after that many attempts rests until `visible_at` instead.

        False where it is not known, runs, or has been received since.
        """
        message = self._known.get(key)
        if message is None or message.attempts != attempts or self.is_running(message):
            return False
        message.visible_at = visible_at
        if self._groups[message.ordering][0] is message:
            self._offer(message.ordering)
        return True

    def resting(self, after: int) -> dict[str, Message]:
        """What does not run beyond the position `after`, by its key."""
        return {
            key: message
            for key, message in self._known.items()
            if message.position > after and not self.is_running(message)
        }

    def drop(self, message: Message) -> None:
        """Forgets a message that has gone without us, if it is still at rest here."""
        if self._known.get(message.key) is not message or self.is_running(message):
            return
        del self._known[message.key]
        group = self._groups[message.ordering]
        group[:] = [other for other in group if other is not message]
        if group:
            self._offer(message.ordering)
        else:
            del self._groups[message.ordering]

    def done(self, message: Message) -> None:
        """A running message is gone: its group goes on."""
        self._running.pop(message.ordering, None)
        self._known.pop(message.key, None)
        group = self._groups.get(message.ordering, [])
        if message in group:
            group.remove(message)
        if group:
            self._offer(message.ordering)
        else:
            self._groups.pop(message.ordering, None)

    def forget(self, shard: int) -> None:
        """Drops what of a shard is not running: another host takes it over."""
        for ordering, group in list(self._groups.items()):
            if group[0].shard != shard:
                continue
            for message in group:
                self._known.pop(message.key, None)
            running = self._running.get(ordering)
            if running is None:
                del self._groups[ordering]
            else:
                group[:] = [running]
                self._known[running.key] = running

    def is_running(self, message: Message) -> bool:
        return self._running.get(message.ordering) is message

    def runs(self, shard: int) -> bool:
        return any(message.shard == shard for message in self._running.values())

    def _offer(self, ordering: str) -> None:
        if ordering in self._running or ordering not in self._groups:
            return
        head = self._groups[ordering][0]
        heapq.heappush(self._heads, (head.visible_at, head.position, ordering))

    def _due_head(self, now: int) -> Message | None:
        due = self.next_due()
        if due is None or due > now:
            return None
        return self._groups[self._heads[0][2]][0]

    def _current(self, visible_at: int, position: int, ordering: str) -> bool:
        if ordering in self._running or ordering not in self._groups:
            return False
        head = self._groups[ordering][0]
        return head.visible_at == visible_at and head.position == position
