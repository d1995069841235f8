"""A process that dies at its n-th call to the outside, before the call arrives or just after it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from switchboard.domain.effects import Parcel, Schedule
from switchboard.domain.events import Envelope
from switchboard.runtime.queues import Outbound, Timer
from switchboard.store.database import Database, Item, Request
from tests.pipeline.outside import InboxInMemory

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


class MortalOutbound(Outbound):
    def __init__(self, life: Life) -> None:
        self._life = life
        self.parcels: list[Parcel] = []

    def put(self, parcels: Sequence[Parcel], again: str = "") -> None:
        del again
        self._life.call(lambda: self.parcels.extend(parcels))


class MortalTimer(Timer):
    def __init__(self, life: Life) -> None:
        self._life = life
        self.schedules: list[Schedule] = []

    def put(self, envelope: Envelope, schedule: Schedule, now: datetime) -> None:
        del envelope, now
        self._life.call(lambda: self.schedules.append(schedule))


class MortalInbox(InboxInMemory):
    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def put(self, envelope: Envelope, once: str) -> None:
        self._life.call(lambda: super(MortalInbox, self).put(envelope, once))
