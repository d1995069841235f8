"""The least that a function of ours could do: it has clients of DynamoDB and of SQS."""

from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handler(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001
    return {"statusCode": 200}
