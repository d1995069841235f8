"""The SQS API for unmodified boto3: AWS JSON 1.0, straight on the database.

Source: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference. What it serves stands in
OPERATIONS; every other call is refused by name.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from selfhosted.http import Request, Response
from selfhosted.locality import last_part, queue_arn, queue_url
from selfhosted.messages import Message
from selfhosted.queues import Queues
from selfhosted.sqs_messages import (
    SIZE_LIMIT,
    Body,
    SqsError,
    draft,
    receipt,
    received,
    refusal,
    sent,
    within,
)
from selfhosted.template import Queue

TARGET: Final = "AmazonSQS."
LONGEST_VISIBILITY: Final = 43_200
BATCH_LIMIT: Final = 10
LONGEST_WAIT: Final = 20
# How often a waiting receiver looks for what was sent through other hosts, in seconds.
LOOK: Final = 0.25


class SqsApi:
    def __init__(self, queues: Queues, endpoint: str) -> None:
        self._queues = queues
        self._endpoint = endpoint
        self._arrival = asyncio.Event()
        self._operations: dict[str, Callable[[Body], Awaitable[dict[str, Any]]]] = {
            "SendMessage": self._send_message,
            "SendMessageBatch": self._send_message_batch,
            "ReceiveMessage": self._receive_message,
            "DeleteMessage": self._delete_message,
            "DeleteMessageBatch": self._delete_message_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "GetQueueUrl": self._get_queue_url,
            "GetQueueAttributes": self._get_queue_attributes,
            "ListQueues": self._list_queues,
        }
        queues.on_sent.append(self._wake)

    async def answer(self, request: Request) -> Response:
        name = request.headers.get("x-amz-target", "").removeprefix(TARGET)
        try:
            result = await self._operation(name)(json.loads(request.body))
        except SqsError as error:
            return refusal(error)
        except (ValueError, KeyError, TypeError) as error:
            return refusal(SqsError("InvalidParameterValue", f"malformed request: {error!r}"))
        return Response(
            200, json.dumps(result).encode(), (("content-type", "application/x-amz-json-1.0"),)
        )

    def _operation(self, name: str) -> Callable[[Body], Awaitable[dict[str, Any]]]:
        if name not in self._operations:
            raise SqsError("UnsupportedOperation", f"the host does not serve {name}")
        return self._operations[name]

    def _queue(self, body: Body) -> Queue:
        name = last_part(str(body["QueueUrl"]))
        queue = self._queues.by_name.get(name)
        if queue is None:
            raise SqsError("QueueDoesNotExist", "The specified queue does not exist.")
        return queue

    def _wake(self, _: Message) -> None:
        self._arrival.set()
        self._arrival = asyncio.Event()

    async def _send_message(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        message = await self._queues.send(queue, draft(queue, body))
        return sent(queue, message)

    async def _send_message_batch(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        entries = body["Entries"]
        if not 1 <= len(entries) <= BATCH_LIMIT:
            raise SqsError("TooManyEntriesInBatchRequest", f"1 to {BATCH_LIMIT} entries, please.")
        if len({entry["Id"] for entry in entries}) != len(entries):
            raise SqsError("BatchEntryIdsNotDistinct", "Two entries have the same Id.")
        if sum(len(str(entry["MessageBody"]).encode()) for entry in entries) > SIZE_LIMIT:
            raise SqsError("BatchRequestTooLong", f"The batch exceeds {SIZE_LIMIT} bytes.")
        # In a group the order of entries is the order of messages, so each write waits for the
        # one before; groups do not wait for each other.
        groups: dict[str, list[Body]] = {}
        for entry in entries:
            groups.setdefault(str(entry.get("MessageGroupId", entry["Id"])), []).append(entry)
        done = await asyncio.gather(*(self._send_all(queue, group) for group in groups.values()))
        results = {result["Id"]: result for part in done for result in part}
        ordered = [results[entry["Id"]] for entry in entries]
        return {
            "Successful": [result for result in ordered if "MessageId" in result],
            "Failed": [result for result in ordered if "MessageId" not in result],
        }

    async def _send_all(self, queue: Queue, entries: list[Body]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for entry in entries:
            try:
                message = await self._queues.send(queue, draft(queue, entry))
                results.append({"Id": entry["Id"], **sent(queue, message)})
            except SqsError as error:
                failure = {"Code": error.code, "Message": str(error), "SenderFault": True}
                results.append({"Id": entry["Id"], **failure})
        return results

    async def _receive_message(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        limit = within(body.get("MaxNumberOfMessages", 1), 1, BATCH_LIMIT, "MaxNumberOfMessages")
        wait = within(body.get("WaitTimeSeconds", 0), 0, LONGEST_WAIT, "WaitTimeSeconds")
        seconds = within(
            body.get("VisibilityTimeout", queue.visibility),
            0,
            LONGEST_VISIBILITY,
            "VisibilityTimeout",
        )
        deadline = time.monotonic() + wait
        while True:
            arrival = self._arrival
            messages = await self._lease(queue, limit, seconds)
            if messages or time.monotonic() >= deadline:
                break
            try:
                await asyncio.wait_for(arrival.wait(), min(LOOK, deadline - time.monotonic()))
            except TimeoutError:
                continue
        return {"Messages": [received(message, body) for message in messages]} if messages else {}

    async def _lease(self, queue: Queue, limit: int, seconds: int) -> list[Message]:
        """Leases up to `limit` messages that are due, in order; a group's head holds it back."""
        now = self._queues.clock.now_ms()
        held: set[str] = set()
        leased: list[Message] = []
        async for message in self._queues.store.waiting(queue.name):
            if message.ordering in held:
                continue
            if self._queues.resting_until(message) > now:
                held.add(message.ordering)
            elif self._queues.exhausted(queue, message):
                await self._queues.bury(queue, message)
            elif await self._queues.store.lease(message, now, now + seconds * 1000, None):
                leased.append(message)
            else:
                held.add(message.ordering)
            if len(leased) == limit:
                break
        return leased

    async def _delete_message(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        key, attempts = receipt(body)
        message = await self._queues.store.get(queue.name, key)
        if message is not None:
            message.attempts = attempts
            removed = await self._queues.store.remove(message, self._queues.clock.now_ms())
            if not removed and queue.fifo:
                raise SqsError("InvalidParameterValue", "The receipt handle has expired.")
        return {}

    async def _delete_message_batch(self, body: Body) -> dict[str, Any]:
        answer: dict[str, list[Any]] = {"Successful": [], "Failed": []}
        for entry in body["Entries"]:
            try:
                await self._delete_message({"QueueUrl": body["QueueUrl"], **entry})
                answer["Successful"].append({"Id": entry["Id"]})
            except SqsError as error:
                failure = {"Code": error.code, "Message": str(error), "SenderFault": True}
                answer["Failed"].append({"Id": entry["Id"], **failure})
        return answer

    async def _change_visibility(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        key, attempts = receipt(body)
        seconds = within(body["VisibilityTimeout"], 0, LONGEST_VISIBILITY, "VisibilityTimeout")
        if not await self._queues.postpone(queue, key, attempts, seconds):
            raise SqsError("MessageNotInflight", "The message is not in flight.")
        return {}

    async def _get_queue_url(self, body: Body) -> dict[str, Any]:
        queue = self._queue({"QueueUrl": body["QueueName"]})
        return {"QueueUrl": queue_url(self._endpoint, queue.name)}

    async def _list_queues(self, body: Body) -> dict[str, Any]:
        prefix = str(body.get("QueueNamePrefix", ""))
        names = sorted(name for name in self._queues.by_name if name.startswith(prefix))
        return {"QueueUrls": [queue_url(self._endpoint, name) for name in names]}

    async def _get_queue_attributes(self, body: Body) -> dict[str, Any]:
        queue = self._queue(body)
        now = self._queues.clock.now_ms()
        visible = in_flight = delayed = 0
        async for message in self._queues.store.waiting(queue.name):
            if self._queues.resting_until(message) <= now:
                visible += 1
            elif message.attempts == 0:
                delayed += 1
            else:
                in_flight += 1
        attributes = {
            "QueueArn": queue_arn(queue.name),
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "VisibilityTimeout": str(queue.visibility),
            "DelaySeconds": str(queue.delay),
            "MessageRetentionPeriod": str(queue.retention),
        }
        if queue.fifo:
            attributes["FifoQueue"] = "true"
            attributes["ContentBasedDeduplication"] = str(queue.content_deduplication).lower()
        if queue.redrive is not None:
            attributes["RedrivePolicy"] = json.dumps(
                {
                    "deadLetterTargetArn": queue_arn(queue.redrive.dead_letters),
                    "maxReceiveCount": queue.redrive.max_receives,
                }
            )
        wanted = set(body.get("AttributeNames", ()))
        if "All" not in wanted:
            attributes = {name: value for name, value in attributes.items() if name in wanted}
        return {"Attributes": attributes}
