"""EventBridge Scheduler for unmodified boto3: schedules in the database, messages when due.

Source: docs.aws.amazon.com/scheduler/latest/APIReference. A schedule is fired by the host that
owns its share. The message is put under a key made of schedule and due time, then the schedule is
deleted: whatever breaks off between the two, the message is there once.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from selfhosted.database import ConditionFailedError, Database, DatabaseError, Item
from selfhosted.http import Request, Response
from selfhosted.locality import arn, last_part
from selfhosted.messages import shard_of
from selfhosted.queues import Draft, Queues
from selfhosted.schedule_expressions import UnknownExpressionError, due, period
from selfhosted.tables import SCHEDULES, SCHEDULES_DUE

PREFIX: Final = "/schedules/"
LOOK: Final = 0.5
PAGE: Final = 100
STORED: Final = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "Target",
    "ActionAfterCompletion",
    "Description",
    "State",
)


class SchedulerError(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class Scheduler:
    def __init__(self, database: Database, queues: Queues, report: Callable[[str], None]) -> None:
        self._database = database
        self._queues = queues
        self._report = report

    async def answer(self, request: Request) -> Response:
        """One API call: the method says which."""
        address = urlsplit(request.target)
        name = unquote(address.path.removeprefix(PREFIX))
        try:
            body = json.loads(request.body) if request.body else {}
            query = parse_qs(address.query)
            group = str(body.get("GroupName") or query.get("groupName", ["default"])[0])
            result = await self._call(request.method, group, name, body)
        except SchedulerError as error:
            return _refusal(error)
        except (ValueError, KeyError, TypeError) as error:
            return _refusal(_invalid(f"malformed request: {error!r}"))
        return Response(200, json.dumps(result).encode(), (("content-type", "application/json"),))

    async def run(self) -> None:
        """Fires what is due, until cancelled."""
        while True:
            try:
                await self._fire_due()
            except (OSError, DatabaseError) as error:
                self._report(f"schedules cannot be read: {error}")
            await asyncio.sleep(LOOK)

    async def _call(self, method: str, group: str, name: str, body: Mapping[str, Any]) -> Any:
        if method == "POST":
            await self._write(group, name, body, "attribute_not_exists(pk)")
        elif method == "PUT":
            await self._write(group, name, body, "attribute_exists(pk)")
        elif method == "DELETE":
            await self._delete(group, name)
            return {}
        elif method == "GET":
            return await self._get(group, name)
        else:
            raise SchedulerError(405, "ValidationException", f"{method} is not served")
        return {"ScheduleArn": arn("scheduler", f"schedule/{group}/{name}")}

    async def _write(self, group: str, name: str, body: Mapping[str, Any], condition: str) -> None:
        definition = {key: body[key] for key in STORED if key in body}
        self._check(definition)
        timezone = definition.get("ScheduleExpressionTimezone", "UTC")
        try:
            moment = due(definition["ScheduleExpression"], timezone, self._queues.clock.now_ms())
        except UnknownExpressionError as error:
            raise _invalid(str(error)) from error
        item = {
            **_key(group, name),
            "definition": {"S": json.dumps(definition)},
            "due": {"N": str(moment)},
        }
        if definition.get("State", "ENABLED") == "ENABLED":
            item["live"] = {"S": "schedule"}
        try:
            await self._database.call(
                "PutItem",
                {
                    "TableName": SCHEDULES,
                    "Item": item,
                    "ConditionExpression": condition,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            )
        except ConditionFailedError as refusal:
            if refusal.item == item:
                return  # Our own write, repeated after its answer was lost, or the very same again.
            if refusal.item is None:
                raise _unknown(name) from refusal
            text = f"Schedule {name} already exists."
            raise SchedulerError(409, "ConflictException", text) from refusal

    def _check(self, definition: Mapping[str, Any]) -> None:
        if definition["FlexibleTimeWindow"]["Mode"] not in ("OFF", "FLEXIBLE"):
            raise _invalid("FlexibleTimeWindow.Mode must be OFF or FLEXIBLE")
        target = definition["Target"]
        queue = self._queues.by_name.get(last_part(target["Arn"]))
        if ":sqs:" not in target["Arn"] or queue is None:
            raise _invalid(f"target {target['Arn']}: the host knows its own queues only")
        if queue.fifo and not target.get("SqsParameters", {}).get("MessageGroupId"):
            raise _invalid("a FIFO queue needs SqsParameters.MessageGroupId")

    async def _delete(self, group: str, name: str) -> None:
        request = {
            "TableName": SCHEDULES,
            "Key": _key(group, name),
            "ConditionExpression": "attribute_exists(pk)",
        }
        try:
            await self._database.call("DeleteItem", request)
        except ConditionFailedError as refusal:
            raise _unknown(name) from refusal

    async def _get(self, group: str, name: str) -> dict[str, Any]:
        answer = await self._database.call(
            "GetItem",
            {"TableName": SCHEDULES, "Key": _key(group, name), "ConsistentRead": True},
        )
        if "Item" not in answer:
            raise _unknown(name)
        definition = json.loads(answer["Item"]["definition"]["S"])
        schedule_arn = arn("scheduler", f"schedule/{group}/{name}")
        return {"Arn": schedule_arn, "GroupName": group, "Name": name, **definition}

    async def _fire_due(self) -> None:
        request: dict[str, Any] = {
            "TableName": SCHEDULES,
            "IndexName": SCHEDULES_DUE,
            "KeyConditionExpression": "live = :live AND #due <= :now",
            "ExpressionAttributeNames": {"#due": "due"},
            "ExpressionAttributeValues": {
                ":live": {"S": "schedule"},
                ":now": {"N": str(self._queues.clock.now_ms())},
            },
            "Limit": PAGE,
        }
        while True:
            answer = await self._database.call("Query", request)
            for item in answer["Items"]:
                if self._queues.membership.works_on(_shard(item)):
                    await self._fire(item)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def _fire(self, item: Item) -> None:
        definition = json.loads(item["definition"]["S"])
        target = definition["Target"]
        queue = self._queues.by_name.get(last_part(target["Arn"]))
        if queue is None:
            return  # The template no longer has it; the schedule stays for the operator to see.
        text = json.dumps([item["pk"]["S"], item["sk"]["S"], item["due"]["N"]])
        identity = "s" + hashlib.sha256(text.encode()).hexdigest()[:40]
        await self._queues.send(
            queue,
            Draft(
                body=target.get("Input") or "{}",
                group=target.get("SqsParameters", {}).get("MessageGroupId"),
                deduplication=identity if queue.fifo else None,
                key=identity,
            ),
        )
        await self._fired(item, definition)

    async def _fired(self, item: Item, definition: Mapping[str, Any]) -> None:
        """Deletes or moves on a schedule, unless it was changed meanwhile."""
        request: dict[str, Any] = {
            "TableName": SCHEDULES,
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "ConditionExpression": "#due = :due",
            "ExpressionAttributeNames": {"#due": "due"},
            "ExpressionAttributeValues": {":due": item["due"]},
        }
        seconds = period(definition["ScheduleExpression"])
        operation = "UpdateItem"
        if seconds is not None:
            missed = (self._queues.clock.now_ms() - int(item["due"]["N"])) // (seconds * 1000)
            following = int(item["due"]["N"]) + (missed + 1) * seconds * 1000
            request["UpdateExpression"] = "SET #due = :next"
            request["ExpressionAttributeValues"][":next"] = {"N": str(following)}
        elif definition.get("ActionAfterCompletion") == "DELETE":
            operation = "DeleteItem"
        else:
            request["UpdateExpression"] = "REMOVE live"
        try:
            await self._database.call(operation, request)
        except ConditionFailedError:
            return


def _shard(item: Item) -> int:
    return shard_of(f"{item['pk']['S']}/{item['sk']['S']}")


def _key(group: str, name: str) -> Item:
    return {"pk": {"S": group}, "sk": {"S": name}}


def _invalid(message: str) -> SchedulerError:
    return SchedulerError(400, "ValidationException", message)


def _unknown(name: str) -> SchedulerError:
    return SchedulerError(404, "ResourceNotFoundException", f"Schedule {name} does not exist.")


def _refusal(error: SchedulerError) -> Response:
    return Response(
        error.status,
        json.dumps({"Message": str(error)}).encode(),
        (("content-type", "application/json"), ("x-amzn-errortype", error.kind)),
    )
