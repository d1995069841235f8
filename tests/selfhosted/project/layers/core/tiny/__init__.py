"""What the tests' functions share: a record of what they saw, kept in the results table."""

import os
from functools import cache
from typing import Any

import boto3


@cache
def client(service: str) -> Any:
    return boto3.client(service)


def note(kind: str, at: str, /, **details: str) -> None:
    """Writes one line that a test reads back."""
    item = {"pk": {"S": kind}, "sk": {"S": at}}
    item.update({key: {"S": value} for key, value in details.items()})
    client("dynamodb").put_item(TableName=os.environ["RESULTS_TABLE"], Item=item)
