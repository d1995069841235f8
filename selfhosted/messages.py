"""A message of a queue, as it stands in the database and as it is seen by a receiver."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from selfhosted.database import Item

SHARDS: Final = 16
DEDUPLICATION_MS: Final = 300_000


class Positions:
    """Positions of messages in time, strictly rising within this process: nanoseconds of the clock.

    Never before a position that was seen, whoever gave it: neither a clock that was set back nor
    another host's clock makes a later message of a group come first.
    """

    def __init__(self) -> None:
        self._last = 0

    def seen(self, position: int) -> None:
        self._last = max(self._last, position)

    def next(self) -> int:
        self._last = max(time.time_ns(), self._last + 1)
        return self._last


def shard_of(name: str) -> int:
    """The share of the work that `name`, a group or a message, belongs to; 0 ≤ shard < SHARDS."""
    return crc32(name.encode()) % SHARDS


@dataclass(slots=True)
class Message:
    """Times are milliseconds since 1970. `attempts` counts receives and versions the item.

    `group` orders; a message of a standard queue is a group of its own. `owner` is the host that
    is working on it, None where it rests until `visible_at`. `remember_until`: for so long its key
    is kept after deletion, so that a repeat is recognised. `attributes` is the sender's
    MessageAttributes as JSON. `crashes`, not stored, counts the processes that died over it in a
    row on this host.
    """

    queue: str
    key: str
    id: str
    body: str
    position: int
    sent_at: int
    visible_at: int
    remember_until: int
    group: str | None = None
    deduplication: str | None = None
    attributes: str | None = None
    attempts: int = 0
    owner: str | None = None
    first_received: int | None = None
    dead_letter_source: str | None = None
    crashes: int = 0

    @property
    def ordering(self) -> str:
        return self.key if self.group is None else self.group

    @property
    def shard(self) -> int:
        return shard_of(self.ordering)

    @property
    def receipt(self) -> str:
        """Names the message and this very receive of it."""
        return base64.urlsafe_b64encode(json.dumps([self.key, self.attempts]).encode()).decode()

    def record(self, expires_at: int) -> Item:
        """The item to store; `expires_at` in seconds is when the database may drop it."""
        item: Item = {
            "pk": {"S": self.queue},
            "sk": {"S": self.key},
            "position": {"N": str(self.position)},
            "message_id": {"S": self.id},
            "body": {"S": self.body},
            "sent_at": {"N": str(self.sent_at)},
            "visible_at": {"N": str(self.visible_at)},
            "remember_until": {"N": str(self.remember_until)},
            "attempts": {"N": str(self.attempts)},
            "expires_at": {"N": str(expires_at)},
        }
        optional = {
            "group_id": self.group,
            "deduplication": self.deduplication,
            "message_attributes": self.attributes,
            "dead_letter_source": self.dead_letter_source,
        }
        item.update({name: {"S": value} for name, value in optional.items() if value is not None})
        return item

    def received(self) -> dict[str, Any]:
        """What receivers of every kind are told, under SQS's names."""
        attributes = {
            "ApproximateReceiveCount": str(self.attempts),
            "SentTimestamp": str(self.sent_at),
            "SenderId": "AROALOCALHOST:local",
            "ApproximateFirstReceiveTimestamp": str(self.first_received or self.sent_at),
        }
        if self.group is not None:
            attributes["MessageGroupId"] = self.group
        if self.deduplication is not None:
            attributes["MessageDeduplicationId"] = self.deduplication
            attributes["SequenceNumber"] = sequence_number(self.position)
        if self.dead_letter_source is not None:
            attributes["DeadLetterQueueSourceArn"] = self.dead_letter_source
        return attributes


def from_record(item: Item) -> Message:
    def text(name: str) -> str | None:
        return item[name]["S"] if name in item else None

    return Message(
        queue=item["pk"]["S"],
        key=item["sk"]["S"],
        id=item["message_id"]["S"],
        body=item["body"]["S"],
        position=int(item["position"]["N"]),
        sent_at=int(item["sent_at"]["N"]),
        visible_at=int(item["visible_at"]["N"]),
        remember_until=int(item["remember_until"]["N"]),
        group=text("group_id"),
        deduplication=text("deduplication"),
        attributes=text("message_attributes"),
        attempts=int(item["attempts"]["N"]),
        owner=text("lease_owner"),
        first_received=int(item["first_received"]["N"]) if "first_received" in item else None,
        dead_letter_source=text("dead_letter_source"),
    )


def sequence_number(position: int) -> str:
    return f"{position:020d}"


def parse_receipt(receipt: str) -> tuple[str, int] | None:
    """The key and the attempt in a receipt handle; None where it is none of ours."""
    try:
        key, attempt = json.loads(base64.urlsafe_b64decode(receipt.encode()))
        return str(key), int(attempt)
    except (ValueError, TypeError):
        return None


def deduplication_key(group: str | None, deduplication: str) -> str:
    """The key that all repeats of a message share; `group` where the scope is the group."""
    text = json.dumps([group, deduplication])
    return "d" + hashlib.sha256(text.encode()).hexdigest()[:40]


def md5(text: str) -> str:
    """SQS's checksum of a body; boto3 compares it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
