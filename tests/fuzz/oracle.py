"""What a body may lead to, read from it by other means than the doors' own.

It permits and never demands: everything that happened must be among what a body says, and a body
that says nothing may lead to nothing.
"""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from switchboard.domain.identity import deep_link_token
from tests.doors.house import SECRET
from tests.flows.story import BRANCH, JOB, WORKERS_CHAT
from tests.fuzz.corpus import LINK
from tests.fuzz.doors import GENERIC_BRANCH

_BUTTONS = (f"claim:{JOB}:1", f"contact:{JOB}:1")
_DEAL_ID = re.compile(r"leads\[[a-z_]+\]\[[^\[\]]*\]\[id\]")


class May(NamedTuple):
    """The one item that may be written, and the events that may be queued, each once."""

    write: bool = False
    events: tuple[dict[str, Any], ...] = ()


def may(door: str, body: bytes) -> May:
    match door:
        case "telegram":
            return _telegram(_json(body))
        case "amocrm":
            return May(events=_touched("amocrm", _deals_of_form(body)))
        case "generic":
            deal = _get(_json(body), "deal", "id")
            named = {str(deal)} if isinstance(deal, str | int) and deal != "" else set()
            return May(events=_touched("generic", named))
        case _:
            return May()


def unexplained(
    door: str, body: bytes, written: list[tuple[str, tuple[str, ...]]], queued: list[dict[str, Any]]
) -> str:
    """What happened though the body does not say so; empty where it explains everything."""
    allowed = may(door, body)
    if written and not (allowed.write and written == [("jobs", (BRANCH, JOB))]):
        return f"wrote {written}"
    left = list(allowed.events)
    for envelope in queued:
        branch = GENERIC_BRANCH if door == "generic" else BRANCH
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
}


def _telegram(update: Any) -> May:
    query, message = _get(update, "callback_query"), _get(update, "message")
    if isinstance(query, dict):
        here = _get(query, "message", "chat", "id") == WORKERS_CHAT
        if here and query.get("data") in _BUTTONS and isinstance(_get(query, "from", "id"), int):
            return May(write=True, events=({"kind": "settle", "job": JOB},))
        return May()
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
    return May(events=(_started(update, sender, text),))


def _started(update: Any, sender: dict[str, Any], text: str) -> dict[str, Any]:
    number = sender.get("id")
    ours = deep_link_token(SECRET, BRANCH, LINK, number) if isinstance(number, int) else None
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
    found = set()
    for pair in body.split(b"&"):
        key, _, value = (
            unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8", "replace")
            for part in pair.partition(b"=")
        )
        if _DEAL_ID.fullmatch(key):
            found.add(value)
    return found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _get(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
