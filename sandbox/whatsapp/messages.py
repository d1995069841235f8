"""What is sent, whether it reaches the person, and what he does with it."""

import base64
import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.phones import Arrival, Phones, Written, digits, links_in
from sandbox.whatsapp.errors import RE_ENGAGEMENT, UNDELIVERABLE, CloudRefusal, invalid, missing
from sandbox.whatsapp.hooks import HookDelivery
from sandbox.whatsapp.payloads import Reason, Said, from_person, pressed, status
from sandbox.whatsapp.settings import Template, WhatsAppSettings
from sandbox.whatsapp.templates import render
from sandbox.wire import Json

WINDOW_SECONDS = 24 * 3600
LONGEST_TEXT = 4096
LONGEST_CALLBACK = 512
When = Literal["at_once", "later"]


@dataclass
class Habits:
    """When a refusal is told: in the answer, or as a `failed` status after an answer that accepts.

    The real API accepts a message to a number without WhatsApp (131026), and into a window that is
    closed (131047); other codes come at once. `reads`: whether people open their chats of
    themselves.
    """

    undeliverable: When = "later"
    window: When = "later"
    reads: Literal["opened", "at_once"] = "opened"


class Obstacle(NamedTuple):
    """What is in a message's way, and when that is told."""

    reason: Reason
    when: When


@dataclass(frozen=True)
class Composed:
    """What goes to the telephone if nothing is in the way."""

    text: str
    links: list[str]
    template: str | None
    replies: dict[str, str] = field(default_factory=dict)


class Messages:
    """The conversation of one business number with everybody. `obstacles` are those by number."""

    def __init__(
        self,
        settings: WhatsAppSettings,
        doors: str,
        feed: Feed,
        phones: Phones,
        hooks: HookDelivery,
    ) -> None:
        self.templates: dict[tuple[str, str], Template] = {}
        for template in settings.templates:
            self.approve(template)
        self.habits = Habits()
        self.obstacles: dict[str, Obstacle] = {}
        self._settings = settings
        self._doors = doors
        self._feed = feed
        self._phones = phones
        self._hooks = hooks
        self._data: dict[str, Any] = {}

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
            links = [*links_in(shown.text), *shown.links]
            return Composed(shown.text, links, shown.name, shown.replies)
        text = content.get("body")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
            raise invalid(f"Param text['body'] must be 1 to {LONGEST_TEXT} characters long")
        return Composed(text, links_in(text), None)

    def refuse_at_once(self, person: str, message: Composed) -> None:
        """Raises CloudRefusal for what is told in the answer, by the habits of the moment."""
        obstacle = self._obstacle(person, message)
        if obstacle and obstacle.when == "at_once":
            raise CloudRefusal(400, *obstacle.reason)

    def _obstacle(self, person: str, message: Composed) -> Obstacle | None:
        if person in self.obstacles:
            return self.obstacles[person]
        if not self._phones.reachable(person, "whatsapp"):
            return Obstacle(UNDELIVERABLE, self.habits.undeliverable)
        if message.template is None and self.window_until(person) is None:
            return Obstacle(RE_ENGAGEMENT, self.habits.window)
        return None

    def window_until(self, person: str) -> float | None:
        """Until when texts reach him (Unix time in seconds); None where the window is closed."""
        until = self._phones.wrote_at.get(person, 0) + WINDOW_SECONDS
        return until if now() < until else None

    def deliver(self, person: str, message: Composed, data: Any) -> str:
        """The message's id, whether it arrives or not. `data` comes back with its statuses."""
        number = message_id(person)
        obstacle = self._obstacle(person, message)
        if obstacle:
            reason = obstacle.reason
            self._hooks.tell(status(number, person, "failed", data, reason))
            self._feed.tell(
                "fault", f"WhatsApp не доставил: {reason.code} {reason.title}", bad=True
            )
            return number
        self._data[number] = data
        self._phones.receive(person, self._arrival(number, message))
        self._hooks.tell(*(status(number, person, name, data) for name in ("sent", "delivered")))
        if self.habits.reads == "at_once":
            self.read(person)
        return number

    def _arrival(self, number: str, message: Composed) -> Arrival:
        return Arrival(
            number,
            "whatsapp",
            message.text,
            message.links,
            self._settings.business,
            message.template,
            replies=dict(message.replies),
        )

    def read(self, person: str) -> list[str]:
        """The person opens the chat: blue ticks for all that was not read yet."""
        seen = []
        for arrival in self._in_chat(person):
            if arrival.status != "read":
                arrival.status = "read"
                data = self._data.get(arrival.id)
                self._hooks.tell(status(arrival.id, person, "read", data))
                seen.append(arrival.id)
        if seen:
            self._feed.changed()
        return seen

    def hear(self, person: str, said: Said) -> str:
        """The person writes to the business, which opens the window of 24 hours."""
        self.read(person)
        number = message_id(person)
        words = Written(number, said.text)
        self._phones.written.setdefault(person, []).append(words)
        self._phones.wrote_at[person] = now()
        self._feed.tell("person", f"Клиент пишет в WhatsApp: «{said.text or 'не словами'}»")

        def taken() -> None:
            words.taken = True
            self._feed.changed()

        self._hooks.forward(from_person(number, person, said), taken)
        return number

    def offered(self, person: str, number: str | None) -> Arrival | None:
        """The message with quick replies: this one, or the last that has any left."""
        chat = reversed(self._in_chat(person))
        return next((one for one in chat if one.replies and number in {None, one.id}), None)

    def reply(self, person: str, message: Arrival, label: str, said: Said) -> str:
        """The person presses a quick reply. Afterwards the telephone offers that message's no more.

        Raises KeyError: the message has no such button.
        """
        content = pressed(self._settings, message.id, label, message.replies[label])
        message.replies = {}
        return self.hear(person, replace(said, text=label, content=content))

    def _in_chat(self, person: str) -> list[Arrival]:
        found = self._phones.arrivals.get(person, [])
        return [arrival for arrival in found if arrival.channel == "whatsapp"]


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


def callback_data(body: Json) -> str | None:
    """Raises CloudRefusal."""
    data = body.get("biz_opaque_callback_data")
    if data is not None and (not isinstance(data, str) or len(data) > LONGEST_CALLBACK):
        raise invalid(f"biz_opaque_callback_data must have at most {LONGEST_CALLBACK} characters")
    return data


def message_id(person: str) -> str:
    return f"wamid.{base64.b64encode(person.encode() + secrets.token_bytes(16)).decode()}"
