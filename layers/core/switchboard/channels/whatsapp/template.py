"""The request that sends a template: its variables in the playbook's order, its link's code."""

from typing import Any

from switchboard.channels.port import PhoneMessage
from switchboard.domain.errors import Misconfigured, Unreachable
from switchboard.playbook.model import WhatsappTemplate

LONGEST_CALLBACK = 512
"""Characters of `biz_opaque_callback_data`."""


def request(
    phone: str, message: PhoneMessage, template: WhatsappTemplate, key: str
) -> dict[str, Any]:
    """The body of `POST /{phone_id}/messages`.

    `biz_opaque_callback_data` comes back with every status of the message and does nothing else.
    """
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": phone,
        "type": "template",
        "template": {
            "name": template.name,
            "language": {"code": template.language},
            "components": _components(message, template),
        },
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
