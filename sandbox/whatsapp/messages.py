"""What is sent, whether it reaches the person, and what he does with it."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.phones import Arrival, Phones, digits, links_in
from sandbox.whatsapp.errors import RE_ENGAGEMENT, UNDELIVERABLE, CloudRefusal, invalid, missing
from sandbox.whatsapp.settings import Template, WhatsAppSettings
from sandbox.whatsapp.statuses import Statuses
from sandbox.whatsapp.templates import render
from sandbox.wire import Json

WINDOW_SECONDS = 24 * 3600
LONGEST_TEXT = 4096
When = Literal["at_once", "later"]


@dataclass
class Habits:
    """When a refusal is told: in the answer, or as a `failed` status after an answer that accepts.

    The real API tells of the closed window (131047) later, and of numbers without WhatsApp (131026)
    mostly later; `at_once` shows the other way on without webhooks.
    """

    undeliverable: When = "at_once"
    window: When = "later"


@dataclass(frozen=True)
class Composed:
    """What goes to the telephone if nothing is in the way."""

    text: str
    links: list[str]
    template: str | None


class Messages:
    """The conversation of one business number with everybody."""

    def __init__(
        self,
        settings: WhatsAppSettings,
        doors: str,
        feed: Feed,
        phones: Phones,
        statuses: Statuses,
    ) -> None:
        self.templates: dict[tuple[str, str], Template] = {}
        for template in settings.templates:
            self.approve(template)
        self.habits = Habits()
        self._business = settings.business
        self._doors = doors
        self._feed = feed
        self._phones = phones
        self._statuses = statuses

    def approve(self, template: Template) -> None:
        self.templates[template.name, template.language] = template

    def composed(self, body: Json) -> Composed:
        """Raises CloudRefusal."""
        kind = body.get("type", "text")
        if kind not in {"template", "text"}:
            raise invalid(f"Param type must be one of {{TEMPLATE, TEXT}}: {kind}")
        content = body.get(kind)
        if not isinstance(content, dict):
            raise missing(f"Parameter {kind} is required")
        if kind == "template":
            shown = render(self.templates, content, self._doors)
            return Composed(shown.text, [*links_in(shown.text), *shown.links], shown.name)
        text = content.get("body")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
            raise invalid(f"Param text['body'] must be 1 to {LONGEST_TEXT} characters long")
        return Composed(text, links_in(text), None)

    def refuse_at_once(self, person: str, message: Composed) -> None:
        """Raises CloudRefusal for what is told in the answer, by the habits of the moment."""
        error = self._obstacle(person, message)
        if error == UNDELIVERABLE and self.habits.undeliverable == "at_once":
            raise CloudRefusal(400, *error)
        if error == RE_ENGAGEMENT and self.habits.window == "at_once":
            raise CloudRefusal(400, *error)

    def _obstacle(self, person: str, message: Composed) -> tuple[int, str, str] | None:
        if not self._phones.reachable(person, "whatsapp"):
            return UNDELIVERABLE
        if message.template is None and not self._open(person):
            return RE_ENGAGEMENT
        return None

    def _open(self, person: str) -> bool:
        """Whether the person wrote within the last 24 hours."""
        return now() - self._phones.wrote_at.get(person, 0) < WINDOW_SECONDS

    def deliver(self, person: str, message: Composed, data: Any) -> str:
        """The message's id, whether it arrives or not. `data` comes back with its statuses."""
        number = message_id(person)
        error = self._obstacle(person, message)
        if error:
            self._statuses.tell(status(number, person, "failed", data, error))
            self._feed.tell("fault", f"WhatsApp не доставил: {error[0]} {error[1]}", bad=True)
            return number
        arrival = Arrival(
            number, "whatsapp", message.text, message.links, self._business, message.template
        )
        self._phones.receive(person, arrival)
        told = [status(number, person, name, data) for name in ("sent", "delivered")]
        self._statuses.tell(*told)
        return number

    def read(self, person: str) -> list[str]:
        """The person opens the chat: blue ticks for all that was not read yet."""
        seen = []
        for arrival in self._phones.arrivals.get(person, []):
            if arrival.channel == "whatsapp" and arrival.status != "read":
                arrival.status = "read"
                self._statuses.tell(status(arrival.id, person, "read", None))
                seen.append(arrival.id)
        return seen

    def hear(self, person: str, text: str) -> str:
        """The person writes to the business, which opens the window of 24 hours."""
        number = message_id(person)
        self._phones.wrote_at[person] = now()
        self._statuses.forward(person, text, number)
        self._feed.tell("person", f"Клиент пишет в WhatsApp: «{text}»")
        return number


def recipient(body: Json) -> str:
    """Raises CloudRefusal."""
    if body.get("messaging_product") != "whatsapp":
        raise CloudRefusal(400, 100, "The parameter messaging_product is required.", "")
    if not isinstance(body.get("to"), str) or not body["to"]:
        raise CloudRefusal(400, 100, "The parameter to is required.", "")
    person = digits(body["to"])
    if not 10 <= len(person) <= 15:
        raise CloudRefusal(400, 131009, "Parameter value is not valid", "to: not a phone number")
    return person


def message_id(person: str) -> str:
    return f"wamid.{base64.b64encode(person.encode() + secrets.token_bytes(16)).decode()}"


def status(
    number: str, person: str, name: str, data: Any, error: tuple[int, str, str] | None = None
) -> Json:
    """One element of `statuses`."""
    told: Json = {
        "id": number,
        "status": name,
        "timestamp": str(int(now())),
        "recipient_id": person,
    }
    if data is not None:
        told["biz_opaque_callback_data"] = data
    if error:
        code, title, details = error
        data_of_error = {"details": details}
        told["errors"] = [
            {"code": code, "title": title, "message": title, "error_data": data_of_error}
        ]
    return told
