"""Published playbooks as a function sees them: kept in the process, read anew every few seconds.

A button press asks for its branch's playbook first, so this must cost nothing on most presses; and
anybody can put any branch's name into an address, so what does not exist is remembered too.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from switchboard.domain.errors import Misconfigured
from switchboard.playbook.snapshot import SnapshotOf
from switchboard.playbook.table import PlaybookTable

_BRANCH = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_BRANCHES = 1000
_VERSIONS = 100

P = TypeVar("P")
_Key = TypeVar("_Key", bound=Hashable)
_Kept = TypeVar("_Kept")


class LivePlaybooks(Generic[P]):
    """What every branch lives by, at most `ttl` seconds old.

    `missing_ttl` is how long a branch without a playbook is taken to have none. `clock` counts
    seconds and never goes back.
    """

    def __init__(
        self,
        table: PlaybookTable[P],
        *,
        clock: Callable[[], float] = time.monotonic,
        ttl: float = 15.0,
        missing_ttl: float = 5.0,
    ) -> None:
        self._table = table
        self._clock = clock
        self._ttl = ttl
        self._missing_ttl = missing_ttl
        self._live: _Recent[str, _Fresh[P]] = _Recent(_BRANCHES)
        # Apart from the live ones, so that guessed names cannot push real branches out.
        self._missing: _Recent[str, float] = _Recent(_BRANCHES)
        self._versions: _Recent[tuple[str, int], P] = _Recent(_VERSIONS)

    def get(self, branch: str) -> SnapshotOf[P] | None:
        """None for a branch that has no playbook, or for what cannot be a branch's name."""
        now = self._clock()
        kept = self._live.get(branch)
        if kept is not None and now < kept.until:
            return kept.snapshot
        if _BRANCH.fullmatch(branch) is None:
            return None
        missing_until = self._missing.get(branch)
        if missing_until is not None and now < missing_until:
            return None
        return self.refresh(branch)

    def refresh(self, branch: str) -> SnapshotOf[P] | None:
        """Reads a branch now: after something that we know has changed it."""
        if _BRANCH.fullmatch(branch) is None:
            return None
        snapshot = self._table.snapshot(branch)
        now = self._clock()
        if snapshot is None:
            self._live.drop(branch)
            self._missing.keep(branch, now + self._missing_ttl)
        else:
            self._missing.drop(branch)
            self._live.keep(branch, _Fresh(snapshot, now + self._ttl))
        return snapshot

    def at(self, branch: str, version: int) -> P:
        """The playbook as it was published under that number; read once, since it never changes.

        Raises Misconfigured when there is none.
        """
        kept = self._live.get(branch)
        if kept is not None and kept.snapshot.version == version:
            return kept.snapshot.playbook
        playbook = self._versions.get((branch, version))
        if playbook is None:
            if _BRANCH.fullmatch(branch):
                playbook = self._table.version(branch, version)
            if playbook is None:
                raise Misconfigured(f"there is no version {version} of this branch's playbook")
            self._versions.keep((branch, version), playbook)
        return playbook


class _Fresh(NamedTuple, Generic[P]):
    snapshot: SnapshotOf[P]
    until: float


class _Recent(Generic[_Key, _Kept]):
    """The most recently used things, up to a number of them."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def get(self, key: _Key) -> _Kept | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def keep(self, key: _Key, value: _Kept) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def drop(self, key: _Key) -> None:
        self._kept.pop(key, None)
