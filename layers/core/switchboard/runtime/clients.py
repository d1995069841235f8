"""The AWS clients: boto3's own, which find endpoints and credentials by themselves.

They come from botocore, where boto3.client gets them too: importing boto3 itself loads S3's
transfer manager, which adds some 15 ms to a cold start.
"""

from functools import cache
from typing import TYPE_CHECKING, cast

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

# A person waits for the door, and Telegram gives an answer to a press about 15 s.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 4},
    # Requests come from our own builders, whose shapes are tested; checking them again in every
    # call costs more than building them.
    parameter_validation=False,
)

_BUSY = frozenset(
    {
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"),
        *("Throttling", "ThrottlingException", "TooManyRequestsException"),
    }
)


def dynamodb() -> "DynamoDBClient":
    return cast("DynamoDBClient", _client("dynamodb"))


def sqs() -> "SQSClient":
    return cast("SQSClient", _client("sqs"))


def scheduler() -> "EventBridgeSchedulerClient":
    return cast("EventBridgeSchedulerClient", _client("scheduler"))


def parameter(name: str) -> str:
    """A Parameter Store value, decrypted; "" when there is none."""
    client = cast("SSMClient", _client("ssm"))
    try:
        return client.get_parameter(Name=name, WithDecryption=True)["Parameter"].get("Value", "")
    except client.exceptions.ParameterNotFound:
        return ""


def is_away(error: Exception) -> bool:
    """Whether AWS did not answer, or answered that it cannot just now."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response["Error"]["Code"] in _BUSY
    return isinstance(error, ConnectionError | HTTPClientError)


def _client(service: str) -> BaseClient:
    return _session().create_client(service, config=_CONFIG)


@cache
def _session() -> Session:
    """One for all clients: it keeps the credentials and what it has read from its data files."""
    return Session()
