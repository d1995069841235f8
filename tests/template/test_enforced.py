"""The check that tests of functions hang on their clients refuses what IAM would refuse."""

from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from tests.template.enforced import NotAllowed, enforce
from tests.template.expanded import Expanded

URL = "https://sqs.eu-central-1.amazonaws.com/000000000000"
KEY = {"pk": {"S": "demo"}, "sk": {"S": "1"}}
JOB = {"TableName": "switchboard-jobs", "Key": KEY}
DELIVERY = {"TableName": "switchboard-deliveries", "Key": {"pk": {"S": "demo#1"}}}
PENDING = {
    "TableName": "switchboard-jobs",
    "KeyConditionExpression": "sweep = :all",
    "ExpressionAttributeValues": {":all": {"S": "all"}},
}
WRITE_JOURNAL = {"RequestItems": {"journal": [{"PutRequest": {"Item": KEY}}]}}
SCHEDULE = {
    "Name": "due",
    "GroupName": "switchboard-timer",
    "ScheduleExpression": "at(2030-01-01T00:00:00)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:sqs:::timer", "RoleArn": "arn:aws:iam::000000000000:role/any"},
}

REFUSED = [
    ("CrmWebhook", "dynamodb", "get_item", JOB),
    ("TelegramWebhook", "dynamodb", "delete_item", JOB),
    ("TelegramWebhook", "dynamodb", "get_item", DELIVERY),
    ("Sweeper", "dynamodb", "query", PENDING),
    ("Sweeper", "dynamodb", "query", {**PENDING, "IndexName": "other"}),
    ("Sender", "dynamodb", "batch_write_item", {"RequestItems": {"switchboard-journal": []}}),
    ("Timer", "sqs", "send_message", {"QueueUrl": f"{URL}/outbound.fifo", "MessageBody": "x"}),
    ("Timer", "sqs", "send_message", {"QueueUrl": f"{URL}/inbox-dead.fifo", "MessageBody": "x"}),
    ("Sender", "sqs", "send_message_batch", {"QueueUrl": f"{URL}/timer", "Entries": []}),
    ("Sender", "scheduler", "create_schedule", SCHEDULE),
    ("Inbox", "scheduler", "update_schedule", SCHEDULE),
    ("Timer", "ssm", "get_parameter", {"Name": "/switchboard/token"}),
    ("Inbox", "ssm", "get_parameter", {"Name": "/elsewhere/token"}),
]
ALLOWED = [
    ("TelegramWebhook", "dynamodb", "get_item", JOB),
    ("Sweeper", "dynamodb", "query", {**PENDING, "IndexName": "pending"}),
    ("Inbox", "dynamodb", "batch_write_item", WRITE_JOURNAL),
    ("Inbox", "sqs", "send_message_batch", {"QueueUrl": f"{URL}/x-outbound.fifo", "Entries": []}),
    ("Inbox", "scheduler", "create_schedule", SCHEDULE),
    ("Inbox", "ssm", "get_parameter", {"Name": "/switchboard/token"}),
]


class Answered(Exception):
    """The call was let through; it goes no further."""


def client_of(service: str) -> BaseClient:
    client: BaseClient = boto3.client(  # type: ignore[call-overload]
        service,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return client


@pytest.mark.parametrize(("function", "service", "operation", "params"), REFUSED)
def test_what_the_policy_forgot_is_refused(
    expanded: Expanded, function: str, service: str, operation: str, params: dict[str, Any]
) -> None:
    client = client_of(service)
    enforce(client, expanded, function)
    with pytest.raises(NotAllowed, match=function):
        getattr(client, operation)(**params)


@pytest.mark.parametrize(("function", "service", "operation", "params"), ALLOWED)
def test_what_the_policy_allows_is_let_through(
    expanded: Expanded, function: str, service: str, operation: str, params: dict[str, Any]
) -> None:
    def stop(**_: object) -> None:
        raise Answered

    client = client_of(service)
    enforce(client, expanded, function)
    client.meta.events.register("before-call.*.*", stop)
    with pytest.raises(Answered):
        getattr(client, operation)(**params)
