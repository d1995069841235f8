"""The AWS clients: plain boto3, which finds endpoints and credentials by itself."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient

# A person waits for the door, and Telegram gives an answer to a press about 15 s.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 4},
    # Requests come from our own builders, whose shapes are tested; checking them again in every
    # call costs more than building them.
    parameter_validation=False,
)


def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CONFIG)


def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)


def scheduler() -> "EventBridgeSchedulerClient":
    return boto3.client("scheduler", config=_CONFIG)


def parameter(name: str) -> str:
    """A Parameter Store value, decrypted; "" when there is none."""
    client = boto3.client("ssm", config=_CONFIG)
    try:
        return client.get_parameter(Name=name, WithDecryption=True)["Parameter"].get("Value", "")
    except client.exceptions.ParameterNotFound:
        return ""
