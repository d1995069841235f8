"""Published playbooks as they lie in the settings table: versions, and which one is live.

Items of a branch (pk = branch):
  playbook#00000007     one version, written once and never again
  live#playbook         the live version's number with its content, so that a read is one Query
  live#chat#-100200     a group that became a supergroup, and the id that it answers to now
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from switchboard.playbook.snapshot import SnapshotOf
from switchboard.store.database import Database, Item, Request

P = TypeVar("P")

_LIVE = "live#"
LIVE_PLAYBOOK = "live#playbook"
LIVE_CHAT = "live#chat#"


class PlaybookTable(Generic[P]):
    """Reads the playbooks of all branches. `read` makes of a version's JSON what the caller needs
    of it: the whole playbook, or a door's view.
    """

    def __init__(self, database: Database, table: str, read: Callable[[str], P]) -> None:
        self._database = database
        self._table = table
        self._read = read

    def snapshot(self, branch: str) -> SnapshotOf[P] | None:
        """The live playbook and the chats that have moved; None for an unpublished branch."""
        live: Item | None = None
        moves: dict[int, int] = {}
        for item in self._database.query(query_live(self._table, branch)):
            key = item["sk"]["S"]
            if key == LIVE_PLAYBOOK:
                live = item
            elif key.startswith(LIVE_CHAT):
                moves[int(key.removeprefix(LIVE_CHAT))] = int(item["new"]["N"])
        if live is None:
            return None
        moved = {old: present_id(moves, old) for old in moves}
        return SnapshotOf(int(live["version"]["N"]), self._read(live["content"]["S"]), moved)

    def version(self, branch: str, number: int) -> P | None:
        item = self._database.get(get_version(self._table, branch, number))
        return None if item is None else self._read(item["content"]["S"])


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
        "Item": {**_key(branch, LIVE_PLAYBOOK), **attributes},
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
        "Item": {**_key(branch, f"{LIVE_CHAT}{old}"), "new": {"N": str(new)}},
    }


def get_live(table: str, branch: str) -> Request:
    return {"TableName": table, "Key": _key(branch, LIVE_PLAYBOOK), "ConsistentRead": True}


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
        "ExpressionAttributeValues": {":live": {"S": LIVE_PLAYBOOK}},
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


def present_id(moves: Mapping[int, int], chat: int) -> int:
    """Where a chain of moves ends. No step is taken twice, whatever two writers at once left."""
    for _ in range(len(moves)):
        if chat not in moves:
            break
        chat = moves[chat]
    return chat
