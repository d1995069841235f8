"""The policy of one function, held against the calls that a boto3 client really makes.

Nothing checks policies on one's own machine, so a call that a policy forgot would first fail in
AWS. Tests of functions hang this on their clients, and it fails there.
"""

from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.model import OperationModel

from tests.template.expanded import Expanded

# Permissions that are called otherwise than the operation that needs them.
_ACTION = {"sqs:SendMessageBatch": "sqs:SendMessage"}


class NotAllowed(AssertionError):
    """A function made a call that its policy in template.yaml does not allow."""


def enforce(client: BaseClient, expanded: Expanded, function: str) -> None:
    """Make every call of the client raise NotAllowed that the function's role would not allow.

    `function` is the logical id without its ending: ``Inbox`` for InboxFunction and InboxRole.
    Tables and queues are recognised by the last word of their names, as template.yaml names them:
    ``switchboard-jobs`` is JobsTable, ``…/inbox.fifo`` is InboxQueue.
    """
    grants = expanded.grants(f"{function}Role")

    def check(params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
        operation = f"{model.service_model.service_name}:{model.name}"
        action = _ACTION.get(operation, operation)
        for resource in _resources(model.service_model.service_name, params):
            if not any(action == may.action and _covers(may.resource, resource) for may in grants):
                raise NotAllowed(f"{function} may not {action} on {resource}")
        role = params.get("Target", {}).get("RoleArn")
        if role and not any(may.action == "iam:PassRole" for may in grants):
            raise NotAllowed(f"{function} may not pass {role}")

    client.meta.events.register("provide-client-params.*.*", check)


def _resources(service: str, params: Mapping[str, Any]) -> list[str]:
    if service == "dynamodb":
        tables = [params["TableName"]] if "TableName" in params else list(params["RequestItems"])
        return [_table(name, params.get("IndexName")) for name in tables]
    if service == "sqs":
        name = params["QueueUrl"].rsplit("/", 1)[-1].removesuffix(".fifo")
        dead = "Dead" if name.endswith("-dead") else ""
        return [f"{_last_word(name.removesuffix('-dead'))}{dead}Queue.Arn"]
    if service == "scheduler":
        return [f":schedule/${{TimerSchedules}}/{params['Name']}"]
    if service == "ssm":
        return [f":parameter{params['Name']}"]
    return ["unknown"]


def _table(name: str, index: str | None) -> str:
    logical = f"{_last_word(name)}Table.Arn"
    return f"${{{logical}}}/index/{index}" if index else logical


def _last_word(name: str) -> str:
    return name.rsplit("-", 1)[-1].capitalize()


def _covers(pattern: str, resource: str) -> bool:
    """Tell whether a policy's resource covers what is called; its ``*`` stands at its end."""
    if not pattern.endswith("*"):
        return pattern == resource
    # A call does not know partition, region and account: compare from the kind of resource on.
    return resource.startswith(":" + pattern.removesuffix("*").rsplit(":", 1)[-1])
