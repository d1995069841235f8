"""Messages in the database: one write to send, one to lease, one to delete.

    send      PutItem      if nothing stands under the key (or what stands there is forgotten)
    lease     UpdateItem   attempts n → n + 1, if it still stands at n
    postpone  UpdateItem   visible later, if it still stands at n
    remove    DeleteItem   if it still stands at n; or PutItem of a memory, for deduplication

`attempts` is the version that every conditional write names: of two hosts that want the same
message one gets it, and a receiver whose time is over can no longer delete what another is
working on. A message that rests or runs stands in the sparse index `waiting`, by its position; a
memory of one that is gone does not.
"""

import dataclasses
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from selfhosted.database import ConditionFailedError, Database, Item
from selfhosted.messages import Message, from_record
from selfhosted.tables import MESSAGES, MESSAGES_WAITING
from selfhosted.template import Queue

# Only a message that is not gone has a position.
UNCHANGED: Final = "attempts = :attempts AND attribute_exists(#position)"
NAMES: Final = {"#position": "position"}


class QueueStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, queue: Queue, message: Message) -> Message:
        """Makes `message` durable and returns it.

        A repeat changes nothing and returns another object: the message that it repeats.
        """
        while True:
            try:
                await self._database.call("PutItem", self._put_request(queue, message))
            except ConditionFailedError as refusal:
                found = refusal.item or {}
                if found.get("message_id", {}).get("S") == message.id:
                    return message  # Our own write, repeated after its answer was lost.
                if not _outlived(found, message):
                    return dataclasses.replace(
                        message,
                        id=found["message_id"]["S"],
                        position=_position(found),
                    )
                # It has waited beyond the five minutes of deduplication: this one is new.
                message.key = f"{message.key}+{_position(found)}"
            else:
                return message

    async def lease(self, message: Message, now: int, until: int, owner: str | None) -> bool:
        """Counts a receive of `message`; updates it in place. False: it is no longer as we knew."""
        names = "attempts = :next, visible_at = :until"
        values = {
            ":attempts": {"N": str(message.attempts)},
            ":next": {"N": str(message.attempts + 1)},
            ":until": {"N": str(until)},
            ":now": {"N": str(now)},
        }
        update = f"SET {names}, first_received = if_not_exists(first_received, :now)"
        if owner is None:
            update += " REMOVE lease_owner"
        else:
            update += ", lease_owner = :owner"
            values[":owner"] = {"S": owner}
        try:
            await self._update(message.queue, message.key, update, values)
        except ConditionFailedError as refusal:
            if owner is None or not _is_lease(refusal.item, message.attempts + 1, owner):
                return False
        message.attempts += 1
        message.visible_at = until
        message.owner = owner
        message.first_received = message.first_received or now
        return True

    async def postpone(self, queue: str, key: str, attempts: int, visible_at: int) -> bool:
        """Lets a leased message rest until `visible_at`; False where this receive is over."""
        values = {":attempts": {"N": str(attempts)}, ":until": {"N": str(visible_at)}}
        update = "SET visible_at = :until REMOVE lease_owner"
        try:
            await self._update(queue, key, update, values)
        except ConditionFailedError:
            return False
        return True

    async def remove(self, message: Message, now: int) -> bool:
        """Deletes a message; False where it was received anew meanwhile, or is already gone."""
        values = {":attempts": {"N": str(message.attempts)}}
        request: dict[str, Any] = {
            "TableName": MESSAGES,
            "ConditionExpression": UNCHANGED,
            "ExpressionAttributeNames": NAMES,
            "ExpressionAttributeValues": values,
        }
        try:
            if message.remember_until <= now:
                await self._database.call("DeleteItem", {**request, "Key": _key(message)})
            else:
                await self._database.call("PutItem", {**request, "Item": _memory(message)})
        except ConditionFailedError:
            return False
        return True

    async def get(self, queue: str, key: str) -> Message | None:
        """The message as it stands now; None where it is gone."""
        answer = await self._database.call(
            "GetItem",
            {
                "TableName": MESSAGES,
                "Key": {"pk": {"S": queue}, "sk": {"S": key}},
                "ConsistentRead": True,
            },
        )
        item = answer.get("Item")
        return from_record(item) if item is not None and "position" in item else None

    async def waiting(self, queue: str, after: int = 0) -> AsyncIterator[Message]:
        """Every message of `queue` beyond the position `after`, in order, as of now."""
        request: dict[str, Any] = {
            "TableName": MESSAGES,
            "IndexName": MESSAGES_WAITING,
            "KeyConditionExpression": "pk = :queue AND #position > :after",
            "ExpressionAttributeNames": NAMES,
            "ExpressionAttributeValues": {":queue": {"S": queue}, ":after": {"N": str(after)}},
            "ConsistentRead": True,
        }
        while True:
            answer = await self._database.call("Query", request)
            for item in answer["Items"]:
                yield from_record(item)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def _update(self, queue: str, key: str, update: str, values: Mapping[str, Any]) -> None:
        await self._database.call(
            "UpdateItem",
            {
                "TableName": MESSAGES,
                "Key": {"pk": {"S": queue}, "sk": {"S": key}},
                "UpdateExpression": update,
                "ConditionExpression": UNCHANGED,
                "ExpressionAttributeNames": NAMES,
                "ExpressionAttributeValues": values,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )

    def _put_request(self, queue: Queue, message: Message) -> dict[str, Any]:
        return {
            "TableName": MESSAGES,
            "Item": message.record(message.sent_at // 1000 + queue.retention),
            # Free, or a memory of a message whose five minutes are over: the database's own
            # expiry comes later than its time.
            "ConditionExpression": "attribute_not_exists(pk) OR "
            "(attribute_not_exists(#position) AND remember_until < :now)",
            "ExpressionAttributeNames": NAMES,
            "ExpressionAttributeValues": {":now": {"N": str(message.sent_at)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _position(found: Item) -> int:
    """Where a message stands, or stood."""
    stands: Item | None = found.get("position") or found.get("was_at")
    return 0 if stands is None else int(stands["N"])


def _outlived(found: Item, message: Message) -> bool:
    return "position" in found and int(found["remember_until"]["N"]) < message.sent_at


def _key(message: Message) -> Item:
    return {"pk": {"S": message.queue}, "sk": {"S": message.key}}


def _memory(message: Message) -> Item:
    """What stays of a deleted message: enough to answer a repeat as SQS does."""
    return {
        **_key(message),
        "message_id": {"S": message.id},
        "was_at": {"N": str(message.position)},
        "remember_until": {"N": str(message.remember_until)},
        "expires_at": {"N": str(message.remember_until // 1000 + 1)},
    }


def _is_lease(item: Item | None, attempts: int, owner: str) -> bool:
    """Whether the write that seems refused is our own, repeated after its answer was lost."""
    if item is None:
        return False
    mine = item.get("lease_owner", {}).get("S") == owner
    return bool(mine and item["attempts"]["N"] == str(attempts))
