"""WhatsApp outbound. The Cloud API has no key by which it would know a message again.

A message whose answer was lost may so come twice; `again` cannot be helped.
"""

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from switchboard.channels.port import PhoneMessage
from switchboard.channels.whatsapp.graph import Graph
from switchboard.channels.whatsapp.request import filled, words
from switchboard.crm.line import Unanswered
from switchboard.domain.errors import Unreachable
from switchboard.playbook.model import Whatsapp, WhatsappTemplate


class _Sent(BaseModel):
    id: str = Field(min_length=1)


class _Answer(BaseModel):
    messages: list[_Sent] = Field(min_length=1)


class WhatsappClient:
    """One branch's number; implements `channels.port.Phones`."""

    def __init__(self, graph: Graph, section: Whatsapp) -> None:
        self._graph = graph
        self._path = f"/{section.phone_id}/messages"
        self._templates: Mapping[str, WhatsappTemplate] = {
            str(about): template for about, template in section.templates.items()
        }

    def send(self, phone: str, message: PhoneMessage, key: str, *, again: bool) -> str:
        """Returns the message's `wamid`. Accepted is not delivered: failures follow as statuses."""
        del again
        body = words(phone, message, key) if message.free else self._template(phone, message, key)
        try:
            return _wamid(self._graph.post(self._path, body))
        except Unanswered as lost:
            lost.doubt = True
            raise

    def _template(self, phone: str, message: PhoneMessage, key: str) -> dict[str, Any]:
        template = self._templates.get(message.about)
        if template is None:
            raise Unreachable(f"whatsapp: the playbook has no template for `{message.about}`")
        return filled(phone, message, template, key)


def _wamid(response: httpx.Response) -> str:
    try:
        return _Answer.model_validate_json(response.content).messages[0].id
    except ValidationError:
        raise Unanswered("whatsapp", "POST: the answer names no message") from None
