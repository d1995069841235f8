"""Published playbooks in the settings table: versions that never change, and which one is live.

Items of a branch (pk = branch):
  playbook#00000007     one version, written once and never again
  live#playbook         the live version's number with its content, so that a read is one Query
  live#chat#-100200     a group that became a supergroup, and the id that it answers to now

A publish writes the version first and then moves `live#playbook`: a crash between the two leaves a
version that nobody refers to, and the next publish goes on from there.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from switchboard.domain.errors import Conflict
from switchboard.playbook.model import Playbook
from switchboard.store.database import ConditionFailed, Database, Item, Request

_LIVE = "live#"
_LIVE_PLAYBOOK = "live#playbook"
_LIVE_CHAT = "live#chat#"
_ABANDONED = 20
"""How many versions in a row may have been left behind by publishes that never went live."""


class Published(NamedTuple):
    """The live version after a publish; `changed` is False when it already said the same."""

    version: int
    changed: bool


class Snapshot(NamedTuple):
    """What a branch lives by at one moment. `moved` leads straight to a chat's present id."""

    version: int
    playbook: Playbook
    moved: Mapping[int, int]

    def chat(self, chat: int) -> int:
        """The id that a chat of the playbook answers to now."""
        return self.moved.get(chat, chat)


class PlaybookStore:
    """Playbooks of all branches in one settings table."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

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

    def snapshot(self, branch: str) -> Snapshot | None:
        """The live playbook and the chats that have moved; None for an unpublished branch."""
        live: Item | None = None
        moves: dict[int, int] = {}
        for item in self._database.query(query_live(self._table, branch)):
            key = item["sk"]["S"]
            if key == _LIVE_PLAYBOOK:
                live = item
            elif key.startswith(_LIVE_CHAT):
                moves[int(key.removeprefix(_LIVE_CHAT))] = int(item["new"]["N"])
        if live is None:
            return None
        moved = {old: _present_id(moves, old) for old in moves}
        return Snapshot(int(live["version"]["N"]), _playbook(live), moved)

    def version(self, branch: str, number: int) -> Playbook | None:
        item = self._database.get(get_version(self._table, branch, number))
        return None if item is None else _playbook(item)

    def branches(self) -> list[str]:
        """Every branch that has a live playbook, in alphabetical order. Reads the whole table."""
        return sorted(item["pk"]["S"] for item in self._database.scan(scan_live(self._table)))

    def record_migration(self, branch: str, old: int, new: int) -> bool:
        """Notes that a group answers to another id now. Telling it twice changes nothing.

        False, and nothing is written, where it would lead a chat back to itself.
        """
        moves = {
            int(item["sk"]["S"].removeprefix(_LIVE_CHAT)): int(item["new"]["N"])
            for item in self._database.query(query_live(self._table, branch, _LIVE_CHAT))
        }
        if _present_id(moves, new) == old:
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


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def put_version(table: str, branch: str, attributes: Item) -> Request:
    """Writes a version that was never there: versions do not change."""
    number = int(attributes["version"]["N"])
    return {
        "TableName": table,
        "Item": {**_key(branch, _version_key(number)), **attributes},
        "ConditionExpression": "attribute_not_exists(sk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def put_live(table: str, branch: str, attributes: Item, before: int | None) -> Request:
    """Moves the branch to a version, if it still is where we saw it: at `before`, or nowhere."""
    request: dict[str, object] = {
        "TableName": table,
        "Item": {**_key(branch, _LIVE_PLAYBOOK), **attributes},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if before is None:
        return {**request, "ConditionExpression": "attribute_not_exists(sk)"}
    return {
        **request,
        "ConditionExpression": "#version = :before",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":before": {"N": str(before)}},
    }


def put_migration(table: str, branch: str, old: int, new: int) -> Request:
    return {
        "TableName": table,
        "Item": {**_key(branch, f"{_LIVE_CHAT}{old}"), "new": {"N": str(new)}},
    }


def get_live(table: str, branch: str) -> Request:
    return {"TableName": table, "Key": _key(branch, _LIVE_PLAYBOOK), "ConsistentRead": True}


def get_version(table: str, branch: str, number: int) -> Request:
    """Consistent: an event may be pinned to a version published a moment ago."""
    return {"TableName": table, "Key": _key(branch, _version_key(number)), "ConsistentRead": True}


def query_live(table: str, branch: str, prefix: str = _LIVE) -> Request:
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :branch AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":branch": {"S": branch}, ":prefix": {"S": prefix}},
        "ConsistentRead": True,
    }


def scan_live(table: str) -> Request:
    return {
        "TableName": table,
        "FilterExpression": "sk = :live",
        "ExpressionAttributeValues": {":live": {"S": _LIVE_PLAYBOOK}},
        "ProjectionExpression": "pk",
    }


def _key(branch: str, sk: str) -> Item:
    return {"pk": {"S": branch}, "sk": {"S": sk}}


def _version_key(number: int) -> str:
    return f"playbook#{number:08d}"


def item_of(content: str, version: int, now: datetime) -> Item:
    return {
        "version": {"N": str(version)},
        "content": {"S": content},
        "digest": {"S": digest(content)},
        "published_at": {"S": now.isoformat(timespec="seconds")},
    }


def _playbook(item: Item) -> Playbook:
    return Playbook.model_validate_json(item["content"]["S"])


def _present_id(moves: Mapping[int, int], chat: int) -> int:
    """Where a chain of moves ends. No step is taken twice, whatever two writers at once left."""
    for _ in range(len(moves)):
        if chat not in moves:
            break
        chat = moves[chat]
    return chat
