"""Ways to spoil a body: its bytes, the JSON or the form that it is. All chance is given."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.fuzz.corpus import TOKENS, VALUES

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]
"""`mutation(chance, body, others)`: others are the bodies that parts may be taken from."""


def mutated(chance: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """The body after a few mutations; now and then it stays as it is."""
    if chance.random() < 0.03:
        return body
    for _ in range(1 + int(chance.expovariate(0.6))):
        body = chance.choices(_ALL, _WEIGHTS)[0](chance, body, others)[:_LONGEST]
    return body


_LONGEST = 300_000


def _flip(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    spoilt = bytearray(body)
    for _n in range(min(len(body), chance.choice((1, 1, 2, 8)))):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _random_bytes(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    return _put(chance, body, chance.randbytes(chance.choice((1, 2, 4, 40))))


def _token(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    return _put(chance, body, chance.choice(TOKENS))


def _put(chance: Random, body: bytes, part: bytes) -> bytes:
    """Puts a part in, or over what stands there."""
    start = chance.randint(0, len(body))
    end = start + (len(part) if chance.random() < 0.5 else 0)
    return body[:start] + part + body[end:]


def _splice(chance: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]


def _cut(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(body))
    if chance.random() < 0.5:
        return body[:start]
    return body[:start] + body[start + chance.choice((1, 2, 16, 100)) :]


def _duplicate(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(body))
    part = body[start : start + chance.choice((1, 8, 64, 1000))]
    return body[:start] + part * chance.choice((2, 2, 3, 50)) + body[start + len(part) :]


def _nest(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(body))
    opens, closes = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[a]", b""), (b"[", b"")))
    deep = chance.choice((5, 60, 70, 300, 5000))
    return body[:start] + opens * deep + body[start:] + closes * deep


def _number(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Another number where one stands."""
    places = [n for n, byte in enumerate(body[:5000]) if 48 <= byte <= 57]
    if not places:
        return body
    start = end = chance.choice(places)
    while end < len(body) and 48 <= body[end] <= 57:
        end += 1
    digits = chance.choice((1, 5, 10, 16, 19, 20, 21, 40, 400, 4000))
    number = str(chance.choice((0, -1, 1, chance.randrange(10**digits)))).encode()
    written = chance.choice((number, number, b"9" * digits, b"9" * 4400, b"1e" + number))
    return body[:start] + written + body[end:]


def _json(chance: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """Another part of the same JSON, still JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _token(chance, body, others)
    holders = _holders(value)
    if not holders:
        return json.dumps(chance.choice(VALUES)).encode()
    _change(chance, chance.choice(holders), holders)
    try:
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")
    except ValueError:  # A part was put into itself.
        return body


def _holders(value: Any) -> list[Any]:
    """Every list and object that holds something, the outermost first; not too many."""
    found: list[Any] = []
    waiting = [value]
    while waiting and len(found) < 300:
        one = waiting.pop()
        if one and isinstance(one, dict | list):
            found.append(one)
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return found


def _change(chance: Random, holder: Any, holders: list[Any]) -> None:
    key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    what = chance.random()
    if what < 0.65:
        holder[key] = chance.choice(VALUES)
    elif what < 0.75:
        del holder[key]
    elif what < 0.85:
        holder[key] = chance.choice(holders)
    elif isinstance(holder, dict):
        named = chance.choice(TOKENS).decode()
        holder[named] = holder.pop(key) if what < 0.95 else chance.choice(VALUES)
    else:
        holder.append(chance.choice(VALUES))


def _pairs(chance: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Pairs of a form out of order, lost, repeated, or with another value."""
    pairs = body.split(b"&")
    n = chance.randrange(len(pairs))
    match chance.randrange(4):
        case 0:
            pairs[n] = pairs[n].partition(b"=")[0] + b"=" + chance.choice(TOKENS)
        case 1:
            del pairs[n]
        case 2:
            pairs += pairs[: chance.choice((1, 5, 500))]
        case _:
            chance.shuffle(pairs)
    return b"&".join(pairs)


_ALL: tuple[Mutation, ...] = (
    *(_flip, _random_bytes, _token, _splice, _cut, _duplicate, _nest, _number, _json, _pairs),
)
_WEIGHTS = (2, 1, 3, 1, 1.5, 1, 0.5, 2, 12, 2)
