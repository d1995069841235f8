"""The tables of the host in memory, behind the calls that the host makes of its database."""

import asyncio
from collections.abc import Mapping
from typing import Any

from selfhosted.database import ConditionFailedError, Item
from tests.simulation import expressions

Request = Mapping[str, Any]
Key = tuple[str, str]


class DatabaseInMemory:
    """Every write is judged and made in one moment, as by the real one."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Key, Item]] = {}

    async def call(self, operation: str, request: Request) -> dict[str, Any]:
        await asyncio.sleep(0)
        items = self._tables.setdefault(request["TableName"], {})
        match operation:
            case "Query":
                return {"Items": _found(items, request)}
            case "GetItem":
                item = items.get(_key(request["Key"]))
                return {} if item is None else {"Item": dict(item)}
            case "PutItem":
                key, after = _key(request["Item"]), dict(request["Item"])
                _judge(request, items.get(key))
                items[key] = after
            case "UpdateItem":
                key = _key(request["Key"])
                _judge(request, items.get(key))
                items[key] = _updated(items.get(key) or request["Key"], request)
            case "DeleteItem":
                key = _key(request["Key"])
                _judge(request, items.get(key))
                items.pop(key, None)
            case _:
                raise AssertionError(operation)
        return {}


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _scope(request: Request, item: Item | None) -> expressions.Scope:
    names = request.get("ExpressionAttributeNames", {})
    return expressions.Scope(item or {}, names, request.get("ExpressionAttributeValues", {}))


def _judge(request: Request, before: Item | None) -> None:
    if "ConditionExpression" not in request:
        return
    if not expressions.condition(request["ConditionExpression"]).holds(_scope(request, before)):
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise ConditionFailedError("The conditional request failed", before if shown else None)


def _updated(before: Item, request: Request) -> Item:
    parsed, scope = expressions.update(request["UpdateExpression"]), _scope(request, before)
    after = dict(before)
    for path, value in parsed.sets:
        (name,) = expressions.resolve(path, scope.names)
        after[name] = value(scope)
    for path in parsed.removes:
        (name,) = expressions.resolve(path, scope.names)
        after.pop(name, None)
    return after


def _found(items: Mapping[Key, Item], request: Request) -> list[Item]:
    condition = expressions.condition(request["KeyConditionExpression"])
    found = [dict(one) for one in items.values() if condition.holds(_scope(request, one))]
    if "IndexName" in request:
        return sorted(found, key=lambda item: int(item["position"]["N"]))
    return sorted(found, key=_key)
