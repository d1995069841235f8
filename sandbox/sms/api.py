"""`/sys/send.php` and `/sys/status.php`.

A message's `id` is the caller's own and need not be unique: it makes nothing idempotent, and a
status asked by it is that of the last message. What stops a double is error 9: the same text to the
same number within a minute. Source: smsc.ru/api/http.
"""

import asyncio
import hashlib
import hmac
import itertools
import re
from collections import Counter, deque
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import now
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.phones import Arrival, Phones, digits, links_in
from sandbox.sms import answers
from sandbox.sms.answers import SmscRefusal
from sandbox.sms.messages import DELIVERED, UNREACHABLE, Sms, segments
from sandbox.sms.settings import SmsSettings
from sandbox.wire import CutOff, Handler, Json

MINUTE = 60.0
STATUSES_A_MINUTE = 5
OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
CROWDED = "too many concurrent requests"
NOT_FOUND = {"error": "message not found", "error_code": 3}


@dataclass
class Account:
    """What the gateway knows of the customer. `unreachable`: refused with 8, or accepted and lost.

    `forbidden`: words that make a text be refused with 6.
    """

    balance: float
    blocked: bool = False
    forbidden: list[str] = field(default_factory=list)
    unreachable: str = "at_once"


class SmsStandIn:
    """One account. `sent` holds every message, `calls` every request."""

    def __init__(self, settings: SmsSettings, faults: Faults, feed: Feed, phones: Phones) -> None:
        self.settings = settings
        self.account = Account(settings.balance)
        self.sent: list[Sms] = []
        self.calls: list[Json] = []
        self.counts: Counter[str] = Counter()
        self._ids = itertools.count(int(now()))
        self._texts: dict[tuple[str, str], float] = {}
        self._asked: dict[tuple[str, str], deque[float]] = {}
        self._faults = faults
        self._feed = feed
        self._phones = phones

    def routes(self) -> list[Route]:
        """To be mounted at /sms, which then is https://smsc.ru."""
        return [
            Route("/sys/send.php", self._guarded("send"), methods=["GET", "POST"]),
            Route("/sys/status.php", self._guarded("status"), methods=["GET", "POST"]),
        ]

    def forget_minute(self) -> None:
        """As if a minute had gone by since every request."""
        self._texts.clear()
        self._asked.clear()

    def _guarded(self, what: str) -> Handler:
        work = {"send": self._send, "status": self._status}[what]

        async def guarded(request: Request) -> Response:
            await asyncio.sleep(self._faults.latency["sms"])
            form = await answers.form(request)
            fault = self._faults.strike("sms")
            if fault and fault.kind == "too_many_requests":
                return self._log(
                    what, form, answers.refused(form, SmscRefusal(9, reason=CROWDED)), 9
                )
            if fault and fault.kind != "lost_answer":
                return self._log(what, form, answers.struck(fault), None)
            try:
                self._authorize(form)
                told = work(form)
            except SmscRefusal as refusal:
                return self._log(what, form, answers.refused(form, refusal), refusal.code)
            answer = self._log(what, form, answers.told(form, told), told.get("error_code"))
            return CutOff() if fault else answer

        return guarded

    def _log(self, what: str, form: Json, answer: Response, code: int | None) -> Response:
        status = 0 if isinstance(answer, CutOff) else answer.status_code
        kept = {key: form[key] for key in form if key not in {"psw", "apikey"}}
        call = {"what": what, "status": status, "code": code, "form": kept, "at": now()}
        self.calls.append(call)
        self.counts[f"{what} {status} {code or ''}".strip()] += 1
        if code or status != 200:
            said = code or status or "обрыв связи"
            self._feed.tell("fault", f"SMSC отказывает Switchboard · {what}: {said}", bad=True)
        return answer

    def _authorize(self, form: Json) -> None:
        """An API key, or login and password; the password may be its MD5 in lower case."""
        settings = self.settings
        hashed = hashlib.md5(settings.password.encode(), usedforsecurity=False).hexdigest()
        right = [settings.apikey] if "apikey" in form else [settings.password, hashed]
        given = form.get("apikey") or form.get("psw", "")
        known = any(hmac.compare_digest(given.encode(), one.encode()) for one in right)
        if self.account.blocked:
            raise SmscRefusal(4)
        if not known or ("apikey" not in form and form.get("login") != settings.login):
            raise SmscRefusal(2)

    def _send(self, form: Json) -> Json:
        text, phones = form.get("mes", ""), re.split(r"[,;]", form.get("phones", ""))
        own = form.get("id", "")
        if not text or not phones[0] or (own and not OWN_ID.fullmatch(own)):
            raise SmscRefusal(1)
        number = segments(text) * len(phones)
        cost = round(number * self.settings.price, 2)
        if form.get("cost") == "1":
            return {"cost": f"{cost:g}", "cnt": number}
        self._refuse_double(form.get("phones", ""), text)
        message_id = own or str(next(self._ids))
        self._check(phones, text, cost, message_id)
        self.account.balance = round(self.account.balance - cost, 2)
        for phone in phones:
            self._deliver(message_id, digits(phone), text, form.get("sender"))
        told: Json = {"id": int(message_id) if message_id.isdigit() else message_id, "cnt": number}
        if form.get("cost") in {"2", "3"}:
            told["cost"] = f"{cost:g}"
        if form.get("cost") == "3":
            told["balance"] = f"{self.account.balance:g}"
        return told

    def _refuse_double(self, phones: str, text: str) -> None:
        moment = now()
        before = self._texts.get((phones, text))
        if before is not None and moment - before < MINUTE:
            raise SmscRefusal(9)
        self._texts[phones, text] = moment

    def _check(self, phones: list[str], text: str, cost: float, message_id: str) -> None:
        if any(not 10 <= len(digits(phone)) <= 15 for phone in phones):
            raise SmscRefusal(7, message_id)
        if any(word.lower() in text.lower() for word in self.account.forbidden):
            raise SmscRefusal(6, message_id)
        if cost > self.account.balance:
            raise SmscRefusal(3, message_id)
        refused = self.account.unreachable == "at_once"
        if refused and not all(self._phones.reachable(phone, "sms") for phone in phones):
            raise SmscRefusal(8, message_id)

    def _deliver(self, message_id: str, phone: str, text: str, sender: str | None) -> None:
        reached = self._phones.reachable(phone, "sms")
        self.sent.append(Sms(message_id, phone, text, DELIVERED if reached else UNREACHABLE))
        if reached:
            name = sender or self.settings.sender
            self._phones.receive(phone, Arrival(message_id, "sms", text, links_in(text), name))

    def _status(self, form: Json) -> Json:
        phone, message_id = digits(form.get("phone", "")), form.get("id", "")
        if not phone or not message_id:
            raise SmscRefusal(1)
        asked = self._asked.setdefault((phone, message_id), deque())
        moment = now()
        while asked and asked[0] <= moment - MINUTE:
            asked.popleft()
        if len(asked) >= STATUSES_A_MINUTE:
            raise SmscRefusal(9)
        asked.append(moment)
        matching = (
            one for one in reversed(self.sent) if (one.phone, one.id) == (phone, message_id)
        )
        found = next(matching, None)
        return dict(NOT_FOUND) if found is None else found.told()
