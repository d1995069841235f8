"""What a body may lead to, read from it by other means than the doors' own.

It permits and never demands: everything that happened must be among what a body says, and a body
that says nothing may lead to nothing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from switchboard.domain.identity import deep_link_token
from tests.doors.house import SECRET
from tests.flows.story import BRANCH, JOB, WORKERS_CHAT
from tests.fuzz.branches import BRANCHES
from tests.fuzz.corpus import LINK

_BUTTONS = (f"claim:{JOB}:1", f"contact:{JOB}:1")
_SHORT = re.compile("[0-9]{1,4}")
_DEAL_ID = re.compile(r"leads\[[a-z_]+\]\[[^\[\]]*\]\[id\]")


class May(NamedTuple):
    """The one item that may be written, and the events that may be queued, each once."""

    write: bool = False
    events: tuple[dict[str, Any], ...] = ()


def may(door: str, body: bytes) -> May:
    match door:
        case "telegram" | "clients":
            return _telegram(_json(body), asks=door == "clients")
        case "bitrix24":
            return May(events=_touched("bitrix24", _deals_of_events(body)))
        case "onec":
            phone = _get(_json(body), "phone")
            return May(events=({"kind": "sale_closed", "phone": str(phone).strip()},))
        case "amocrm":
            return May(events=_touched("amocrm", _deals_of_form(body)))
        case "generic":
            deal = _get(_json(body), "deal", "id")
            named = {str(deal)} if isinstance(deal, str | int) and deal != "" else set()
            return May(events=_touched("generic", named))
        case _:
            return May()


def unexplained(
    door: str,
    body: bytes,
    written: Sequence[tuple[str, tuple[str, ...]]],
    queued: list[dict[str, Any]],
) -> str:
    """What happened though the body does not say so; empty where it explains everything."""
    allowed = may(door, body)
    if written and not (allowed.write and list(written) == [("jobs", (BRANCH, JOB))]):
        return f"wrote {written}"
    left = list(allowed.events)
    for envelope in queued:
        branch = BRANCHES.get(door, BRANCH)
        said = {name: envelope["event"].get(name) for name in _TOLD[envelope["event"]["kind"]]}
        if envelope["branch"] != branch or said not in left:
            return f"queued {envelope}"
        left.remove(said)
    return ""


_TOLD = {
    "settle": ("kind", "job"),
    "started": ("kind", "id", "worker", "link"),
    "chat_migrated": ("kind", "old", "new"),
    "deal_touched": ("kind", "provider", "deal"),
    "sale_closed": ("kind", "phone"),
    "client_answered": ("kind", "survey", "run", "question", "value", "chat"),
    "client_said": ("kind", "id", "chat", "text"),
    "contact_shared": ("kind", "id", "phone", "own"),
}


def _telegram(update: Any, *, asks: bool) -> May:
    """`asks`: the branch asks its clients, so their own numbers are wanted."""
    query, message = _get(update, "callback_query"), _get(update, "message")
    if isinstance(query, dict):
        here = not asks and _get(query, "message", "chat", "id") == WORKERS_CHAT
        if here and query.get("data") in _BUTTONS and isinstance(_get(query, "from", "id"), int):
            return May(write=True, events=({"kind": "settle", "job": JOB},))
        return _scored(query)
    may = _moved_or_started(update, message, BRANCHES["clients"] if asks else BRANCH)
    chat, sender = _get(message, "chat"), _get(message, "from")
    if _get(chat, "type") != "private" or not isinstance(sender, dict):
        return may
    number, card = str(_get(update, "update_id")), message.get("contact")
    # Which of the two a card with words is, no message of Telegram's can tell.
    if may.events and not (asks and isinstance(card, dict)):
        return may
    if isinstance(card, dict):
        own = card.get("user_id") == sender.get("id") and message.get("forward_origin") is None
        phone = card.get("phone_number") if own else ""
        told = {"kind": "contact_shared", "id": number, "phone": phone, "own": own}
        return May(events=(*may.events, told)) if asks else May()
    text = message.get("text") or message.get("caption")
    if not isinstance(text, str):
        return May()
    told = {"kind": "client_said", "id": number, "chat": chat.get("id"), "text": text[:4096]}
    return May(events=(told,))


def _scored(query: dict[str, Any]) -> May:
    parts = str(query.get("data")).split(":")
    if len(parts) != 5 or parts[0] != "s" or not all(_SHORT.fullmatch(one) for one in parts[2:]):
        return May()
    run, question, value = map(int, parts[2:])
    told = {"kind": "client_answered", "survey": parts[1], "run": run, "question": question}
    return May(events=(told | {"value": value, "chat": _get(query, "message", "chat", "id")},))


def _moved_or_started(update: Any, message: Any, branch: str) -> May:
    chat, sender = _get(message, "chat"), _get(message, "from")
    moved = _get(message, "migrate_to_chat_id")
    if moved is not None:
        event = {"kind": "chat_migrated", "old": _get(chat, "id"), "new": moved}
        return May(events=(event,))
    text = _get(message, "text")
    if not isinstance(text, str) or not text.startswith("/start"):
        return May()
    if _get(chat, "type") != "private" or not isinstance(sender, dict):
        return May()
    return May(events=(_started(update, sender, text, branch),))


def _started(update: Any, sender: dict[str, Any], text: str, branch: str) -> dict[str, Any]:
    number = sender.get("id")
    ours = deep_link_token(SECRET, branch, LINK, number) if isinstance(number, int) else None
    theirs = text.split()[-1] == ours
    return {
        "kind": "started",
        "id": str(update.get("update_id")),
        "worker": {
            "id": number,
            "first_name": sender.get("first_name"),
            "last_name": sender.get("last_name", ""),
            "login": sender.get("username"),
        },
        "link": LINK.model_dump() if theirs else None,
    }


def _touched(provider: str, deals: set[str]) -> tuple[dict[str, Any], ...]:
    return tuple({"kind": "deal_touched", "provider": provider, "deal": deal} for deal in deals)


def _deals_of_form(body: bytes) -> set[str]:
    return {value for key, value in _pairs(body) if _DEAL_ID.fullmatch(key)}


def _deals_of_events(body: bytes) -> set[str]:
    """Bitrix24's: an event names one, a robot's document is one."""
    pairs = list(_pairs(body))
    named = {value for key, value in pairs if key == "data[FIELDS][ID]"}
    documents = {value for key, value in pairs if key.startswith("document_id[")}
    return named | {one.removeprefix("DEAL_") for one in documents if one.startswith("DEAL_")}


def _pairs(body: bytes) -> Iterator[tuple[str, str]]:
    for pair in body.split(b"&"):
        key, _, value = (
            unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8", "replace")
            for part in pair.partition(b"=")
        )
        yield key, value


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _get(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
