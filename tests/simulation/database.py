"""DynamoDB in memory: the low-level requests that our builders make, evaluated one at a time.

What it keeps of the real one: a write is judged and made in one moment; a read that does not ask
for consistency may see an item as it was a moment ago, and so may an index; a query comes in pages,
between which others write; a batch may be taken in part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation import expressions
from tests.simulation.expressions import Invalid, Item, Scope

Request = Mapping[str, Any]
Key = tuple[str, ...]
Written = Callable[[str, Key, Item | None, Item | None], None]
"""Told of every write: the table, the key, the item before and after."""

LAG = 1.0
"""Seconds for which an index, or a read that asks for no consistency, may be behind."""


@dataclass(frozen=True)
class Schema:
    """A table's key, and its index: name, hash key, range key, whether it has all attributes."""

    key: tuple[str, ...]
    index: tuple[str, str, str, bool] | None = None


_PENDING = ("pending", "sweep", "pending", False)
SCHEMAS: Mapping[str, Schema] = {
    **{
        name: Schema(("pk", "sk"), _PENDING)
        for name in ("jobs", "sessions", "surveys", "ledger", "links")
    },
    "clients": Schema(("pk", "sk")),
    "deliveries": Schema(("pk",), ("dead", "dead", "died_at", True)),
    "settings": Schema(("pk", "sk")),
    "journal": Schema(("pk", "sk")),
}


class ConditionalCheckFailed(ClientError):
    """The condition did not hold."""


class Exceptions:
    """Where boto3's client keeps its exceptions."""

    ConditionalCheckFailedException = ConditionalCheckFailed


class Tables:
    """What stands in the tables. Everything happens at once here; who is late is decided outside.

    `stale(seconds)` says whether a read that may be behind is behind, for a change so long ago.
    """

    def __init__(self, now: Callable[[], float], stale: Callable[[float], bool]) -> None:
        self.items: dict[str, dict[Key, Item]] = {name: {} for name in SCHEMAS}
        self._before: dict[tuple[str, Key], tuple[float, Item | None]] = {}
        self._now = now
        self._stale = stale
        self.on_write: list[Written] = []
        self.page = 100

    def get(self, request: Request) -> dict[str, Any]:
        table, key = _where(request, request["Key"])
        found = self.items[table].get(key)
        if not request.get("ConsistentRead"):
            found = self._maybe_before(table, key, found)
        return {} if found is None else {"Item": found}

    def put(self, request: Request) -> dict[str, Any]:
        item = request["Item"]
        table, key = _where(request, item)
        before = self.items[table].get(key)
        _check_placeholders(request, _judge(request, before))
        self._write(table, key, before, dict(item))
        return {}

    def update(self, request: Request) -> dict[str, Any]:
        table, key = _where(request, request["Key"])
        before = self.items[table].get(key)
        used = _judge(request, before)
        parsed = expressions.update(request["UpdateExpression"])
        _check_placeholders(request, used | parsed.used)
        after, touched = _updated(before, request, parsed)
        for index in filter(None, [SCHEMAS[table].index]):
            _check_index_keys(after, index)
        self._write(table, key, before, after)
        match request.get("ReturnValues", "NONE"):
            case "NONE":
                return {}
            case "ALL_OLD":
                return {} if before is None else {"Attributes": before}
            case "ALL_NEW":
                return {"Attributes": after}
            case "UPDATED_NEW":
                return {"Attributes": _only(after, touched)}
            case other:
                raise Invalid(f"ReturnValues {other}")

    def delete(self, request: Request) -> dict[str, Any]:
        table, key = _where(request, request["Key"])
        self._write(table, key, self.items[table].get(key), None)
        return {}

    def query(self, request: Request, after: Key | None) -> tuple[list[Item], Key | None]:
        """One page, and the key after which the next one begins."""
        table = request["TableName"]
        parsed = expressions.condition(request["KeyConditionExpression"])
        _check_placeholders(request, parsed.used)
        index = SCHEMAS[table].index if "IndexName" in request else None
        if "IndexName" in request and (index is None or index[0] != request["IndexName"]):
            raise Invalid("no such index")
        found = [
            (place, key, seen)
            for key, item in self.items[table].items()
            if (seen := self._seen(table, key, item, request)) is not None
            and (place := _place(seen, index, SCHEMAS[table].key)) is not None
            and parsed.holds(_scope(request, seen))
        ]
        found.sort(key=lambda one: one[:2])
        places = [one for one in found if after is None or (*one[0], *one[1]) > after]
        page = places[: min(self.page, request.get("Limit", self.page))]
        more = (*page[-1][0], *page[-1][1]) if len(places) > len(page) else None
        return [_projected(item, index, SCHEMAS[table].key) for _, _, item in page], more

    def scan(self, request: Request, after: Key | None) -> tuple[list[Item], Key | None]:
        table = request["TableName"]
        parsed = expressions.condition(request["FilterExpression"])
        _check_placeholders(request, parsed.used)
        keys = sorted(key for key in self.items[table] if after is None or key > after)
        page = keys[: self.page]
        found = [self.items[table][key] for key in page]
        kept = [item for item in found if parsed.holds(_scope(request, item))]
        names = request["ProjectionExpression"].split(",")
        shown = [{name.strip(): item[name.strip()] for name in names} for item in kept]
        return shown, page[-1] if len(keys) > len(page) else None

    def put_batch(self, request: Request, take: int) -> dict[str, Any]:
        """Takes so many of the batch; the others come back as not processed."""
        ((table, puts),) = request["RequestItems"].items()
        if not 1 <= len(puts) <= 25:
            raise Invalid("a batch has 1 to 25 items")
        keys = [_key(table, put["PutRequest"]["Item"]) for put in puts]
        if len(set(keys)) != len(keys):
            raise Invalid("a batch names an item twice")
        for key, put in list(zip(keys, puts, strict=True))[:take]:
            self._write(table, key, self.items[table].get(key), dict(put["PutRequest"]["Item"]))
        return {"UnprocessedItems": {table: puts[take:]} if take < len(puts) else {}}

    def _write(self, table: str, key: Key, before: Item | None, after: Item | None) -> None:
        self._before[table, key] = (self._now(), before)
        if after is None:
            self.items[table].pop(key, None)
        else:
            self.items[table][key] = after
        for told in self.on_write:
            told(table, key, before, after)

    def _maybe_before(self, table: str, key: Key, now: Item | None) -> Item | None:
        changed = self._before.get((table, key))
        if changed is None or not self._stale(self._now() - changed[0]):
            return now
        return changed[1]

    def _seen(self, table: str, key: Key, item: Item, request: Request) -> Item | None:
        if request.get("ConsistentRead"):
            return item
        return self._maybe_before(table, key, item)


class Client:
    """boto3's client of one process. `reach` carries a call over the wire, or does not."""

    exceptions = Exceptions

    def __init__(self, tables: Tables, reach: Callable[..., Any], part: Callable[[int], int]):
        self._tables = tables
        self._reach = reach
        self._part = part

    def get_item(self, **request: Any) -> Any:
        return self._reach("dynamodb", "get", request, lambda: self._tables.get(request))

    def put_item(self, **request: Any) -> Any:
        return self._reach("dynamodb", "put", request, lambda: self._tables.put(request))

    def update_item(self, **request: Any) -> Any:
        return self._reach("dynamodb", "update", request, lambda: self._tables.update(request))

    def delete_item(self, **request: Any) -> Any:
        return self._reach("dynamodb", "delete", request, lambda: self._tables.delete(request))

    def batch_write_item(self, **request: Any) -> Any:
        size = sum(map(len, request["RequestItems"].values()))
        return self._reach(
            "dynamodb", "batch", request, lambda: self._tables.put_batch(request, self._part(size))
        )

    def get_paginator(self, operation: str) -> "Pages":
        one = {"query": self._tables.query, "scan": self._tables.scan}[operation]
        return Pages(lambda r, after: self._reach("dynamodb", operation, r, lambda: one(r, after)))


class Pages:
    def __init__(self, one: Callable[[Request, Key | None], tuple[list[Item], Key | None]]) -> None:
        self._one = one

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            items, after = self._one(request, after)
            yield {"Items": items}
            if after is None:
                return


def _where(request: Request, of: Mapping[str, Any]) -> tuple[str, Key]:
    table = request["TableName"]
    return table, _key(table, of)


def _key(table: str, item: Mapping[str, Any]) -> Key:
    key = tuple(item[name]["S"] for name in SCHEMAS[table].key)
    if not all(key):
        raise Invalid("an empty key")
    return key


def _scope(request: Request, item: Mapping[str, Any] | None) -> Scope:
    names = request.get("ExpressionAttributeNames", {})
    return Scope(item or {}, names, request.get("ExpressionAttributeValues", {}))


def _judge(request: Request, before: Item | None) -> frozenset[str]:
    """The placeholders of the condition. Raises ConditionalCheckFailed where it does not hold."""
    if "ConditionExpression" not in request:
        return frozenset()
    parsed = expressions.condition(request["ConditionExpression"])
    if not parsed.holds(_scope(request, before)):
        response: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException"}}
        if before is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            response["Item"] = before
        raise ConditionalCheckFailed(response, "Write")  # type: ignore[arg-type]
    return parsed.used


def _check_placeholders(request: Request, used: frozenset[str]) -> None:
    """DynamoDB refuses names and values that no expression uses."""
    for given in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        unused = request.get(given, {}).keys() - used
        if unused:
            raise Invalid(f"not used in any expression: {sorted(unused)}")


def _updated(
    before: Item | None, request: Request, parsed: expressions.Update
) -> tuple[Item, list[expressions.Path]]:
    scope = _scope(request, before)
    after: Item = dict(before) if before is not None else dict(request["Key"])
    sets = [(expressions.resolve(path, scope.names), value(scope)) for path, value in parsed.sets]
    for path, by in parsed.adds:
        place = expressions.resolve(path, scope.names)
        sets.append((place, expressions.added(expressions.at(scope.item, place), by(scope))))
    removes = [expressions.resolve(path, scope.names) for path in parsed.removes]
    touched = [path for path, _ in sets] + removes
    _check_overlap(touched)
    copied: set[expressions.Path] = set()
    for path, value in sets:
        if value is None:
            raise Invalid("an operand refers to an attribute that does not exist")
        _map_at(after, path[:-1], copied)[path[-1]] = value
    for path in removes:
        _map_at(after, path[:-1], copied).pop(path[-1], None)
    return after, [path for path, _ in sets]


def _map_at(item: Item, path: expressions.Path, copied: set[expressions.Path]) -> dict[str, Any]:
    """The map at a path, copied once so that the item before stays as it was."""
    here = item
    for depth, part in enumerate(path, 1):
        inside = here.get(part)
        if inside is None or "M" not in inside:
            raise Invalid("the document path provided in the update expression is invalid")
        if path[:depth] not in copied:
            copied.add(path[:depth])
            inside = here[part] = {"M": dict(inside["M"])}
        here = inside["M"]
    return here


def _check_overlap(paths: Sequence[expressions.Path]) -> None:
    seen = set(paths)
    if len(seen) != len(paths):
        raise Invalid("two document paths overlap")
    for path in paths:
        if any(path[:length] in seen for length in range(1, len(path))):
            raise Invalid("two document paths overlap")


def _check_index_keys(item: Item, index: tuple[str, str, str, bool]) -> None:
    for name, kind in ((index[1], "S"), (index[2], "N")):
        if name in item and kind not in item[name]:
            raise Invalid("the type of an index key")


def _only(item: Item, paths: Sequence[expressions.Path]) -> Item:
    found: Item = {}
    for path in paths:
        here = found
        for part in path[:-1]:
            here = here.setdefault(part, {"M": {}})["M"]
        here[path[-1]] = expressions.at(item, path)
    return found


def _place(item: Item, index: tuple[str, str, str, bool] | None, key: Key) -> Any:
    """Where an item stands in the order of a query; None for an item that an index leaves out."""
    if index is None:
        return (item[key[-1]]["S"],)
    if index[1] not in item or index[2] not in item:
        return None
    return (float(item[index[2]]["N"]),)


def _projected(item: Item, index: tuple[str, str, str, bool] | None, key: Key) -> Item:
    if index is None or index[3]:
        return item
    return {name: item[name] for name in (*key, index[1], index[2]) if name in item}
