"""Messages as the SQS API spells them: requests checked, answers worded."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from selfhosted.http import Response
from selfhosted.messages import Message, md5, parse_receipt, sequence_number
from selfhosted.queues import LONGEST_DELAY, Draft
from selfhosted.template import Queue

Body = Mapping[str, Any]

SIZE_LIMIT: Final = 1024 * 1024


class SqsError(Exception):
    """A refusal; `code` is SQS's own name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def draft(queue: Queue, body: Body) -> Draft:
    """A checked message to send."""
    text = str(body["MessageBody"])
    attributes = body.get("MessageAttributes") or None
    if not text:
        raise SqsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if len(text.encode()) > SIZE_LIMIT:
        raise SqsError("InvalidParameterValue", f"The message exceeds {SIZE_LIMIT} bytes.")
    delay = body.get("DelaySeconds")
    if delay is not None:
        delay = within(delay, 0, LONGEST_DELAY, "DelaySeconds")
    group, deduplication = body.get("MessageGroupId"), body.get("MessageDeduplicationId")
    if queue.fifo:
        if delay:
            text = "DelaySeconds of a single message is not for FIFO queues."
            raise SqsError("InvalidParameterValue", text)
        if not group:
            raise SqsError("MissingParameter", "A FIFO queue needs MessageGroupId.")
        if not deduplication and queue.content_deduplication:
            deduplication = hashlib.sha256(text.encode()).hexdigest()
        if not deduplication:
            raise SqsError("InvalidParameterValue", "A FIFO queue needs MessageDeduplicationId.")
        delay = None
    return Draft(
        body=text,
        attributes=None if attributes is None else json.dumps(attributes),
        group=group if queue.fifo else None,
        deduplication=deduplication if queue.fifo else None,
        delay=delay,
    )


def sent(queue: Queue, message: Message) -> dict[str, Any]:
    answer = {"MessageId": message.id, "MD5OfMessageBody": md5(message.body)}
    if message.attributes is not None:
        answer["MD5OfMessageAttributes"] = attributes_md5(json.loads(message.attributes))
    if queue.fifo:
        answer["SequenceNumber"] = sequence_number(message.position)
    return answer


def received(message: Message, body: Body) -> dict[str, Any]:
    system = set(body.get("MessageSystemAttributeNames") or body.get("AttributeNames") or ())
    attributes = message.received()
    answer: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5(message.body),
        "Body": message.body,
    }
    if system:
        answer["Attributes"] = {
            name: value for name, value in attributes.items() if "All" in system or name in system
        }
    if message.attributes is not None and body.get("MessageAttributeNames"):
        wanted = body["MessageAttributeNames"]
        chosen = {
            name: value
            for name, value in json.loads(message.attributes).items()
            if _is_wanted(name, wanted)
        }
        if chosen:
            answer["MessageAttributes"] = chosen
            answer["MD5OfMessageAttributes"] = attributes_md5(chosen)
    return answer


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return any(
        pattern in ("All", ".*", name)
        or (pattern.endswith(".*") and name.startswith(pattern.removesuffix(".*")))
        for pattern in wanted
    )


def attributes_md5(attributes: Mapping[str, Any]) -> str:
    """SQS's checksum of message attributes.

    Source: AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html.
    """
    digest = hashlib.md5(usedforsecurity=False)

    def part(data: bytes) -> None:
        digest.update(len(data).to_bytes(4, "big") + data)

    for name in sorted(attributes):
        value = attributes[name]
        part(name.encode())
        part(value["DataType"].encode())
        if value["DataType"].startswith("Binary"):
            digest.update(b"\x02")
            part(base64.b64decode(value["BinaryValue"]))
        else:
            digest.update(b"\x01")
            part(value["StringValue"].encode())
    return digest.hexdigest()


def receipt(body: Body) -> tuple[str, int]:
    parsed = parse_receipt(str(body["ReceiptHandle"]))
    if parsed is None:
        raise SqsError("ReceiptHandleIsInvalid", "The receipt handle is not one of this queue.")
    return parsed


def within(value: Any, least: int, most: int, name: str) -> int:
    number = int(value)
    if not least <= number <= most:
        text = f"Value {number} for parameter {name} must be between {least} and {most}."
        raise SqsError("InvalidParameterValue", text)
    return number


def refusal(error: SqsError) -> Response:
    # boto3 takes the older names, which applications may compare with, from the second header.
    older = {
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
        "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    }.get(error.code, error.code)
    document = {"__type": f"com.amazonaws.sqs#{error.code}", "message": str(error)}
    return Response(
        400,
        json.dumps(document).encode(),
        (
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amzn-query-error", f"{older};Sender"),
        ),
    )
