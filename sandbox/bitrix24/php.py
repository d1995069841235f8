"""PHP's habits that show on the wire: names with brackets, and arrays that are lists or objects."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.wire import BadBody, Json, json_object

_INDEX = re.compile(r"\[([^\]]*)\]")


async def parameters(request: Request) -> Json:
    """Query and body together; the body is JSON or a form, and one that is neither is none."""
    found = nested(request.query_params.multi_items())
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # The body of a GET is not looked at: whoever puts JSON there sends no parameters at all
    # (bitrix-tools/b24-rest-docs, issue 223).
    if request.method == "GET" or not body:
        return found
    if kind == "application/json":
        try:
            return found | json_object(body)
        except BadBody:
            return found
    return found | parse(body.decode("utf-8", "replace"))


def parse(query: str) -> Json:
    """`a[b][]=1&c=2` as parse_str reads it: {"a": {"b": ["1"]}, "c": "2"}."""
    return nested(parse_qsl(query, keep_blank_values=True))


def nested(pairs: Iterable[tuple[str, str]]) -> Json:
    root: Json = {}
    for name, value in pairs:
        head = name.partition("[")[0]
        _put(root, [head, *_INDEX.findall(name[len(head) :])], value)
    return {key: _lists(value) for key, value in root.items()}


def _put(node: Json, path: list[str], value: str) -> None:
    for step in path[:-1]:
        key = step or str(len(node))
        inner = node.get(key)
        if not isinstance(inner, dict):
            inner = node[key] = {}
        node = inner
    node[path[-1] or str(len(node))] = value


def _lists(value: Any) -> Any:
    return array({key: _lists(one) for key, one in value.items()}) if _is_dict(value) else value


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def array(values: Json) -> Any:
    """A PHP array as json_encode writes it: a list when its keys are 0, 1, 2 …, and when empty."""
    if list(values) == [str(at) for at in range(len(values))]:
        return list(values.values())
    return values


def items(value: Any) -> list[tuple[str, Any]]:
    """Keys and values of what may have come as a list or as an object."""
    if isinstance(value, list):
        return [(str(at), one) for at, one in enumerate(value)]
    return list(value.items()) if isinstance(value, dict) else []


def integer(value: Any) -> int | None:
    """A number, or text that holds one; None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return value
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def any_case(values: Json, name: str) -> Any:
    """Old methods take `id` as well as `ID`."""
    for key, value in values.items():
        if key.lower() == name.lower():
            return value
    return None


def yes(value: Any) -> bool:
    """What Bitrix24 takes for true."""
    return value is True or value == 1 or str(value).lower() in {"y", "1", "true"}
