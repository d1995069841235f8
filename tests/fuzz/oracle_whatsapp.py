"""What a webhook of WhatsApp may lead to, read from it by other means than the door's own."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from switchboard.domain.identity import client_id
from tests.doors.whatsapp_webhooks import CHALLENGE, PHONE_ID
from tests.fuzz.branches import TYRES
from tests.fuzz.case import Case
from tests.fuzz.doors import Happened

_TOLD = {
    "client_said": ("kind", "chat", "client", "text"),
    "message_failed": ("kind", "channel", "effect", "code"),
}


def unexplained(one: Case, happened: Happened) -> str:
    """What is wrong with what came of it; empty where nothing is."""
    return next(chain(_answered(one, happened), _followed(one, happened)), "")


def _answered(one: Case, happened: Happened) -> Iterator[str]:
    status, body = happened.answer["statusCode"], happened.answer["body"]
    method = one.event["requestContext"]["http"]["method"]
    good, bad = {"GET": ({200}, {403}), "POST": ({200, 400, 413}, {401})}.get(
        method, ({405}, {405})
    )
    if status not in (good if one.admitted else bad):
        yield f"answered {status}"
    if method == "GET" and status == 200:
        if body != CHALLENGE:
            yield f"answered {body}"
    elif not isinstance(_json(body.encode()), dict):
        yield "answered no JSON object"


def _followed(one: Case, happened: Happened) -> Iterator[str]:
    if happened.written:
        yield f"wrote {happened.written}"
    posted = one.event["requestContext"]["http"]["method"] == "POST"
    left = list(_events(one.body)) if one.admitted and posted else []
    for envelope in happened.queued:
        event = envelope["event"]
        said = {name: event.get(name) for name in _TOLD.get(event["kind"], ("kind",))}
        if envelope["branch"] != TYRES or said not in left:
            yield f"queued {envelope}"
            return
        left.remove(said)


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    """Each message under each of the words in it: which of them counts is not judged here."""
    whole = _json(body)
    for change in (one for entry in _list(whole, "entry") for one in _list(entry, "changes")):
        value = _get(change, "value")
        if _get(change, "field") != "messages":
            continue
        if _get(_get(value, "metadata"), "phone_number_id") != PHONE_ID:
            continue
        for message in _list(value, "messages"):
            yield from _said(message)
        for status in _list(value, "statuses"):
            yield from _failed(status)


def _said(message: Any) -> Iterator[dict[str, Any]]:
    sender = _get(message, "from")
    if not isinstance(sender, str) or not sender.isdecimal() or _get(message, "group_id"):
        return
    client = client_id(TYRES, f"+{sender}")
    for text in set(_words(message)):
        yield {"kind": "client_said", "chat": None, "client": client, "text": text[:4096]}


def _words(message: Mapping[str, Any]) -> Iterator[str]:
    chosen = _get(message, "interactive")
    found = (
        _get(_get(message, "text"), "body"),
        _get(_get(message, "button"), "text"),
        *(_get(_get(chosen, reply), "title") for reply in ("button_reply", "list_reply")),
        *(_get(_get(message, media), "caption") for media in ("image", "video", "document")),
    )
    # Half of an emoji cannot go on as it is.
    return (one.encode("utf-8", "replace").decode() for one in found if isinstance(one, str))


def _failed(status: Any) -> Iterator[dict[str, Any]]:
    error = next(iter(_list(status, "errors")), None)
    if _get(status, "status") == "failed":
        effect, code = _get(status, "biz_opaque_callback_data"), _get(error, "code")
        # A failure without a code that could be one is a failure all the same.
        if type(code) is not int or not 0 <= code < 2**31:
            code = 0
        yield {"kind": "message_failed", "channel": "whatsapp", "effect": effect, "code": code}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any, name: str) -> list[Any]:
    found = _get(value, name)
    return found if isinstance(found, list) else []
