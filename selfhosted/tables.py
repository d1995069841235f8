"""Makes the tables that are missing: the template's and the host's own."""

import asyncio
from collections.abc import Iterable
from typing import Any

from selfhosted.database import Database, DatabaseError
from selfhosted.template import Table

MESSAGES = "host_messages"
MESSAGES_WAITING = "waiting"
SCHEDULES = "host_schedules"
SCHEDULES_DUE = "when"
HOSTS = "host_presence"


def _key(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _request(name: str, attributes: str = "") -> dict[str, Any]:
    """A table keyed by `pk` and `sk`; `attributes` are more for its indexes, as "name:type"."""
    definitions = ["pk:S", "sk:S", *attributes.split()]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key("pk", "sk"),
        "AttributeDefinitions": [
            {"AttributeName": given.partition(":")[0], "AttributeType": given.partition(":")[2]}
            for given in definitions
        ],
    }


def _index(name: str, partition: str, sort: str) -> list[dict[str, Any]]:
    return [
        {
            "IndexName": name,
            "KeySchema": _key(partition, sort),
            "Projection": {"ProjectionType": "ALL"},
        }
    ]


# A local index can be read consistently: a global one follows the table, on ExtendDB by some ten
# milliseconds, in which one message of a group would overtake another.
_MESSAGES = Table(
    MESSAGES,
    {
        **_request(MESSAGES, "position:N"),
        "LocalSecondaryIndexes": _index(MESSAGES_WAITING, "pk", "position"),
    },
    "expires_at",
)
_SCHEDULES = Table(
    SCHEDULES,
    {
        **_request(SCHEDULES, "live:S due:N"),
        "GlobalSecondaryIndexes": _index(SCHEDULES_DUE, "live", "due"),
    },
    None,
)
HOST_TABLES = (_MESSAGES, _SCHEDULES, Table(HOSTS, _request(HOSTS), None))


async def ensure(database: Database, tables: Iterable[Table]) -> None:
    """Creates what is missing of `tables` and waits until all of them are ACTIVE."""
    await asyncio.gather(*(_ensure(database, table) for table in tables))


async def _ensure(database: Database, table: Table) -> None:
    try:
        status = await _status(database, table.name)
        missing = False
    except DatabaseError as error:
        if error.code != "ResourceNotFoundException":
            raise
        missing = True
        status = await _create(database, table)
    while status != "ACTIVE":
        await asyncio.sleep(0.1)
        status = await _status(database, table.name)
    if missing and table.ttl is not None:
        await database.call(
            "UpdateTimeToLive",
            {
                "TableName": table.name,
                "TimeToLiveSpecification": {"Enabled": True, "AttributeName": table.ttl},
            },
        )


async def _create(database: Database, table: Table) -> str:
    try:
        await database.call("CreateTable", table.request)
    except DatabaseError as error:
        # Another host on the same database was a moment earlier.
        if error.code != "ResourceInUseException":
            raise
    return "CREATING"


async def _status(database: Database, name: str) -> str:
    answer = await database.call("DescribeTable", {"TableName": name})
    return str(answer["Table"]["TableStatus"])
