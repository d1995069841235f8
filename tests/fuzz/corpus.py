"""What the bodies are grown from: every recorded webhook, and some that lead somewhere."""

import json
from functools import cache
from typing import NamedTuple

from switchboard.domain.identity import JobLink, deep_link_token
from tests.doors.house import EVENTS, SECRET
from tests.doors.updates import CLAIM, CONTACT, pressed, wrote
from tests.flows.story import BRANCH, IVAN, JOB, WORKERS_CHAT

_FOLDERS = {"telegram": "telegram", "amocrm": "crm/amocrm", "generic": "crm/generic"}

CANARIES = ("Секретина", "+79000000007", "a talk that nobody may read", "Sekretina Hidden")
"""What people say and who they are. It never gets into the log."""


class Seed(NamedTuple):
    headers: dict[str, str]
    body: bytes


@cache
def seeds(door: str) -> tuple[Seed, ...]:
    """A door's recorded webhooks with the headers that they came with, in a fixed order.

    Most of the recorded ones lead nowhere, so ours come three times.
    """
    found = []
    for path in sorted((EVENTS / _FOLDERS[door]).glob("*.json")):
        event = json.loads(path.read_text(encoding="utf-8"))
        headers = {name.lower(): value for name, value in event["headers"].items()}
        found.append(Seed(headers, event["body"].encode()))
    return tuple(found) + tuple(Seed(_TYPES[door], body) for body in _ours()[door]) * 3


_TYPES = {
    "telegram": {"content-type": "application/json"},
    "amocrm": {"content-type": "application/x-www-form-urlencoded"},
    "generic": {"content-type": "application/json"},
}


def _ours() -> dict[str, list[bytes]]:
    private = IVAN.model_copy(update={"first_name": CANARIES[0], "last_name": CANARIES[1]})
    link = deep_link_token(SECRET, BRANCH, LINK, IVAN.id)
    updates = [
        pressed(CLAIM, private),
        pressed(CONTACT, private),
        pressed(CLAIM, private, id="q1"),
        wrote(f"/start {link}"),
        wrote(CANARIES[2], private),
        wrote("", chat={"id": WORKERS_CHAT, "type": "group"}, migrate_to_chat_id=-1001),
    ]
    return {
        "telegram": [json.dumps(update).encode() for update in updates],
        "amocrm": [
            f"leads[status][0][id]=41000001&leads[status][0][name]={CANARIES[0]}".encode(),
            b"&".join(b"leads[update][%d][id]=%d" % (n, n + 1) for n in range(30)),
        ],
        "generic": [
            json.dumps({"deal": {"id": "D-1", "title": CANARIES[2]}}).encode(),
            json.dumps({"deal": {"id": "Сделка № 5"}, "by": CANARIES[3]}).encode(),
        ],
    }


LINK = JobLink(job=JOB, offer=1)

TOKENS: tuple[bytes, ...] = tuple(
    word.encode()
    for word in (
        *("{", "}", "[", "]", '"', ":", ",", "null", "true", "false", "NaN", "Infinity", "-0"),
        *("\\u0000", "\\ud800", "\\udfff\\ud800", "\\uffff", "\uffff", "\ufffe", "\u202e", "\x00"),
        *("\x7f", "\x85", "\u2028", "😀", "\ufeff", "\r\n", "\n", "٣"),
        *("0", "-1", "1e309", "1E400", "1.0", "9" * 25, "9" * 5000, str(2**52), str(2**63)),
        *(str(-(2**63)), "4503599627370495", "007", "0x1"),
        *("update_id", "callback_query", "message", "from", "chat", "id", "data", "text", "type"),
        *("migrate_to_chat_id", "private", "group", "first_name", "/start", "/start ", "@"),
        *(CLAIM, CONTACT, "claim:", "contact:", f"claim:{'a' * 2000}-1:1", "claim:a-1:999999"),
        *("claim:amocrm-41000001:0", "../..", "%", "%00", "%ff", "%5B", "%5D", "%D0", "&", "="),
        *("leads", "leads[status][0][id]=", "[status]", "[add]", "[id]", "account[id]=1", "deal"),
        *("contacts[add][0][type]=company", "&" * 200, "[" * 30, *CANARIES),
    )
)

VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**52 - 1, 2**52, 2**63, -(2**63), 10**30, 1.5, 1e300),
    *(
        "",
        "0",
        "\x00",
        "\uffff",
        "\ufffe",
        "\ud800",
        "\u202eevil",
        "я" * 257,
        "x" * 257,
        "😀" * 300,
    ),
    *([], {}, [[]], {"id": 1}, {"id": "1"}, [None], "/start", "/start x", "private", "group"),
    *(CLAIM, CONTACT, f"claim:{'a' * 2000}-1:1", IVAN.id, WORKERS_CHAT, JOB, *CANARIES),
    *("." * 3, "a" * 200, "a" * 201, "a\n", "41000001", "_" * 64, "a" * 64, "a" * 65),
)
"""What may stand instead of a part of JSON."""
