"""What has happened, in plain words, and the wake-up for the pages that watch."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from sandbox.clock import now

Kind = Literal["crm", "telegram", "person", "switchboard", "fault"]

# A page needs no more than this of the past; call logs keep the whole story.
KEPT = 300
# Changes closer together than this reach the page as one.
COALESCE_SECONDS = 0.06


@dataclass(frozen=True)
class Happening:
    """One line of the journal that the page shows. `at` is Unix time in seconds."""

    number: int
    at: float
    kind: Kind
    text: str
    bad: bool = False


class Feed:
    """The journal, and one asyncio.Event per watching page."""

    def __init__(self) -> None:
        self.revision = 0
        self.happenings: deque[Happening] = deque(maxlen=KEPT)
        self._number = 0
        self._watchers: set[asyncio.Event] = set()
        self._closed = False

    def tell(self, kind: Kind, text: str, *, bad: bool = False) -> None:
        """Write a line into the journal and wake the pages."""
        self._number += 1
        self.happenings.append(Happening(self._number, now(), kind, text, bad))
        self.changed()

    def changed(self) -> None:
        """Something that the page shows is different now."""
        self.revision += 1
        for watcher in self._watchers:
            watcher.set()

    def clear(self) -> None:
        self.happenings.clear()
        self.changed()

    def close(self) -> None:
        """End every stream, so that the server can stop without waiting for pages."""
        self._closed = True
        self.changed()

    async def changes(self) -> AsyncIterator[int]:
        """The revision now, and again after each change, until closed."""
        watcher = asyncio.Event()
        watcher.set()
        self._watchers.add(watcher)
        try:
            while not self._closed:
                await watcher.wait()
                watcher.clear()
                yield self.revision
                await asyncio.sleep(COALESCE_SECONDS)
        finally:
            self._watchers.discard(watcher)
