"""Values out of JSON by dotted keys and indexes: `client.phones.0`."""

import json
import re
from typing import Any

MAX_DEPTH = 64
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(body: bytes) -> Any:
    """JSON from outside. Raises ValueError for what is not JSON, or nested beyond all reason."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except ValueError:  # Its message quotes what it read.
        raise ValueError("the body is not JSON") from None
    _check_depth(value)
    return value


def _no_constant(name: str) -> Any:
    """Infinity and NaN are Python's addition to JSON."""
    raise ValueError(name)


def _check_depth(value: Any) -> None:
    layer = [value]
    for _ in range(MAX_DEPTH):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return
    raise ValueError("the JSON is nested too deeply")


def at(value: Any, path: str | None) -> Any:
    """What stands at the path, None where nothing does or where no path is configured."""
    if path is None:
        return None
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def text(value: Any, path: str | None) -> str:
    """What stands at the path as text; empty for nothing; a list's texts joined by commas."""
    return _text(at(value, path))


def _text(found: Any) -> str:
    match found:
        case str():
            # Half an emoji: nothing takes such a text.
            return _SURROGATE.sub("\ufffd", found)
        case bool() | None | dict():
            return ""
        case int():
            return str(found)
        case float():
            return str(int(found)) if found.is_integer() else str(found)
        case list():
            return ", ".join(part for part in map(_text, found) if part)
        case _:
            return ""
