"""A settings table for the tests: moto's, or that of the server in SWITCHBOARD_TEST_DATABASE."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from uuid import uuid4

import boto3
from moto import mock_aws

from switchboard.store.database import Database, Item, Request


class CountingDatabase(Database):
    """The database, counting what reaches it."""

    def __init__(self, client: object) -> None:
        super().__init__(client)  # type: ignore[arg-type]
        self.client = client
        self.calls: list[str] = []

    def get(self, request: Request) -> Item | None:
        self.calls.append("get")
        return super().get(request)

    def put(self, request: Request) -> None:
        self.calls.append("put")
        super().put(request)

    def query(self, request: Request) -> Iterator[Item]:
        self.calls.append("query")
        return super().query(request)


@contextmanager
def settings_table() -> Iterator[tuple[CountingDatabase, str]]:
    """A database with one empty settings table, and the table's name."""
    endpoint = os.environ.get("SWITCHBOARD_TEST_DATABASE")
    with nullcontext() if endpoint else mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="test",
        )
        table = f"settings-{uuid4().hex[:8]}"
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
        yield CountingDatabase(client), table
