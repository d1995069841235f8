"""Our tables as template.yaml declares them, and a Database for moto, which is not atomic."""

import secrets
import threading
import time
from typing import Any

from switchboard.store.database import Database, Item, Request

_PK: list[dict[str, str]] = [{"AttributeName": "pk", "KeyType": "HASH"}]
_PK_SK = [*_PK, {"AttributeName": "sk", "KeyType": "RANGE"}]
_KINDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(  # noqa: RUF024 - nobody changes it
        ("jobs", "sessions", "surveys", "ledger", "links"),
        {"keys": _PK_SK, "index": ("pending", "sweep", "pending", "KEYS_ONLY")},
    ),
    "clients": {"keys": _PK_SK},
    "deliveries": {"keys": _PK, "index": ("dead", "dead", "died_at", "ALL")},
    "settings": {"keys": _PK_SK},
    "journal": {"keys": _PK_SK},
}


def create_table(dynamodb: Any, kind: str) -> str:
    """An empty table of that kind; its name begins with the kind."""
    name = f"{kind}-{secrets.token_hex(4)}"
    dynamodb.create_table(TableName=name, **_schema(_KINDS[kind]))
    # ExtendDB creates tables in the background, like DynamoDB itself.
    while dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.02)
    return name


class OneAtATime(Database):
    """moto evaluates a condition and writes in two steps; DynamoDB does both in one."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._lock = threading.Lock()

    def get(self, request: Request) -> Item | None:
        with self._lock:
            return super().get(request)

    def put(self, request: Request) -> None:
        with self._lock:
            super().put(request)

    def update(self, request: Request) -> Item:
        with self._lock:
            return super().update(request)


def _schema(kind: dict[str, Any]) -> dict[str, Any]:
    keys = kind["keys"]
    attributes = {key["AttributeName"]: "S" for key in keys}
    schema: dict[str, Any] = {"KeySchema": keys, "BillingMode": "PAY_PER_REQUEST"}
    if "index" in kind:
        name, hash_key, range_key, projection = kind["index"]
        attributes |= {hash_key: "S", range_key: "N"}
        schema["GlobalSecondaryIndexes"] = [
            {
                "IndexName": name,
                "KeySchema": [
                    {"AttributeName": hash_key, "KeyType": "HASH"},
                    {"AttributeName": range_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
        ]
    schema["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
    ]
    return schema
