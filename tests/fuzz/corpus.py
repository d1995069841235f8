"""What the bodies are grown from: every recorded webhook, and some that lead somewhere."""

import json
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

from switchboard.domain.identity import JobLink, deep_link_token
from tests.doors.house import EVENTS, SECRET
from tests.doors.link_house import ANSWERS
from tests.doors.updates import CLAIM, CONTACT, pressed, wrote
from tests.doors.whatsapp_webhooks import EFFECT, PHONE_ID, change, failed, said, webhook, with_part
from tests.flows.story import BRANCH, IVAN, JOB, WORKERS_CHAT

_FOLDERS = {
    "telegram": "telegram",
    "clients": "telegram",
    "amocrm": "crm/amocrm",
    "generic": "crm/generic",
    "bitrix24": "crm/bitrix24",
}
"""1C's calls and requests for links are ours alone."""
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}

CANARIES = (
    *("Секретина", "+79000000007", "a talk that nobody may read", "Sekretina Hidden"),
    "79000000007",
)
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
    recorded = sorted((EVENTS / _FOLDERS[door]).glob("*.json")) if door in _FOLDERS else []
    for path in recorded:
        event = json.loads(path.read_text(encoding="utf-8"))
        headers = {name.lower(): value for name, value in event["headers"].items()}
        found.append(Seed(headers, event["body"].encode()))
    return tuple(found) + tuple(Seed(_TYPES[door], body) for body in _ours()[door]) * 3


_TYPES = {
    **dict.fromkeys(("telegram", "clients", "generic", "onec", "whatsapp"), JSON),
    **dict.fromkeys(("amocrm", "bitrix24", "click", "survey"), FORM),
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
        "clients": _of_clients(),
        "whatsapp": _of_whatsapp(),
        "bitrix24": [
            f"event=ONCRMDEALUPDATE&data[FIELDS][ID]=501&data[NAME]={CANARIES[0]}".encode(),
            b"document_id[]=crm&document_id[]=CCrmDocumentDeal&document_id[]=DEAL_501",
        ],
        "onec": [
            json.dumps({"phone": CANARIES[1], "document": CANARIES[0]}).encode(),
            json.dumps({"phone": 89000000007, "id": 12, "client": CANARIES[3]}).encode(),
        ],
        "click": [b"", f"who={CANARIES[0]}".encode()],
        "survey": [
            urlencode(ANSWERS).encode(),
            urlencode(ANSWERS | {"words": f"<script>{CANARIES[2]}</script>"}).encode(),
            urlencode(ANSWERS | {"words": f"{CANARIES[0]}\r\n" * 40}).encode(),
        ],
        "generic": [
            json.dumps({"deal": {"id": "D-1", "title": CANARIES[2]}}).encode(),
            json.dumps({"deal": {"id": "Сделка № 5"}, "by": CANARIES[3]}).encode(),
        ],
    }


def _of_clients() -> list[bytes]:
    """A button of a survey, words, and a telephone number, in a private chat."""
    anna = IVAN.model_copy(update={"first_name": CANARIES[0], "last_name": CANARIES[3]})
    card = {"phone_number": CANARIES[1], "first_name": CANARIES[0]}
    updates = [
        pressed(SCORE, anna, anna.id),
        pressed("s:bitrix24-501:12:3:10", anna, anna.id),
        wrote(CANARIES[2], anna),
        wrote("", anna, caption=CANARIES[2], photo=[{"file_id": "x"}]),
        wrote("", anna, contact=card | {"user_id": anna.id}),
        wrote("", anna, contact=card | {"user_id": 5}),
    ]
    return [json.dumps(update).encode() for update in updates]


def _of_whatsapp() -> list[bytes]:
    """Words, choices and captions, failures, and what leads nowhere."""
    words = said(CANARIES[2], sender=CANARIES[4])
    changes = [
        change(words),
        change(with_part("button", {"text": CANARIES[0]}, sender=CANARIES[4])),
        change(
            with_part("interactive", {"button_reply": {"title": CANARIES[3]}}, sender=CANARIES[4])
        ),
        change(with_part("interactive", {"list_reply": {"title": "10"}}, sender=CANARIES[4])),
        change(with_part("image", {"id": "1", "caption": CANARIES[0]}, sender=CANARIES[4])),
        change(failed(recipient_id=CANARIES[4])),
        change(failed(130472, number=5), failed(131026, number=6)),
        change(failed(131050, number=3), failed(131047, number=4), words),
        change(failed(status="delivered"), with_part("sticker", {}, sender=CANARIES[4])),
        change(words, phone_id="5"),
    ]
    return [webhook(one) for one in changes] + [webhook(*changes), webhook(change(field="flows"))]


SCORE = "s:bitrix24-501:1:0:9"
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
        *(SCORE, "s:", "s:a-1:9999:99:99", "s:a-1:99999:0:0", "contact", "phone_number", "user_id"),
        *("forward_origin", "caption", "phone", "document", "+7 900", "document_id[]=DEAL_7"),
        *("event=", "ONCRMDEALADD", "data[FIELDS][ID]=", "auth[application_token]=x", "DEAL_"),
        *("whatsapp_business_account", "entry", "changes", "value", "metadata", "messages"),
        *("statuses", "errors", "code", "biz_opaque_callback_data", EFFECT, PHONE_ID, "wamid."),
        *("quality", "words=", "again=3", "\r\n", "%0D%0A", "<script>", "%3Cscript%3E"),
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
    *(float("inf"), float("nan"), -0.0, "1e400", "-1", "NaN", 2**31 + 0.5, 10**18, -(10**12)),
    *(
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
        "2025-11-21",
    ),
    *("." * 3, "a" * 200, "a" * 201, "a\n", "41000001", "_" * 64, "a" * 64, "a" * 65),
)
"""What may stand instead of a part of JSON."""
