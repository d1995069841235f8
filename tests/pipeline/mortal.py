"""A process that dies at its n-th call to the outside, before the call arrives or just after it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from switchboard.domain.effects import Parcel, Schedule
from switchboard.domain.events import Envelope
from switchboard.store.database import Database, Item, Request

T = TypeVar("T")


class Died(BaseException):
    """Nothing in the process can catch this, as nothing in it can catch SIGKILL."""


class Life:
    """Counts calls. `ends_at` 0 is a life without end; a process started anew lives on."""

    def __init__(self, ends_at: int = 0, *, acted: bool = False) -> None:
        self.calls = 0
        self._ends_at = ends_at
        self._acted = acted

    def call(self, act: Callable[[], T]) -> T:
        self.calls += 1
        if self.calls != self._ends_at:
            return act()
        if self._acted:
            # Refused or not, he does not live to hear of it.
            with suppress(Exception):
                act()
        raise Died


class MortalDatabase(Database):
    """A database on the other side of a wire that the process may not live to hear from."""

    def __init__(self, database: Database, life: Life) -> None:
        self._to = database
        self._life = life

    def get(self, request: Request) -> Item | None:
        return self._life.call(lambda: self._to.get(request))

    def put(self, request: Request) -> None:
        self._life.call(lambda: self._to.put(request))

    def update(self, request: Request) -> Item:
        return self._life.call(lambda: self._to.update(request))

    def query(self, request: Request) -> Iterator[Item]:
        return iter(self._life.call(lambda: list(self._to.query(request))))

    def put_all(self, table: str, items: Sequence[Item]) -> None:
        if items:
            self._life.call(lambda: self._to.put_all(table, items))


class Queues:
    """The outbound queue, the timer and the inbox of a process that may die."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.parcels: list[Parcel] = []
        self.timers: list[Schedule] = []
        self.inbox: list[Envelope] = []

    def put(self, first: Any, *rest: Any, once: str = "") -> None:
        """One method for all three, told apart by what is put."""
        del once
        self._life.call(lambda: self._take(first, *rest))

    def _take(self, first: Any, *rest: Any) -> None:
        if rest and isinstance(rest[0], Schedule):
            self.timers.append(rest[0])
        elif isinstance(first, Envelope):
            self.inbox.append(first)
        else:
            self.parcels += first
