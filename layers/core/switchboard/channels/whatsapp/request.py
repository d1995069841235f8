"""What is sent: a template with its variables in the playbook's order, or words of our own."""

from typing import Any

from switchboard.channels.port import PhoneMessage
from switchboard.domain.errors import Misconfigured, Unreachable
from switchboard.playbook.model import WhatsappTemplate

LONGEST_CALLBACK = 512
"""Characters of `biz_opaque_callback_data`."""


LONGEST_TEXT = 4096
"""Characters of `text.body`."""


def filled(
    phone: str, message: PhoneMessage, template: WhatsappTemplate, key: str
) -> dict[str, Any]:
    """A template, as the body of `POST /{phone_id}/messages`."""
    what = {
        "name": template.name,
        "language": {"code": template.language},
        "components": _components(message, template),
    }
    return _request(phone, "template", what, key)


def words(phone: str, message: PhoneMessage, key: str) -> dict[str, Any]:
    """Words of our own, which WhatsApp takes for 24 hours after the client's last message.

    What comes later is accepted all the same, and fails as a status with code 131047.
    """
    return _request(phone, "text", {"body": message.text[:LONGEST_TEXT]}, key)


def _request(phone: str, kind: str, what: dict[str, Any], key: str) -> dict[str, Any]:
    """`biz_opaque_callback_data` comes back with every status of the message: so we know it."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": phone,
        "type": kind,
        kind: what,
        "biz_opaque_callback_data": key[:LONGEST_CALLBACK],
    }


def _components(message: PhoneMessage, template: WhatsappTemplate) -> list[dict[str, Any]]:
    components: list[dict[str, Any]] = []
    if template.parameters:
        texts = [_text(_value(name, message)) for name in template.parameters]
        components.append({"type": "body", "parameters": texts})
    if template.link == "button" and message.code:
        components.append(
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [_text(message.code)],
            }
        )
    return components


def _text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def _value(name: str, message: PhoneMessage) -> str:
    found = message.link if name == "url" else message.values.get(name)
    if found is None:
        raise Misconfigured(f"whatsapp: a message about `{message.about}` has no `{name}`")
    # Line breaks, tabs and more than four blanks in a row are refused in a variable.
    said = " ".join(found.split())
    if not said:
        # An empty variable is refused as well, and «Здравствуйте, !» helps nobody.
        raise Unreachable(f"whatsapp: the template wants `{name}`, which is not known")
    return said
