"""How full the queues of a running host are, and how long their oldest messages have waited."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from cli.connection import Connection
from selfhosted.messages import Message, from_record
from selfhosted.tables import MESSAGES, MESSAGES_WAITING

QUEUES = ("INBOX", "OUTBOUND", "TIMER")


class Depth(NamedTuple):
    """`waiting` counts what has not been done yet, whether it is due, running or resting."""

    name: str
    waiting: int
    oldest_seconds: float
    dead: int


def depths(connection: Connection, now: datetime) -> list[Depth]:
    return [_depth(connection, name, now) for name in QUEUES]


def _depth(connection: Connection, name: str, now: datetime) -> Depth:
    messages = list(_waiting(connection, f"{name}_QUEUE_URL"))
    oldest = max((_age(message, now) for message in messages), default=0.0)
    dead = sum(1 for _ in _waiting(connection, f"{name}_DEAD_QUEUE_URL"))
    return Depth(name.lower(), len(messages), round(oldest, 1), dead)


def _waiting(connection: Connection, variable: str) -> Iterator[Message]:
    client: Any = connection.client("dynamodb")
    pages = client.get_paginator("query").paginate(
        TableName=MESSAGES,
        IndexName=MESSAGES_WAITING,
        KeyConditionExpression="pk = :queue",
        ExpressionAttributeValues={":queue": {"S": connection.name(variable).rsplit("/", 1)[-1]}},
    )
    for page in pages:
        yield from map(from_record, page["Items"])


def _age(message: Message, now: datetime) -> float:
    """Seconds since it was sent; of one that was sent with a delay, since it came due."""
    since = message.sent_at if message.attempts else message.visible_at
    return max(0.0, now.timestamp() - since / 1000)
