"""ExtendDB on a data folder without a host, so that nothing changes what lies there."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from selfhosted import extenddb
from selfhosted.locality import REGION
from tests.selfhosted.running_host import ROOT, eventually

# Everything that an attribute may be.
VARIETY = {
    "text": {"S": "Слово «в кавычках» \u2028 и 🦷"},
    "number": {"N": "-12345678901234567890.123456789012345678"},
    "bytes": {"B": bytes(range(256))},
    "nothing": {"NULL": True},
    "answer": {"BOOL": False},
    "list": {"L": [{"S": ""}, {"N": "0"}, {"L": []}]},
    "map": {"M": {"inner": {"M": {}}}},
    "texts": {"SS": ["а", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
}


@contextmanager
def database(data: Path) -> Iterator[Any]:
    """boto3's client of a server that runs for the block."""
    keys = extenddb.credentials(data)
    with asyncio.Runner() as runner:
        server = extenddb.ExtendDB(extenddb.binary((ROOT,)), data, keys, print)
        runner.run(server.start())
        client = boto3.client(
            "dynamodb",
            endpoint_url=server.endpoint,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
        )
        try:
            yield client
        finally:
            client.close()
            runner.run(server.stop())


def items(client: Any) -> dict[str, list[str]]:
    """Every item of every table."""
    return {
        table: sorted(
            json.dumps(item, sort_keys=True, default=list)
            for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
        )
        for table in client.list_tables()["TableNames"]
    }


def is_active(client: Any, table: str) -> bool:
    status: str = client.describe_table(TableName=table)["Table"]["TableStatus"]
    return status == "ACTIVE"


def filled(data: Path, many: int = 60) -> None:
    """Makes a data folder with two tables, of which `patients` has `many` items."""
    data.mkdir()
    with database(data) as client:
        for name in ("patients", "unused"):
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            )
        for name in ("patients", "unused"):
            eventually(partial(is_active, client, name))
        for number in range(many):
            # What does not shrink, so that the backup has some size.
            item = {"pk": {"S": f"p{number}"}, "noise": {"B": os.urandom(2000)}, **VARIETY}
            client.put_item(TableName="patients", Item=item)
    # Its log into its file: tests damage the file.
    with closing(sqlite3.connect(data / "extenddb.sqlite")) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
