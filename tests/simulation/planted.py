"""Bugs that a system like this one can have, each put between a process and the outside.

Product code stays as it is: what is changed is only what its requests come to. `test_planted.py`
holds the simulation to finding each of them. Those of the reviews are in `planted_reviews.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

from switchboard.domain.effects import Parcel, effects
from tests.simulation.database import ConditionalCheckFailed
from tests.simulation.processes import Process
from tests.simulation.world import Planted

Request = Mapping[str, Any]

_DOORS = ("telegram", "crm", "survey", "whatsapp")


class Through:
    """A client that is asked as the real one is."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = getattr(client, "exceptions", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class CommitAfterAct(Planted):
    """Effects are handed over before the commit that decides them."""

    def __init__(self) -> None:
        self._queues: dict[str, Any] = {}

    def sqs(self, process: Process, client: Any) -> Any:
        self._queues[process.name] = client
        return client

    def dynamodb(self, process: Process, client: Any) -> Any:
        planted = self

        class Acting(Through):
            def update_item(self, **request: Any) -> Any:
                if "#outbox = :outbox" in request["UpdateExpression"]:
                    planted._act(process, request)
                return client.update_item(**request)

        return Acting(client) if process.function.name == "inbox" else client

    def _act(self, process: Process, request: Request) -> None:
        said = json.loads(request["ExpressionAttributeValues"][":outbox"]["S"])
        for effect in effects.validate_python(said["effects"]):
            if effect.kind == "schedule":
                continue
            parcel = Parcel(
                branch="demo", trace=said["trace"], playbook=said["playbook"], effect=effect
            )
            self._queues[process.name].send_message(
                QueueUrl="outbound.fifo",
                MessageBody=parcel.model_dump_json(),
                MessageGroupId=f"demo.{effect.group}",
                MessageDeduplicationId=f"demo.{effect.id}",
            )


class OutboxNotSwept(Planted):
    """The sweeper finds nothing that was left behind."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Blind(Through):
            def get_paginator(self, operation: str) -> Any:
                pages = client.get_paginator(operation)

                class Pages:
                    def paginate(self, **request: Any) -> Any:
                        return [] if "IndexName" in request else pages.paginate(**request)

                return Pages()

        return Blind(client) if process.function.name == "sweeper" else client


class VersionNotChecked(Planted):
    """A commit overwrites whatever others have committed since it was loaded."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        del process

        class Unchecked(Through):
            def update_item(self, **request: Any) -> Any:
                condition = request.get("ConditionExpression", "")
                if request["TableName"] == "jobs" and condition.startswith("#version = :before"):
                    request["ConditionExpression"] = (
                        ":before = :before AND" + condition.partition(" AND")[2]
                    )
                return client.update_item(**request)

        return Unchecked(client)


class DeduplicationLostOnRestart(Planted):
    """What was delivered is remembered by the process alone."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        known: dict[str, Any] = {}

        class Forgetful(Through):
            def update_item(self, **request: Any) -> Any:
                if request["TableName"] != "deliveries":
                    return client.update_item(**request)
                name = request["Key"]["pk"]["S"]
                if "#attempts" in request["ExpressionAttributeNames"]:
                    if known.get(name, {}).get("status") == {"S": "done"}:
                        raise ConditionalCheckFailed(
                            {"Error": {"Code": "Conditional"}, "Item": known[name]},  # type: ignore[typeddict-unknown-key]
                            "UpdateItem",
                        )
                    del request["ConditionExpression"]
                    old = client.update_item(**_without_unused(request))
                    return old if name in known else {}
                answer = client.update_item(**request)
                if ":done" in request.get("ExpressionAttributeValues", {}):
                    known[name] = {"status": {"S": "done"}}
                return answer

        return Forgetful(client) if process.function.name == "sender" else client


def _without_unused(request: dict[str, Any]) -> dict[str, Any]:
    values = {k: v for k, v in request["ExpressionAttributeValues"].items() if k != ":now"}
    return request | {"ExpressionAttributeValues": values}


class AcknowledgedBeforeDurable(Planted):
    """The doors say 200 and put the event into its queue afterwards."""

    def sqs(self, process: Process, client: Any) -> Any:
        class Later(Through):
            def send_message(self, **entry: Any) -> Any:
                process.clock.start(lambda: put_afterwards(process, client, entry))
                return {}

        return Later(client) if process.function.name in _DOORS else client


def put_afterwards(
    process: Process, client: Any, entry: dict[str, Any], seconds: float = 0.5
) -> None:
    process.clock.pause(seconds)
    if not process.dead:
        try:
            process.deadline = process.clock.now + 10
            client.send_message(**entry)
        except BaseException:
            process.dead = True


PLANTED: tuple[type[Planted], ...] = (
    CommitAfterAct,
    OutboxNotSwept,
    VersionNotChecked,
    DeduplicationLostOnRestart,
    AcknowledgedBeforeDurable,
)
