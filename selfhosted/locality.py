"""How things that have an ARN or a URL on AWS are called on this box."""

from typing import Final

ACCOUNT: Final = "000000000000"
PARTITION: Final = "aws"
REGION: Final = "us-east-1"


def arn(service: str, resource: str) -> str:
    """The ARN of `resource`, for example `queue-name` or `function:name`."""
    region = "" if service == "iam" else REGION
    return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{resource}"


def queue_arn(name: str) -> str:
    return arn("sqs", name)


def queue_url(endpoint: str, name: str) -> str:
    return f"{endpoint}/{ACCOUNT}/{name}"


def last_part(identifier: str) -> str:
    """The name at the end of an ARN or of a queue's URL."""
    return identifier.replace("/", ":").rsplit(":", 1)[-1]
