"""One case: a door and the event that it gets, made from a seed and a number alone."""

import base64
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

from switchboard.doors.telegram import SECRET_HEADER
from tests.doors.house import CRM_SECRET, SECRET
from tests.flows.story import BRANCH
from tests.fuzz.corpus import seeds
from tests.fuzz.doors import GENERIC_BRANCH
from tests.fuzz.mutations import mutated

DOORS = ("telegram", "amocrm", "generic", "health")
_HUGE = 1_000_001


class Case(NamedTuple):
    """`body` is what the sender meant; `admitted`: the address and the secret are right."""

    door: str
    event: Mapping[str, Any]
    body: bytes
    admitted: bool


def case(seed: int, number: int) -> Case:
    """The same for the same numbers, on any machine."""
    chance = Random(f"{seed}:{number}")
    door = chance.choices(DOORS, (10, 6, 4, 0.3))[0]
    # Now and then what belongs to another door.
    kind = door if door != "health" and chance.random() < 0.95 else chance.choice(DOORS[:3])
    grown_from = chance.choice(seeds(kind))
    body = mutated(chance, grown_from.body, [one.body for one in seeds(kind)])
    if chance.random() < 0.0005:
        body = body + chance.choice((b"1", b" ", b"&", b"[")) * _HUGE
    return around(door, body, grown_from.headers, chance)


def around(door: str, body: bytes, headers: Mapping[str, str], chance: Random) -> Case:
    """The event that brings a body to a door: mostly as it should be, sometimes in no way so."""
    path, sent, admitted = _address(door, dict(headers), chance)
    event: dict[str, Any] = {
        "version": "2.0",
        "headers": _odd_headers(sent, chance),
        "requestContext": {"requestId": f"{chance.getrandbits(64):016x}="},
        **_body(body, chance),
    }
    if path is not None or chance.random() < 0.5:
        event["pathParameters"] = path
    if chance.random() < 0.01:
        del event["headers"]
        admitted = admitted and door != "telegram"
    return Case(door, event, body, admitted)


def _address(
    door: str, headers: dict[str, str], chance: Random
) -> tuple[dict[str, str] | None, dict[str, str], bool]:
    """Path parameters, headers, and whether they open the door."""
    path = {"branch": GENERIC_BRANCH if door == "generic" else BRANCH}
    headers.pop(SECRET_HEADER, None)
    if door == "telegram":
        headers[SECRET_HEADER] = SECRET
    else:
        path |= {"provider": door, "secret": CRM_SECRET}
    if chance.random() > 0.04:
        return path, headers, door != "health"
    wrong = chance.choice(("", "demo ", "Demo", "\udcff", "секрет", "\x00", "x" * 5000, "../demo"))
    match chance.randrange(4):
        case 0:
            return None, headers, False
        case 1:
            return path | {"branch": wrong}, headers, False
        case 2 if door != "telegram":
            return path | {chance.choice(("provider", "secret")): wrong}, headers, False
        case 2:
            return path, headers | {SECRET_HEADER: wrong}, False
        case _:
            path.pop(chance.choice(sorted(path)))
            return path, headers, False


def _odd_headers(headers: dict[str, str], chance: Random) -> dict[str, str]:
    if chance.random() < 0.95:
        return headers
    odd = chance.choice(("", "application/json", "text/plain;;;=", "\x00", "\udcff", "я" * 3000))
    name = chance.choice(
        ("content-type", "Content-Type", "", "\udcff", "content-length", "x" * 999)
    )
    return headers | {name: odd}


def _body(body: bytes, chance: Random) -> dict[str, Any]:
    """As API Gateway writes it: text where it is text, else base64."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or chance.random() < 0.15:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    if not text and chance.random() < 0.5:
        return {}
    if chance.random() < 0.01:
        # The flag lies: whatever comes of it, it is not what the body says.
        return {"body": text, "isBase64Encoded": True}
    return {"body": text, "isBase64Encoded": chance.choice((False, None))}
