"""DynamoDB's expressions, as far as our request builders use them.

Anything else is refused aloud: an expression that this does not know is an error here and never a
guess. `test_database.py` holds it to moto and to ExtendDB.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

Value = Mapping[str, Any]
"""An attribute value as DynamoDB writes it: `{"S": "demo"}`."""
Item = dict[str, Any]

LONGEST = 4096
"""Bytes of one expression (DynamoDB, "Service, account, and table quotas")."""

_TOKEN = re.compile(r"\s*(?:([A-Za-z_]\w*|[#:]\w+)|(<=|>=|<>|[=<>+\-(),.]))")


class Invalid(ValueError):
    """DynamoDB would answer ValidationException."""


class Scope(NamedTuple):
    """What an expression is evaluated over."""

    item: Mapping[str, Any]
    names: Mapping[str, str]
    values: Mapping[str, Value]


Path = tuple[str, ...]
Operand = Callable[[Scope], Value | None]
Condition = Callable[[Scope], bool]


class Update(NamedTuple):
    """A parsed update expression: what is set, what is removed, what is added to."""

    sets: tuple[tuple[Path, Operand], ...]
    removes: tuple[Path, ...]
    adds: tuple[tuple[Path, Operand], ...]
    used: frozenset[str]


class Parsed(NamedTuple):
    """A parsed condition, and the placeholders in it."""

    holds: Condition
    used: frozenset[str]


@lru_cache(maxsize=5000)
def condition(text: str) -> Parsed:
    parser = _Parser(text)
    found = parser.disjunction()
    parser.end()
    return Parsed(found, parser.used)


@lru_cache(maxsize=5000)
def update(text: str) -> Update:
    return _Parser(text).update()


def resolve(path: Path, names: Mapping[str, str]) -> Path:
    """The path's real names. A placeholder is one name, whatever dots may stand in it."""
    try:
        return tuple(names[part] if part[0] == "#" else part for part in path)
    except KeyError as missing:
        raise Invalid(f"the name {missing} is not defined") from None


def at(item: Mapping[str, Any], path: Path) -> Value | None:
    """What stands there, or None."""
    here: Any = {"M": item}
    for part in path:
        if not isinstance(here, Mapping) or "M" not in here or part not in here["M"]:
            return None
        here = here["M"][part]
    return here  # type: ignore[no-any-return]


def number(value: Value | None) -> Decimal:
    if value is None or "N" not in value:
        raise Invalid("an operand is no number")
    return Decimal(value["N"])


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text.encode()) > LONGEST:
            raise Invalid("the expression is longer than 4 KB")
        self._tokens = _tokens(text)
        self._at = 0
        self.used = frozenset(token for token in self._tokens if token[0] in "#:")

    # Conditions.

    def disjunction(self) -> Condition:
        parts = [self._conjunction()]
        while self._word("OR"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda scope: any(p(scope) for p in parts)

    def _conjunction(self) -> Condition:
        parts = [self._comparison()]
        while self._word("AND"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda scope: all(p(scope) for p in parts)

    def _comparison(self) -> Condition:
        if self._take("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        if self._peek() in ("attribute_exists", "attribute_not_exists"):
            wanted = self._next() == "attribute_exists"
            self._expect("(")
            path = self._path()
            self._expect(")")
            return lambda scope: (at(scope.item, resolve(path, scope.names)) is not None) is wanted
        if self._peek() in _BETWEEN_TWO:
            judge = _BETWEEN_TWO[self._next()]
            self._expect("(")
            left = self._operand()
            self._expect(",")
            right = self._operand()
            self._expect(")")
            return lambda scope: judge(left(scope), right(scope))
        left = self._operand()
        if self._word("BETWEEN"):
            low = self._operand()
            if not self._word("AND"):
                raise Invalid("BETWEEN without AND")
            high = self._operand()
            return lambda scope: (
                _compare(">=", left(scope), low(scope)) and _compare("<=", left(scope), high(scope))
            )
        sign = self._next()
        if sign not in ("=", "<", "<=", ">", ">=", "<>"):
            raise Invalid(f"unknown comparison {sign!r}")
        right = self._operand()
        return lambda scope: _compare(sign, left(scope), right(scope))

    # Updates.

    def update(self) -> Update:
        sets: list[tuple[Path, Operand]] = []
        removes: list[Path] = []
        adds: list[tuple[Path, Operand]] = []
        while self._at < len(self._tokens):
            clause = self._next()
            if clause == "SET":
                self._list(lambda: sets.append(self._assignment()))
            elif clause == "REMOVE":
                self._list(lambda: removes.append(self._path()))
            elif clause == "ADD":
                self._list(lambda: adds.append((self._path(), self._operand())))
            else:
                raise Invalid(f"unknown clause {clause!r}")
        return Update(tuple(sets), tuple(removes), tuple(adds), self.used)

    def _list(self, one: Callable[[], None]) -> None:
        one()
        while self._take(","):
            one()

    def _assignment(self) -> tuple[Path, Operand]:
        path = self._path()
        self._expect("=")
        left = self._operand()
        if self._peek() not in ("+", "-"):
            return path, left
        sign = 1 if self._next() == "+" else -1
        right = self._operand()
        return path, lambda scope: written(number(left(scope)) + sign * number(right(scope)))

    def _operand(self) -> Operand:
        token = self._peek()
        if token.startswith(":"):
            self._next()
            return lambda scope: _given(scope, token)
        if token == "if_not_exists":
            self._next()
            self._expect("(")
            path = self._path()
            self._expect(",")
            otherwise = self._operand()
            self._expect(")")
            return lambda scope: _first(
                at(scope.item, resolve(path, scope.names)), otherwise(scope)
            )
        if token == "size":
            self._next()
            self._expect("(")
            path = self._path()
            self._expect(")")
            return lambda scope: _size(at(scope.item, resolve(path, scope.names)))
        path = self._path()
        return lambda scope: at(scope.item, resolve(path, scope.names))

    def _path(self) -> Path:
        parts = [self._name()]
        while self._take("."):
            parts.append(self._name())
        return tuple(parts)

    def _name(self) -> str:
        token = self._next()
        if not (token[0] == "#" or token[0].isalpha() or token[0] == "_"):
            raise Invalid(f"{token!r} is no name")
        return token

    # Tokens.

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise Invalid("the expression ends too early")
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    _word = _take

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise Invalid(f"{token!r} expected, {self._peek()!r} found")

    def end(self) -> None:
        if self._peek():
            raise Invalid(f"{self._peek()!r} after the end")


def _tokens(text: str) -> list[str]:
    found, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Invalid(f"unknown character {text[position]!r}")
        found.append(match[1] or match[2])
        position = match.end()
    return found


def _given(scope: Scope, name: str) -> Value:
    try:
        return scope.values[name]
    except KeyError:
        raise Invalid(f"the value {name} is not defined") from None


def _first(stands: Value | None, otherwise: Value | None) -> Value | None:
    return otherwise if stands is None else stands


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind not in ("M", "L", "S", "SS"):
        raise Invalid("size of a number")
    return {"N": str(len(content.encode() if kind == "S" else content))}


def _begins(value: Value | None, prefix: Value | None) -> bool:
    if value is None or prefix is None or "S" not in value or "S" not in prefix:
        return False
    return bool(value["S"].startswith(prefix["S"]))


def _contains(value: Value | None, part: Value | None) -> bool:
    if value is None or part is None or "S" not in part:
        return False
    return part["S"] in value.get("SS", value.get("S", ""))


_BETWEEN_TWO: Mapping[str, Callable[[Value | None, Value | None], bool]] = {
    "begins_with": _begins,
    "contains": _contains,
}


def _compare(sign: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return sign == "<>"
    ((kind, a),) = left.items()
    ((other, b),) = right.items()
    if kind != other:
        return sign == "<>"
    if kind == "N":
        a, b = Decimal(a), Decimal(b)
    elif kind == "S" and sign not in ("=", "<>"):
        a, b = a.encode(), b.encode()
    match sign:
        case "=":
            return bool(a == b)
        case "<>":
            return bool(a != b)
        case "<":
            return bool(a < b)
        case "<=":
            return bool(a <= b)
        case ">":
            return bool(a > b)
        case _:
            return bool(a >= b)


def written(value: Decimal) -> Value:
    whole = value.to_integral_value()
    return {"N": str(int(whole)) if whole == value else format(value.normalize(), "f")}


def added(stands: Value | None, more: Value | None) -> Value:
    """What ADD makes of a number or a set."""
    if more is None:
        raise Invalid("an operand refers to an attribute that does not exist")
    if "SS" in more:
        if stands is not None and "SS" not in stands:
            raise Invalid("an operand is no set")
        return {"SS": sorted({*(stands or {"SS": ()})["SS"], *more["SS"]})}
    return written(number(stands or {"N": "0"}) + number(more))
