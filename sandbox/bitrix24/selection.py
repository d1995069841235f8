"""Filters, orders and pages of lists, with the prefixes that Bitrix24 knows."""

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sandbox.bitrix24 import php
from sandbox.bitrix24.dates import read
from sandbox.bitrix24.errors import RestError
from sandbox.wire import Json

PAGE = 50

_PREFIX = re.compile(r"^(!=%|!%=|!=|!%|!@|!|>=|>|<=|<|=%|%=|@|%|=)?(.*)$")


class Answer(NamedTuple):
    """What a method returns. `total` and `next` stand beside `result` in the answer."""

    result: Any
    total: int | None = None
    next: int | None = None


def paged(found: list[Any], start: Any) -> Answer:
    """The page from `start` on; -1 is the first one without counting."""
    at = php.integer(start) or 0
    if at < 0:
        return Answer(found[:PAGE])
    shown = found[at : at + PAGE]
    more = at + PAGE if at + PAGE < len(found) else None
    return Answer(shown, len(found), more)


def matches(shown: Json, conditions: Any, allowed: Collection[str]) -> bool:
    """Whether an item fulfils a filter. Raises RestError for a field that may not stand there."""
    pairs = php.items(conditions)
    any_of = any(key == "logic" and str(value).upper() == "OR" for key, value in pairs)
    results = [
        matches(shown, value, allowed) if key.isdigit() else _holds(shown, key, value, allowed)
        for key, value in pairs
        if key != "logic"
    ]
    return (any(results) if any_of else all(results)) if results else True


def _holds(shown: Json, key: str, wanted: Any, allowed: Collection[str]) -> bool:
    match = _PREFIX.match(key)
    prefix, name = (match.group(1) or "", match.group(2)) if match else ("", key)
    if name not in allowed:
        text = f"Invalid filter: field '{name}' is not allowed in filter"
        raise RestError("INVALID_ARG_VALUE", text)
    value = shown.get(name)
    negative = prefix.startswith("!")
    kind = prefix.removeprefix("!")
    if kind in {">", ">=", "<", "<="}:
        return _ordered(kind, value, wanted)
    if "%" in kind:
        return _like(kind, value, wanted) is not negative
    options = [one for _, one in php.items(wanted)] or [wanted]
    return any(_equal(value, one) for one in options) is not negative


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_equal(one, wanted) for one in value)
    if _empty(value) or _empty(wanted):
        return _empty(value) and _empty(wanted)
    return _comparable(value) == _comparable(wanted)


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _comparable(value: Any) -> float | str:
    text = str(value)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    try:
        return read(text)
    except ValueError:
        return text


def _ordered(kind: str, value: Any, wanted: Any) -> bool:
    mine, other = _comparable(value), _comparable(wanted)
    if isinstance(mine, str) or isinstance(other, str):
        mine, other = str(value), str(wanted)
        less, more = mine < other, mine > other
    else:
        less, more = mine < other, mine > other
    if kind == ">":
        return more
    if kind == ">=":
        return not less
    return less if kind == "<" else not more


def _like(kind: str, value: Any, wanted: Any) -> bool:
    pattern = str(wanted) if "=" in kind else f"%{wanted}%"
    regular = ".*".join(re.escape(part) for part in pattern.split("%"))
    return re.fullmatch(regular, str(value or ""), re.IGNORECASE | re.DOTALL) is not None


def ordered(items: Iterable[Json], order: Any, allowed: Collection[str]) -> list[Json]:
    """Sorted by `{field: ASC | DESC}`; by id when nothing is said."""
    found = list(items)
    pairs = php.items(order) or [("id", "ASC")]
    for name, direction in reversed(pairs):
        if name not in allowed:
            text = f"Invalid order: field '{name}' is not allowed in order"
            raise RestError("INVALID_ARG_VALUE", text)
        if str(direction).upper() not in {"ASC", "DESC"}:
            text = (
                "Invalid order: allowed sort directions are `ASC, DESC`. "
                f"But got '{direction}' for field '{name}'"
            )
            raise RestError("INVALID_ARG_VALUE", text)
        found.sort(
            key=lambda one: _sorting(one.get(name)), reverse=str(direction).upper() == "DESC"
        )
    return found


def _sorting(value: Any) -> tuple[int, float, str]:
    found = _comparable("" if value is None else value)
    return (1, 0.0, found) if isinstance(found, str) else (0, found, "")
