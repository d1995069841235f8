"""The database of the simulation answers as DynamoDB does: on moto, and on ExtendDB.

What is asked is what the application asks in simulated runs, all of it and in its order; and what
DynamoDB refuses, it refuses too.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from tests.simulation.database import SCHEMAS, ConditionalCheckFailed, Key, Request, Tables
from tests.simulation.expressions import Invalid, Item
from tests.simulation.run import run
from tests.simulation.world import Planted

T = TypeVar("T")

SEEDS = (34, 36, 41)
"""Short runs that between them make nearly every kind of request."""
_ALL = 1_000_000


class Recorded(Tables):
    """Keeps every request with its answer; nothing in it is late, partial, or comes in pages."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0, lambda _: False)
        self.asked: list[tuple[str, Request, Any]] = []

    @property
    def page(self) -> int:
        return _ALL

    @page.setter
    def page(self, size: int) -> None:
        del size

    def get(self, request: Request) -> dict[str, Any]:
        return self._keep("get_item", request, super().get)

    def put(self, request: Request) -> dict[str, Any]:
        return self._keep("put_item", request, super().put)

    def update(self, request: Request) -> dict[str, Any]:
        return self._keep("update_item", request, super().update)

    def query(self, request: Request, after: Key | None) -> tuple[list[Item], Key | None]:
        return self._keep("query", request, lambda asked: super(Recorded, self).query(asked, after))

    def scan(self, request: Request, after: Key | None) -> tuple[list[Item], Key | None]:
        return self._keep("scan", request, lambda asked: super(Recorded, self).scan(asked, after))

    def put_batch(self, request: Request, take: int) -> dict[str, Any]:
        del take
        size = sum(map(len, request["RequestItems"].values()))
        return self._keep(
            "batch_write_item", request, lambda asked: super(Recorded, self).put_batch(asked, size)
        )

    def _keep(self, operation: str, request: Request, act: Callable[[Request], T]) -> T:
        try:
            answer = act(request)
        except ConditionalCheckFailed as failed:
            self.asked.append((operation, request, failed))
            raise
        self.asked.append((operation, request, answer))
        return answer


class Recording(Planted):
    def __init__(self) -> None:
        self.recorded = Recorded()

    def tables(self, tables: Tables) -> Tables:
        del tables
        return self.recorded


@pytest.mark.parametrize("seed", SEEDS)
def test_it_answers_as_the_real_one(dynamodb: Any, tables: Callable[[str], str], seed: int) -> None:
    recording = Recording()
    run(seed, planted=recording)
    asked = recording.recorded.asked
    assert len({request.get("UpdateExpression") for _, request, _ in asked}) > 8
    names = {kind: tables(kind) for kind in SCHEMAS}
    for operation, request, answer in asked:
        asking = _renamed(request, names)
        if operation in ("query", "scan"):
            ours = {"Items": sorted(answer[0], key=_key)}
            theirs = _caught_up(dynamodb, operation, asking, ours)
        else:
            ours = _failed(answer) if isinstance(answer, ConditionalCheckFailed) else answer
            theirs = _theirs(dynamodb, operation, asking)
        if request.get("ReturnValues") == "UPDATED_NEW" and "Attributes" in theirs:
            # moto tells only what has changed; DynamoDB, and ours, everything that was named.
            told = _leaves(_normal(theirs["Attributes"]))
            assert told.items() <= _leaves(_normal(ours["Attributes"])).items()
            continue
        assert _normal(theirs) == _normal(ours), (operation, request)


_PUT = {"TableName": "jobs", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "n": {"N": "1"}}}
_KEY = {"TableName": "jobs", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
REFUSED: dict[str, dict[str, Any]] = {
    "a name that is not defined": {"UpdateExpression": "REMOVE #a"},
    "a value that is not defined": {"UpdateExpression": "SET n = :a"},
    "a name that is not used": {
        "UpdateExpression": "REMOVE n",
        "ExpressionAttributeNames": {"#a": "a"},
    },
    "a path through what is no map": {
        "UpdateExpression": "SET n.m = :a",
        "ExpressionAttributeValues": {":a": {"S": ""}},
    },
    "a path through what is not there": {
        "UpdateExpression": "SET x.m = :a",
        "ExpressionAttributeValues": {":a": {"S": ""}},
    },
    "paths that overlap": {
        "UpdateExpression": "SET x = :a REMOVE x.y",
        "ExpressionAttributeValues": {":a": {"M": {}}},
    },
    "an operand that is not there": {
        "UpdateExpression": "SET x = y + :a",
        "ExpressionAttributeValues": {":a": {"N": "1"}},
    },
    "an index key of the wrong type": {
        "UpdateExpression": "SET #p = :a",
        "ExpressionAttributeNames": {"#p": "pending"},
        "ExpressionAttributeValues": {":a": {"S": "now"}},
    },
    "a broken expression": {"UpdateExpression": "SET n = "},
}
LAXER = {
    "moto": {
        "a name that is not defined",
        "a path through what is no map",
        "an index key of the wrong type",
    },
    "extenddb": {"paths that overlap"},
}
"""What DynamoDB itself refuses, and these two do not."""


@pytest.mark.parametrize("why", REFUSED)
def test_it_refuses_what_the_real_one_refuses(
    dynamodb: Any, tables: Callable[[str], str], request: pytest.FixtureRequest, why: str
) -> None:
    ours, name = Tables(lambda: 0.0, lambda _: False), tables("jobs")
    ours.put(_PUT)
    dynamodb.put_item(**_PUT | {"TableName": name})
    with pytest.raises(Invalid):
        ours.update(_KEY | REFUSED[why])
    if why in LAXER[request.node.callspec.params["dynamodb"]]:
        return
    with pytest.raises(ClientError) as refused:
        dynamodb.update_item(**_KEY | REFUSED[why] | {"TableName": name})
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def _theirs(dynamodb: Any, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    if operation in ("query", "scan"):
        pages = dynamodb.get_paginator(operation).paginate(**request)
        return {"Items": sorted((item for page in pages for item in page["Items"]), key=_key)}
    try:
        answer = getattr(dynamodb, operation)(**request)
    except dynamodb.exceptions.ConditionalCheckFailedException as failed:
        return _failed(failed)
    kept = ("Item", "Attributes", "UnprocessedItems")
    return {name: answer[name] for name in kept if answer.get(name) is not None and name in answer}


def _caught_up(
    dynamodb: Any, operation: str, request: dict[str, Any], ours: dict[str, Any]
) -> dict[str, Any]:
    """What is answered once an index, which may be a little behind, shows the last write."""
    patience = time.monotonic() + 5
    while True:
        theirs = _theirs(dynamodb, operation, request)
        if _normal(theirs) == _normal(ours) or time.monotonic() > patience:
            return theirs
        time.sleep(0.02)


def _failed(failed: ClientError) -> dict[str, Any]:
    return {"failed": True, "stands": failed.response.get("Item") or None}


def _renamed(request: Request, names: dict[str, str]) -> dict[str, Any]:
    if "RequestItems" in request:
        return {"RequestItems": {names[t]: puts for t, puts in request["RequestItems"].items()}}
    return {**request, "TableName": names[request["TableName"]]}


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item.get("sk", {"S": ""})["S"]


def _normal(value: Any) -> Any:
    """Numbers as numbers: each writes them as it likes."""
    if isinstance(value, dict):
        if value.keys() == {"N"}:
            return {"N": Decimal(value["N"])}
        return {name: _normal(inner) for name, inner in value.items()}
    return [_normal(inner) for inner in value] if isinstance(value, list) else value


def _leaves(item: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for name, value in item.items():
        if "M" in value:
            found |= _leaves(value["M"], (*path, name))
        else:
            found[(*path, name)] = str(value)
    return found
