"""SMSC.ru: what it has sent, and what it says of it afterwards."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx

from tests.simulation.clock import Clock

_MINUTE = 60.0


class Sms(NamedTuple):
    phone: str
    id: str
    text: str
    effect: str
    at: float


class Gateway:
    """Its `id` keeps nobody from sending twice, but for the same request within a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sent: list[Sms] = []
        self.on_sent: list[Callable[[Sms], None]] = []

    def of_effect(self, effect: str) -> list[Sms]:
        return [one for one in self.sent if one.effect == effect]

    def answer(self, request: httpx.Request, effect: str) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if request.url.path == "/sys/send.php":
            return httpx.Response(200, json=self._send(form, effect))
        if request.url.path == "/sys/status.php":
            return httpx.Response(200, json=self._status(form))
        raise AssertionError(request.url.path)

    def _send(self, form: dict[str, str], effect: str) -> dict[str, Any]:
        sms = Sms(form["phones"], form["id"], form["mes"], effect, self._clock.now)
        if any(
            (one.phone, one.id, one.text) == sms[:3] and sms.at - one.at < _MINUTE
            for one in self.sent
        ):
            return {"error": "duplicate request", "error_code": 9}
        self.sent.append(sms)
        for told in self.on_sent:
            told(sms)
        return {"id": sms.id, "cnt": 1}

    def _status(self, form: dict[str, str]) -> dict[str, Any]:
        if any((one.phone, one.id) == (form["phone"], form["id"]) for one in self.sent):
            return {"status": 1, "last_timestamp": int(self._clock.now)}
        return {"error": "no such message", "error_code": 3}
