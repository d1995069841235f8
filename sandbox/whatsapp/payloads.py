"""What a webhook says, in the Cloud API's shape, and the bytes that are signed.

Sources: developers.facebook.com, business-messaging/whatsapp: webhooks/reference/messages and
business-scoped-user-ids.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.clock import now
from sandbox.whatsapp.settings import WhatsAppSettings
from sandbox.wire import Json

CODES_PAGE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Reason(NamedTuple):
    """Why a message failed, as Meta's list of errors has it."""

    code: int
    title: str
    details: str


@dataclass(frozen=True)
class Said:
    """What a person writes. `content` is anything but words: its type and what belongs to it.

    hidden: he goes by a username, so that his number is not told, only his `user_id`.
    """

    text: str = ""
    name: str = "Клиент"
    hidden: bool = False
    content: Json | None = None


def user_id(person: str) -> str:
    """What somebody is called for this business alone; it is told beside his number since 2026."""
    digest = hashlib.sha256(person.encode()).digest()
    return f"RU.{int.from_bytes(digest[:8], 'big')}"


def envelope(settings: WhatsAppSettings, what: Json) -> Json:
    """The body of a webhook about this number."""
    metadata = {
        "display_phone_number": settings.display_phone,
        "phone_number_id": settings.phone_id,
    }
    value = {"messaging_product": "whatsapp", "metadata": metadata, **what}
    change = {"field": "messages", "value": value}
    entry = {"id": settings.account_id, "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def status(number: str, person: str, name: str, data: Any, reason: Reason | None = None) -> Json:
    """One element of `statuses`. `data` is what the request had as biz_opaque_callback_data."""
    told: Json = {
        "id": number,
        "status": name,
        "timestamp": str(int(now())),
        "recipient_id": person,
    }
    if reason is None:
        told["recipient_user_id"] = user_id(person)
    else:
        told["errors"] = [_error(reason)]
    return told if data is None else told | {"biz_opaque_callback_data": data}


def _error(reason: Reason) -> Json:
    return {
        "code": reason.code,
        "title": reason.title,
        "message": reason.title,
        "error_data": {"details": reason.details},
        "href": CODES_PAGE,
    }


def from_person(number: str, person: str, said: Said) -> Json:
    """`contacts` and `messages` of one who writes to the business."""
    content = said.content or {"type": "text", "text": {"body": said.text}}
    contact: Json = {"profile": {"name": said.name}, "user_id": user_id(person)}
    message: Json = {"from_user_id": user_id(person), "id": number, "timestamp": str(int(now()))}
    if not said.hidden:
        contact["wa_id"] = message["from"] = person
    return {"contacts": [contact], "messages": [message | content]}


def pressed(settings: WhatsAppSettings, message: str, label: str, payload: str) -> Json:
    """A quick reply of a template is told as a message of its own type, with what it answers."""
    return {
        "context": {"from": settings.display_phone, "id": message},
        "type": "button",
        "button": {"text": label, "payload": payload},
    }


def signed_bytes(body: Any) -> bytes:
    """As Meta writes JSON: all but ASCII escaped, and slashes too.

    Whoever parses it and writes it anew before he looks at the signature gets other bytes.
    """
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
