"""What Meta sends to WhatsApp's door, signed, and the branch that it is for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from switchboard.domain.identity import client_id
from switchboard.playbook.model import Playbook
from tests.flows.survey_story import BRANCH, SMS, WHATSAPP
from tests.flows.survey_story import playbook as survey_playbook

APP_SECRET = "secret-of-the-application"  # pragma: allowlist secret
VERIFY_TOKEN = "any-random-line"
SECRETS = {"TEST_WHATSAPP_SECRET": APP_SECRET, "TEST_WHATSAPP_VERIFY": VERIFY_TOKEN}
PHONE_ID = str(WHATSAPP["whatsapp"]["phone_id"])
FROM = "79000000011"
CLIENT = client_id(BRANCH, f"+{FROM}")
EFFECT = "bitrix24-501:1:q1"
CHALLENGE = "1158201444"

Json = dict[str, Any]


def listening(**changes: Any) -> dict[str, Any]:
    """The channels of a branch that is told; `changes` are fields of its section `whatsapp`."""
    section = {
        **WHATSAPP["whatsapp"],
        "app_secrets": ["env:TEST_WHATSAPP_SECRET"],
        "verify_token": "env:TEST_WHATSAPP_VERIFY",
        **changes,
    }
    return {**SMS, "whatsapp": section}


def listener(**changes: Any) -> Playbook:
    return survey_playbook(channels=listening(**changes))


def wamid(number: int = 1, phone: str = FROM) -> str:
    """As WhatsApp makes it: who wrote stands in it."""
    inside = b"\x1d\x18\x0b" + phone.encode() + b"\x15\x02\x00\x12\x18\x14" + b"%020d" % number
    return "wamid." + base64.b64encode(inside).decode()


def said(words: str = "Всё хорошо", number: int = 1, *, sender: Any = FROM, **changes: Any) -> Json:
    return {
        "from": sender,
        "id": wamid(number),
        "timestamp": "1763715630",
        "type": "text",
        "text": {"body": words},
        **changes,
    }


def with_part(kind: str, part: Any, **changes: Any) -> Json:
    """A message of another kind, whose content stands under the name of the kind."""
    message = said(**changes)
    del message["text"]
    return message | {"type": kind, kind: part}


def failed(code: int = 131026, number: int = 2, **changes: Any) -> Json:
    error = {"code": code, "title": "Message undeliverable", "message": "Message undeliverable"}
    return {
        "id": wamid(number),
        "status": "failed",
        "timestamp": "1763715631",
        "recipient_id": FROM,
        "biz_opaque_callback_data": EFFECT,
        "errors": [error | {"error_data": {"details": f"+{FROM} is not on WhatsApp"}}],
        **changes,
    }


def change(*updates: Json, phone_id: str = PHONE_ID, field: str = "messages") -> Json:
    """Messages and statuses of one number."""
    statuses = [one for one in updates if "status" in one]
    messages = [one for one in updates if "status" not in one]
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "79000000000", "phone_number_id": phone_id},
    }
    if messages:
        value["contacts"] = [{"profile": {"name": "Анна"}, "wa_id": FROM}]
        value["messages"] = messages
    if statuses:
        value["statuses"] = statuses
    return {"field": field, "value": value}


def webhook(*changes: Json) -> bytes:
    """One entry with these changes. Meta escapes what is not ASCII, and slashes."""
    whole = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102300000000001", "changes": list(changes)}],
    }
    return json.dumps(whole).replace("/", "\\/").encode()


def signature(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event(
    method: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    branch: str = BRANCH,
    query: Mapping[str, str] | None = None,
) -> Json:
    """As API Gateway hands it over: JSON comes as text."""
    made: Json = {
        "version": "2.0",
        "headers": {"content-type": "application/json", **(headers or {})},
        "pathParameters": {"branch": branch},
        "requestContext": {"requestId": "request-1", "http": {"method": method}},
        "isBase64Encoded": False,
    }
    try:
        made["body"] = body.decode()
    except UnicodeDecodeError:
        made |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    if query:
        made["queryStringParameters"] = dict(query)
    return made


def posted(body: bytes, **given: Any) -> Json:
    """A signed webhook; `signed` is another signature, or None for none."""
    signed = given.pop("signed", signature(body))
    headers = {} if signed is None else {"x-hub-signature-256": signed}
    return event("POST", body, headers, **given)


def asked(**given: Any) -> Json:
    """Meta asks whether the address is ours; `given` are parameters without their `hub.`."""
    query = {"mode": "subscribe", "challenge": CHALLENGE, "verify_token": VERIFY_TOKEN, **given}
    named = {f"hub.{name}": value for name, value in query.items() if value is not None}
    return event("GET", query=named)
