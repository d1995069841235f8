"""WhatsApp's Cloud API: it takes everything, and tells afterwards by webhook what came of it.

It knows no message again: what was sent twice comes twice.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import httpx

from tests.simulation.clock import Clock
from tests.simulation.faults import Faults
from tests.simulation.processes import Ended, Function
from tests.simulation.reviewed import HOST, PHONE_ID
from tests.simulation.setting import BRANCH, ENVIRON
from tests.simulation.telegram import http_event
from tests.simulation.trace import Trace

NOT_THERE, TOO_LATE, DECLINED = 131026, 131047, 131050
"""No WhatsApp at this number; more than a day since he wrote; he wants no offers."""
_OTHERS = (TOO_LATE, 131000, 131049, DECLINED)
"""Codes that come now and then, whoever he is."""
_OTHERS_RATE = 0.08
_WINDOW = 24 * 3600.0
_DELAYS = (0.02, 0.02, 0.5, 5, 600, 10 * 3600)
"""Seconds until a message is there, or is known to have failed, at most: his telephone is off."""
_OFF_FOR_DAYS = 50 * 3600.0

Json = dict[str, Any]


@dataclass
class Sent:
    """A message that was accepted. `code` is why it fails, 0 where it does not."""

    wamid: str
    phone: str
    kind: Literal["template", "text"]
    text: str
    """The words, or the template's name with its variables."""
    url: str
    """Where its link leads; empty where it has none."""
    effect: str
    at: float
    code: int = 0
    delivered: bool = False


class Number:
    """The branch's number: what it was given to send, and what is told of it to our door."""

    def __init__(
        self, door: Function, clock: Clock, faults: Faults, chance: Random, trace: Trace
    ) -> None:
        self._door = door
        self._clock = clock
        self._faults = faults
        self._chance = chance
        self._trace = trace
        self.absent: set[str] = set()
        """Phones without WhatsApp."""
        self._says_so_at_once = chance.random() < 0.2
        self.sent: list[Sent] = []
        self.refused: dict[str, set[int]] = {}
        """Effects whose messages were refused at once, with the codes."""
        self.on_delivered: list[Callable[[Sent], None]] = []
        self.wrote: dict[str, list[float]] = {}
        self.acknowledged: set[str] = set()
        """The wamids of what clients wrote, once our door has said 200."""
        self.fooled = 0
        """How often our door has taken for WhatsApp's what was not signed by it."""
        self._untold: list[Json] = []
        self._knocking = 0
        self._numbers = 0

    @property
    def waiting(self) -> int:
        return len(self._untold) + self._knocking

    def of_effect(self, effect: str) -> list[Sent]:
        return [one for one in self.sent if one.effect == effect]

    def answer(self, request: httpx.Request, effect: str) -> httpx.Response:
        if request.url.path != f"/{PHONE_ID}/messages":
            raise AssertionError(request.url.path)
        if request.headers.get("authorization") != f"Bearer {ENVIRON['TEST_WHATSAPP_TOKEN']}":
            return _error(401, 190)
        return self._take(json.loads(request.content), effect)

    def write(self, phone: str, text: str, *, by_button: bool = False) -> str:
        """A client writes, or presses a template's button. Returns the message's wamid."""
        wamid = self._wamid(phone)
        self.wrote.setdefault(phone, []).append(self._clock.now)
        said: Json = {"from": phone.lstrip("+"), "id": wamid}
        said["timestamp"] = str(int(self._clock.now))
        if by_button:
            said |= {"type": "button", "button": {"text": text, "payload": text}}
        else:
            said |= {"type": "text", "text": {"body": text}}
        self._tell(said)
        return wamid

    def _take(self, body: Json, effect: str) -> httpx.Response:
        phone = body["to"]
        if phone in self.absent and self._says_so_at_once:
            self.refused.setdefault(effect, set()).add(NOT_THERE)
            return _error(400, NOT_THERE)
        sent = Sent(
            self._wamid(phone),
            phone,
            body["type"],
            _text_of(body),
            _url_of(body),
            effect,
            self._clock.now,
        )
        sent.code = self._why_not(sent)
        self.sent.append(sent)
        callback = body["biz_opaque_callback_data"]
        self._become(sent, "sent", callback)
        delay = self._chance.choice(_DELAYS) * self._chance.random()
        if self._chance.random() < 0.02:
            delay = _OFF_FOR_DAYS
        self._clock.after(delay, lambda: self._end(sent, callback))
        return httpx.Response(200, json={"messages": [{"id": sent.wamid}]})

    def _why_not(self, sent: Sent) -> int:
        if sent.phone in self.absent:
            return NOT_THERE
        last = max(self.wrote.get(sent.phone, ()), default=0.0)
        if sent.kind == "text" and self._clock.now - last > _WINDOW:
            return TOO_LATE
        return self._chance.choice(_OTHERS) if self._chance.random() < _OTHERS_RATE else 0

    def _end(self, sent: Sent, callback: str) -> None:
        if sent.code:
            self._become(sent, "failed", callback)
            return
        sent.delivered = True
        self._become(sent, "delivered", callback)
        for told in self.on_delivered:
            told(sent)
        if self._chance.random() < 0.5:
            self._become(sent, "read", callback)
        if self._chance.random() < 0.03:
            self._forge(_status(sent, "failed", callback) | {"errors": [{"code": NOT_THERE}]})

    def _become(self, sent: Sent, status: str, callback: str) -> None:
        said = _status(sent, status, callback)
        if status == "failed":
            said["errors"] = [{"code": sent.code, "title": "Message undeliverable"}]
        self._tell(said)

    # The way to our door.

    def _tell(self, update: Json) -> None:
        """Mostly with whatever else there is to tell by then; what is late comes alone."""
        if self._faults.happens("late"):
            self._knocking += 1
            self._clock.after(self._chance.random() * 120, lambda: self._knock(_webhook([update])))
            return
        self._untold.append(update)
        self._clock.after(self._chance.choice((0, 0.05, 1)) * self._chance.random(), self._flush)

    def _flush(self) -> None:
        if self._untold:
            told, self._untold = self._untold, []
            self._knocking += 1
            self._knock(_webhook(told))

    def _knock(self, body: str) -> None:
        def then(status: int) -> None:
            if not 200 <= status < 300:
                self._clock.after(self._chance.uniform(0.5, 20), lambda: self._knock(body))
                return
            self._knocking -= 1
            self.acknowledged.update(_messages(body))
            if self._faults.happens("again"):
                self._knocking += 1
                seconds = self._chance.choice((0.1, 5, 70, 4000)) * self._chance.random()
                self._clock.after(seconds, lambda: self._knock(body))

        secret = ENVIRON["TEST_WHATSAPP_SECRET"]
        if not self._post(body, secret, then):
            self._clock.after(0.2, lambda: self._knock(body))

    def _forge(self, update: Json) -> None:
        """Somebody who knows our address, and not the secret."""

        def then(status: int) -> None:
            self.fooled += status == 200

        self._post(_webhook([update]), "guessed", then)

    def _post(self, body: str, secret: str, then: Callable[[int], None]) -> bool:
        self._numbers += 1
        request = f"whatsapp-{self._numbers}"
        mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        event = http_event(request, {"branch": BRANCH}, body)
        event["headers"]["x-hub-signature-256"] = f"sha256={mac}"

        def ended(came: Ended) -> None:
            status = came.answer["statusCode"] if came.answer else 500
            if self._trace.on:
                self._trace.tell("whatsapp", f"webhook {request}: {status} {body}")
            then(status)

        return self._door.invoke(event, request, ended)

    def _wamid(self, phone: str) -> str:
        self._numbers += 1
        return f"wamid.{phone.lstrip('+')}.{self._numbers}"


def _status(sent: Sent, status: str, callback: str) -> Json:
    return {
        "id": sent.wamid,
        "status": status,
        "recipient_id": sent.phone.lstrip("+"),
        "biz_opaque_callback_data": callback,
    }


def _webhook(updates: list[Json]) -> str:
    """Messages and statuses, each kind in its order, as Meta writes JSON."""
    statuses = [one for one in updates if "status" in one]
    messages = [one for one in updates if "status" not in one]
    value: Json = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_ID}}
    value |= {"messages": messages} if messages else {}
    value |= {"statuses": statuses} if statuses else {}
    entry = {"id": "102300000000001", "changes": [{"field": "messages", "value": value}]}
    whole = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(whole).replace("/", "\\/")


def _messages(body: str) -> list[str]:
    value = json.loads(body)["entry"][0]["changes"][0]["value"]
    return [one["id"] for one in value.get("messages", ())]


def _text_of(body: Json) -> str:
    if body["type"] == "text":
        return str(body["text"]["body"])
    said = [one["text"] for part in body["template"]["components"] for one in part["parameters"]]
    return " ".join((body["template"]["name"], *said))


def _url_of(body: Json) -> str:
    """The link in a text, or the one under a template, of which only the end was sent."""
    for word in body.get("text", {}).get("body", "").split():
        if word.startswith("https://"):
            return str(word)
    for part in body.get("template", {}).get("components", ()):
        for one in part["parameters"]:
            if part["type"] == "button":
                way = "r" if body["template"]["name"] == "review" else "s"
                return f"https://{HOST}/{way}/{one['text']}"
            if one["text"].startswith("https://"):
                return str(one["text"])
    return ""


def _error(status: int, code: int) -> httpx.Response:
    said = {"message": "(#) no", "type": "OAuthException", "code": code}
    return httpx.Response(status, json={"error": said})
