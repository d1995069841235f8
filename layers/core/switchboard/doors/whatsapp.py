"""WhatsApp's door: messages that could not be delivered, and what clients write, into the inbox.

Meta first asks whether the address is ours (GET), and then calls it with signed bodies (POST). It
repeats for up to seven days what is not answered with 200 (WhatsApp, "Webhooks overview").
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from switchboard.channels.whatsapp.parse import Ignored, Malformed, Told, parse
from switchboard.domain.events import ClientSaid, Envelope
from switchboard.domain.verify import verified
from switchboard.doors.refusal import refuse
from switchboard.doors.telegram import Inbox, Log, Playbooks
from switchboard.playbook.view import Playbook, Whatsapp
from switchboard.runtime import http
from switchboard.runtime.http import Request

SIGNATURE_HEADER = "x-hub-signature-256"
LARGEST = 3 * 1024 * 1024
"""Bytes: "payloads can be up to 3 MB". What is refused for its size is repeated for a week."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}\Z")
"""Meta sends a number. It is answered as it came, so it may hold nothing that a browser reads."""
_SHOWN = 10
"""Reasons in one line of the log."""


class WhatsappDoor:
    def __init__(
        self,
        playbooks: Playbooks,
        inbox: Inbox,
        secrets: Callable[[tuple[str, ...]], tuple[str, ...]],
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._playbooks = playbooks
        self._inbox = inbox
        self._secrets = secrets
        self._now = now
        self._log = log

    def __call__(self, request: Request) -> dict[str, Any]:
        snapshot = self._playbooks.get(request.path.get("branch", ""))
        playbook = snapshot.playbook if snapshot else None
        match request.method:
            case "GET":
                return self._asked(request, playbook)
            case "POST":
                return self._told(request, playbook)
            case _:
                return refuse(self._log, 405, "method", request)

    def _asked(self, request: Request, playbook: Playbook | None) -> dict[str, Any]:
        """Whether this address is the branch's. A parameter that comes twice is joined by a comma
        on its way here, and fits nothing."""
        query = request.query
        whatsapp = playbook.whatsapp if playbook else None
        token = whatsapp.verify_token if whatsapp else None
        known = self._secrets((token,)) if token else ()
        challenge = query.get("hub.challenge", "")
        if not (
            verified(query.get("hub.verify_token", ""), known)
            and query.get("hub.mode") == "subscribe"
            and _CHALLENGE.match(challenge)
        ):
            return refuse(self._log, 403, "unauthorized", request)
        branch = playbook.branch if playbook else ""
        self._log.info("verified", branch=branch, provider="whatsapp")
        return http.text(200, challenge)

    def _told(self, request: Request, playbook: Playbook | None) -> dict[str, Any]:
        whatsapp = playbook.whatsapp if playbook else None
        if playbook is None or whatsapp is None or not self._is_signed(request, whatsapp):
            return refuse(self._log, 401, "unauthorized", request)
        if len(request.body) > LARGEST:
            return refuse(self._log, 413, "too large", request)
        try:
            told = parse(request.body, playbook.branch, whatsapp.phone_id, self._now())
        except Malformed:
            return refuse(self._log, 400, "malformed", request)
        if playbook.reviews is None:
            # Nobody is asked anything, so nobody's words are an answer.
            told = tuple(_without_words(one) for one in told)
        heard = [one for one in told if isinstance(one, Told)]
        for one in heard:
            # The first that fails ends it with an error, so that all keep their order: Meta sends
            # the whole once more, and what is in the queue by then is known by its name.
            envelope = Envelope(branch=playbook.branch, trace=request.id, event=one.event)
            self._inbox.put(envelope, once=one.once)
        words = sum(isinstance(one.event, ClientSaid) for one in heard)
        self._log.info(
            "webhook",
            branch=playbook.branch,
            outcome="accepted" if heard else "ignored",
            provider="whatsapp",
            messages=words,
            failures=len(heard) - words,
            ignored=sorted({one.why for one in told if isinstance(one, Ignored)})[:_SHOWN],
        )
        return http.answer(200)

    def _is_signed(self, request: Request, whatsapp: Whatsapp) -> bool:
        """By one of the application's secrets, over the body as it came: whoever reads JSON and
        writes it anew gets other bytes."""
        signatures = [
            "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
            for secret in self._secrets(whatsapp.app_secrets or ())
        ]
        return verified(request.headers.get(SIGNATURE_HEADER, ""), signatures)


def _without_words(one: Told | Ignored) -> Told | Ignored:
    if isinstance(one, Told) and isinstance(one.event, ClientSaid):
        return Ignored("message.unasked")
    return one
