"""Publishing a playbook, and reading it whole; `table.py` says how it lies in the settings table.

A publish writes the version first and then moves `live#playbook`: a crash between the two leaves a
version that nobody refers to, and the next publish goes on from there.
"""

from datetime import datetime
from typing import NamedTuple

from switchboard.domain.errors import Conflict
from switchboard.playbook.model import Playbook
from switchboard.playbook.snapshot import SnapshotOf
from switchboard.playbook.table import (
    LIVE_CHAT,
    PlaybookTable,
    digest,
    get_live,
    item_of,
    present_id,
    put_live,
    put_migration,
    put_version,
    query_live,
    scan_live,
)
from switchboard.store.database import ConditionFailed, Database, Item

Snapshot = SnapshotOf[Playbook]

_ABANDONED = 20
"""How many versions in a row may have been left behind by publishes that never went live."""


class Published(NamedTuple):
    """The live version after a publish; `changed` is False when it already said the same."""

    version: int
    changed: bool


class PlaybookStore(PlaybookTable[Playbook]):
    """Playbooks of all branches in one settings table."""

    def __init__(self, database: Database, table: str) -> None:
        super().__init__(database, table, Playbook.model_validate_json)

    def publish(self, playbook: Playbook, now: datetime) -> Published:
        """Makes a playbook the live one of its branch; the same content again changes nothing.

        Raises Conflict when somebody else published at the same moment: theirs is live, ours is
        not, and a person decides.
        """
        content = playbook.model_dump_json()
        seen = self._live(playbook.branch)
        if seen is not None and seen["digest"]["S"] == digest(content):
            return Published(int(seen["version"]["N"]), changed=False)
        before = None if seen is None else int(seen["version"]["N"])
        version = self._write_version(playbook.branch, content, (before or 0) + 1, now)
        attributes = item_of(content, version, now)
        try:
            self._database.put(put_live(self._table, playbook.branch, attributes, before))
        except ConditionFailed as failure:
            there = failure.item
            if there is not None and there["digest"]["S"] == digest(content):
                return Published(int(there["version"]["N"]), changed=False)
            raise Conflict(f"branch {playbook.branch}: another publish came first") from None
        return Published(version, changed=True)

    def branches(self) -> list[str]:
        """Every branch that has a live playbook, in alphabetical order. Reads the whole table."""
        return sorted(item["pk"]["S"] for item in self._database.scan(scan_live(self._table)))

    def record_migration(self, branch: str, old: int, new: int) -> bool:
        """Notes that a group answers to another id now. Telling it twice changes nothing.

        False, and nothing is written, where it would lead a chat back to itself.
        """
        moves = {
            int(item["sk"]["S"].removeprefix(LIVE_CHAT)): int(item["new"]["N"])
            for item in self._database.query(query_live(self._table, branch, LIVE_CHAT))
        }
        if present_id(moves, new) == old:
            return False
        if moves.get(old) != new:
            self._database.put(put_migration(self._table, branch, old, new))
        return True

    def _live(self, branch: str) -> Item | None:
        return self._database.get(get_live(self._table, branch))

    def _write_version(self, branch: str, content: str, first: int, now: datetime) -> int:
        """Writes the content under the first free number, or finds it there from a publish cut off.

        Numbers taken by other content were left behind, or belong to a publish under way right
        now; in that case the move of `live#playbook` decides between us.
        """
        for number in range(first, first + _ABANDONED):
            try:
                self._database.put(put_version(self._table, branch, item_of(content, number, now)))
            except ConditionFailed as failure:
                if failure.item is None or failure.item["digest"]["S"] != digest(content):
                    continue
            return number
        raise Conflict(f"branch {branch}: {_ABANDONED} versions from {first} on are taken")
