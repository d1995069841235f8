"""The language of $filter and Condition, as far as integrations use it.

Comparisons, and, or, not, brackets, substringof, startswith, endswith, and any() over a tabular
section; literals 'text', guid'…', datetime'…', numbers, true, false. Source: 1C's documentation
of the standard OData interface 8.3.27, 17.4.5.
"""

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.wire import Json

Scope = dict[str, Json]
Term = Callable[[Scope], Any]

TOKEN = re.compile(
    r"\s*(?:(?P<typed>guid|datetime)'(?P<inside>[^']*)'|'(?P<string>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w/])|(?P<word>[^\W\d][\w/]*)|(?P<sign>[(),:]))"
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
FUNCTIONS: dict[str, Callable[[Any, Any], bool]] = {
    "substringof": lambda part, whole: part in whole,
    "startswith": lambda whole, part: bool(whole.startswith(part)),
    "endswith": lambda whole, part: bool(whole.endswith(part)),
}


class BadFilter(ValueError):
    """The message says where the expression cannot be read."""


def condition(text: str, names: set[str]) -> Callable[[Json], bool]:
    """A test for one object; `names` are its attributes. Raises BadFilter."""
    reader = _Reader(text, names)
    term = reader.either()
    reader.end()

    def test(entity: Json) -> bool:
        try:
            return bool(term({"": entity}))
        except (AttributeError, TypeError) as error:
            raise BadFilter("несравнимые значения") from error

    return test


class _Reader:
    def __init__(self, text: str, names: set[str]) -> None:
        self._tokens = list(_tokens(text))
        self._names = names
        self._at = 0
        self._variables: list[str] = []

    def either(self) -> Term:
        found = self._all()
        while self._took("or"):
            found = _or(found, self._all())
        return found

    def _all(self) -> Term:
        found = self._negated()
        while self._took("and"):
            found = _and(found, self._negated())
        return found

    def _negated(self) -> Term:
        if self._took("not"):
            term = self._negated()
            return lambda scope: not term(scope)
        return self._compared()

    def _compared(self) -> Term:
        left = self._operand()
        word = self._peek()
        if word not in COMPARISONS:
            return left
        self._at += 1
        compare, right = COMPARISONS[word], self._operand()
        return lambda scope: compare(left(scope), right(scope))

    def _operand(self) -> Term:
        kind, value = self._next()
        if kind == "value":
            return lambda _: value
        if value == "(":
            found = self.either()
            self._expect(")")
            return found
        if value in FUNCTIONS:
            return self._function(FUNCTIONS[value])
        if kind == "word":
            return self._path(value)
        raise BadFilter(f"неожиданное «{value}»")

    def _function(self, call: Callable[[Any, Any], bool]) -> Term:
        self._expect("(")
        first = self.either()
        self._expect(",")
        second = self.either()
        self._expect(")")
        return lambda scope: call(first(scope), second(scope))

    def _path(self, path: str) -> Term:
        head, _, rest = path.partition("/")
        if head in self._variables and rest:
            return lambda scope: scope[head].get(rest)
        if head not in self._names:
            raise BadFilter(f"Сегмент пути {head} не найден!")
        if rest == "any":
            return self._any(head)
        if rest:
            raise BadFilter(f"Сегмент пути {rest} не найден!")
        return lambda scope: scope[""][head]

    def _any(self, rows: str) -> Term:
        self._expect("(")
        _, variable = self._next()
        self._expect(":")
        self._variables.append(variable)
        inner = self.either()
        self._variables.pop()
        self._expect(")")
        return lambda scope: any(inner(scope | {variable: row}) for row in scope[""][rows])

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise BadFilter(f"лишнее «{self._tokens[self._at][1]}»")

    def _peek(self) -> Any:
        if self._at >= len(self._tokens):
            return None
        kind, value = self._tokens[self._at]
        return None if kind == "value" else value

    def _took(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise BadFilter(f"ожидалось «{sign}»")

    def _next(self) -> tuple[str, Any]:
        if self._at >= len(self._tokens):
            raise BadFilter("выражение не закончено")
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise BadFilter(f"непонятно «{text[at:].strip()[:20]}»")
        at = found.end()
        yield _token(found)


def _token(found: re.Match[str]) -> tuple[str, Any]:
    if found["typed"]:
        inside = str(found["inside"])
        return "value", inside.lower() if found["typed"] == "guid" else inside
    if found["string"] is not None:
        return "value", found["string"].replace("''", "'")
    if found["number"]:
        return "value", float(found["number"])
    if found["word"] in {"true", "false"}:
        return "value", found["word"] == "true"
    return ("word", found["word"]) if found["word"] else ("sign", found["sign"])


def _or(left: Term, right: Term) -> Term:
    return lambda scope: left(scope) or right(scope)


def _and(left: Term, right: Term) -> Term:
    return lambda scope: left(scope) and right(scope)
