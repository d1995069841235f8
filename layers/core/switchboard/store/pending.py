"""The index `pending`: items in which something waits to be handed on, since when.

sweep S  a partition of the index        pending N  since when (seconds)

Sparse: an item that lacks either attribute does not stand in it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from zlib import crc32

from switchboard.store.database import Database

SWEEPS = 4
"""Partitions of the index, so that no single one takes the writes of all items."""


class Left(NamedTuple):
    """The keys of an item in which something has waited since a moment."""

    pk: str
    sk: str
    since: datetime


def sweep_of(name: str) -> str:
    """The partition in which an item of this name stands."""
    return str(crc32(name.encode()) % SWEEPS)


def left_since(database: Database, table: str, before: datetime) -> Iterator[Left]:
    """The items of a table in which something has waited since before that moment."""
    for sweep in range(SWEEPS):
        request = {
            "TableName": table,
            "IndexName": "pending",
            "KeyConditionExpression": "#sweep = :sweep AND #pending < :before",
            "ExpressionAttributeNames": {"#sweep": "sweep", "#pending": "pending"},
            "ExpressionAttributeValues": {
                ":sweep": {"S": str(sweep)},
                ":before": {"N": str(int(before.timestamp()))},
            },
        }
        for item in database.query(request):
            since = datetime.fromtimestamp(int(item["pending"]["N"]), UTC)
            yield Left(item["pk"]["S"], item["sk"]["S"], since)
