"""One case: a door and the event that it gets, made from a seed and a number alone."""

import base64
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

from switchboard.doors.telegram import SECRET_HEADER
from switchboard.doors.whatsapp import SIGNATURE_HEADER
from tests.doors.crawler_agents import PEOPLE, SCANNERS
from tests.doors.house import CRM_SECRET, SECRET
from tests.doors.link_house import HOST, own_form
from tests.doors.whatsapp_webhooks import CHALLENGE, VERIFY_TOKEN, signature
from tests.flows.story import BRANCH
from tests.fuzz.branches import BRANCHES, KNOWN, SALE_SECRET
from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import mutated

DOORS = (
    *("telegram", "amocrm", "generic", "health"),
    *("clients", "bitrix24", "onec", "click", "survey", "whatsapp"),
)
LINK_DOORS = frozenset({"click", "survey"})
_OFTEN = (10, 6, 4, 0.3, 6, 3, 3, 6, 5, 5)
_BODIES = tuple(door for door in DOORS if door != "health")
_HUGE = 1_000_001


class Case(NamedTuple):
    """`body` is what the sender meant; `admitted`: the address and the secret are right, and for
    WhatsApp's door the bytes that were signed."""

    door: str
    event: Mapping[str, Any]
    body: bytes
    admitted: bool


def case(seed: int, number: int) -> Case:
    """The same for the same numbers, on any machine."""
    chance = Random(f"{seed}:{number}")
    door = chance.choices(DOORS, _OFTEN)[0]
    # Now and then what belongs to another door.
    kind = door if door != "health" and chance.random() < 0.95 else chance.choice(_BODIES)
    grown_from = chance.choice(seeds(kind))
    body = mutated(chance, grown_from.body, [one.body for one in seeds(kind)])
    if chance.random() < 0.0005:
        body = body + chance.choice((b"1", b" ", b"&", b"[")) * _HUGE
    return around(door, body, grown_from.headers, chance)


def around(door: str, body: bytes, headers: Mapping[str, str], chance: Random) -> Case:
    """The event that brings a body to a door: mostly as it should be, sometimes in no way so."""
    if door == "whatsapp":
        return _to_whatsapp(body, dict(headers), chance)
    to = _link if door in LINK_DOORS else _address
    path, sent, admitted = to(door, dict(headers), chance)
    context: dict[str, Any] = {"requestId": f"{chance.getrandbits(64):016x}="}
    if door in LINK_DOORS:
        context["http"] = {"method": chance.choices(_METHODS, _METHODS_OFTEN)[0]}
    event: dict[str, Any] = {
        "version": "2.0",
        "headers": _odd_headers(sent, chance),
        "requestContext": context,
        **_body(body, chance),
    }
    if path is not None or chance.random() < 0.5:
        event["pathParameters"] = path
    if chance.random() < 0.01:
        del event["headers"]
        admitted = admitted and door not in ("telegram", "clients")
    return Case(door, event, body, admitted)


def _address(
    door: str, headers: dict[str, str], chance: Random
) -> tuple[dict[str, str] | None, dict[str, str], bool]:
    """Path parameters, headers, and whether they open the door."""
    path = {"branch": BRANCHES.get(door, BRANCH)}
    headers.pop(SECRET_HEADER, None)
    telegram = door in ("telegram", "clients")
    if telegram:
        headers[SECRET_HEADER] = SECRET
    else:
        secret = SALE_SECRET if door == "onec" else CRM_SECRET
        path |= {"provider": door, "secret": secret}
    if chance.random() > 0.04:
        return path, headers, door != "health"
    wrong = chance.choice(("", "demo ", "Demo", "\udcff", "секрет", "\x00", "x" * 5000, "../demo"))
    match chance.randrange(4):
        case 0:
            return None, headers, False
        case 1:
            return path | {"branch": wrong}, headers, False
        case 2 if not telegram:
            return path | {chance.choice(("provider", "secret")): wrong}, headers, False
        case 2:
            return path, headers | {SECRET_HEADER: wrong}, False
        case _:
            path.pop(chance.choice(sorted(path)))
            return path, headers, False


def _to_whatsapp(body: bytes, headers: dict[str, str], chance: Random) -> Case:
    """Mostly a body that is signed as it is; sometimes Meta's question, or another's."""
    method = chance.choices(("POST", "GET", *_METHODS[2:]), (30, 4, *(0.1,) * 7))[0]
    headers = headers | {SIGNATURE_HEADER: signature(body)}
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": CHALLENGE,
        "hub.verify_token": VERIFY_TOKEN,
    }
    branch, carried = BRANCHES["whatsapp"], _body(body, chance)
    # A body that is not what its flag says has lost its signature on the way.
    lies = carried.get("isBase64Encoded") is True and _is_text(body, carried["body"])
    good = not (lies and method == "POST")
    if chance.random() < 0.1:
        good, wrong = False, chance.choice((*_VALUES, f"sha256={'0' * 64}", VERIFY_TOKEN[:-1]))
        match chance.randrange(3):
            case 0:
                branch = chance.choice(("", "demo", "shop", "\udcff", "../tyres"))
            case 1 if method == "GET":
                query[chance.choice(("hub.mode", "hub.verify_token"))] = wrong
            case 1:
                headers[SIGNATURE_HEADER] = wrong
            case _:
                headers.pop(SIGNATURE_HEADER)
                query = {}
    event: dict[str, Any] = {
        "version": "2.0",
        "headers": _odd_headers(headers, chance),
        "pathParameters": {"branch": branch},
        "requestContext": {
            "requestId": f"{chance.getrandbits(64):016x}=",
            "http": {"method": method},
        },
        **carried,
    }
    if method == "GET" or chance.random() < 0.1:
        event["queryStringParameters"] = query
    return Case("whatsapp", event, body, good)


def _is_text(body: bytes, carried: str) -> bool:
    return bool(body) and carried.encode("utf-8", "surrogatepass") == body


_METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "", "get", "POST ", "\udcff")
_METHODS_OFTEN = (10, 12, 3, *(0.3,) * 6)
_CODES = tuple(KNOWN)


def _link(
    door: str, headers: dict[str, str], chance: Random
) -> tuple[dict[str, str] | None, dict[str, str], bool]:
    """A link's code as it was sent, or in no way so; a browser's headers, or a crawler's."""
    agent = chance.choice(PEOPLE if chance.random() < 0.8 else SCANNERS)
    headers = headers | own_form(agent)
    if chance.random() < 0.3:
        name = chance.choice(("origin", "sec-fetch-site", "user-agent", "host", "sec-purpose"))
        headers[name] = chance.choice((*_VALUES, HOST, f"https://{HOST}", "x" * 9000))
    if chance.random() < 0.1:
        headers.pop(chance.choice(sorted(headers)))
    fitting = [code for code in _CODES if KNOWN[code].purpose[0] == {"click": "r"}.get(door, "s")]
    code = chance.choice(fitting if chance.random() < 0.9 else _CODES)
    if chance.random() > 0.05:
        return {"code": code}, headers, True
    wrong = chance.choice(
        ("", code[:-1], code + "0", f"{code}\n", code.lower(), "\udcff" * 12, "Б" * 12)
    )
    return chance.choice(({"code": wrong}, {}, None)), headers, False


_VALUES = (
    *(
        "",
        "null",
        "none",
        "same-origin",
        "cross-site",
        "same-site",
        "https://[",
        "https://evil.example",
    ),
    *("prefetch", "\udcff", "\x00", "//", "en;q=0.1,ru", "Mozilla/5.0", "javascript:x", "я" * 300),
)


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
