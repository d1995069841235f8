"""Telegram's door. A press is decided here and answered in the webhook's own HTTP response.

Telegram carries out a method that stands in the answer to its webhook, so telling the worker what
came of his press takes no call of ours (Bot API, "Making requests when getting updates").
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from switchboard.channels.telegram.parse import Ignored, Malformed, parse
from switchboard.domain.events import (
    ChatMigrated,
    ClientAnswered,
    ClientSaid,
    ContactShared,
    Envelope,
    Event,
    Press,
    Settle,
    Started,
)
from switchboard.domain.verify import verified
from switchboard.doors.refusal import refuse
from switchboard.flows.claim.table import Outcome
from switchboard.pipeline import Answer, Presses, answer
from switchboard.playbook.view import Snapshot
from switchboard.runtime import http
from switchboard.runtime.http import Request
from switchboard.texts.catalogue import TOAST_LIMIT
from switchboard.texts.render import render

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
_OK = 200


class Playbooks(Protocol):
    def get(self, branch: str) -> Snapshot | None: ...
    def refresh(self, branch: str) -> Snapshot | None: ...


class Inbox(Protocol):
    def put(self, envelope: Envelope, once: str) -> None: ...


class Log(Protocol):
    def info(self, message: str, **keys: Any) -> None: ...
    def warning(self, message: str, **keys: Any) -> None: ...
    def exception(self, message: str, **keys: Any) -> None: ...


class TelegramDoor:
    def __init__(
        self,
        playbooks: Playbooks,
        presses: Presses,
        inbox: Inbox,
        secrets: Callable[[tuple[str, ...]], tuple[str, ...]],
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._playbooks = playbooks
        self._presses = presses
        self._inbox = inbox
        self._secrets = secrets
        self._now = now
        self._log = log

    def __call__(self, request: Request) -> dict[str, Any]:
        branch = request.path.get("branch", "")
        snapshot = self._playbooks.get(branch)
        keys = self._secrets(snapshot.playbook.telegram.webhook_secrets) if snapshot else ()
        if snapshot is None or not verified(request.headers.get(SECRET_HEADER, ""), keys):
            return refuse(self._log, 401, "unauthorized", request)
        if len(request.body) > http.MAX_BODY:
            return refuse(self._log, 413, "too large", request)
        try:
            update = parse(request.body, branch, keys, self._now())
        except Malformed:
            return refuse(self._log, 400, "malformed", request)
        match update.says:
            case Press() as press:
                return self._press(branch, snapshot, press, request.id)
            case ClientSaid() | ContactShared() if snapshot.playbook.reviews is None:
                self._log.info("update", branch=branch, outcome="ignored", reason="private talk")
                return http.answer(_OK)
            case ClientAnswered() as event:
                # Also where reviews were taken out: what was asked before is answered to its end.
                self._accept(branch, update.id, event, request.id)
                # What came of it shows in the message itself: it moves on to the next question.
                return _heard(event.id)
            case Started() | ChatMigrated() | ClientSaid() | ContactShared() as event:
                self._accept(branch, update.id, event, request.id)
                return http.answer(_OK)
            case Ignored(why=why, answer_id=answer_id):
                self._log.info("update", branch=branch, outcome="ignored", reason=why)
                return (
                    _toast(answer_id, "press.unknown", snapshot) if answer_id else http.answer(_OK)
                )

    def _accept(self, branch: str, update: int, event: Event, trace: str) -> None:
        envelope = Envelope(branch=branch, trace=trace, event=event)
        self._inbox.put(envelope, once=f"{branch}.telegram.{update}")
        self._log.info("update", branch=branch, outcome=event.kind)

    def _press(self, branch: str, snapshot: Snapshot, press: Press, trace: str) -> dict[str, Any]:
        press = press.model_copy(update={"trace": trace})
        told = self._decide(branch, snapshot, press)
        if told.follows:
            envelope = Envelope(branch=branch, trace=trace, event=Settle(job=press.job))
            try:
                self._inbox.put(envelope, once=f"{branch}.settle.{press.id}")
            except Exception as fault:  # The press is durable: the sweeper finds it.
                self._log.warning("inbox unavailable", reason=type(fault).__name__)
        self._log.info(
            "press", branch=branch, outcome=told.outcome, action=press.action, job=press.job
        )
        return _toast(press.id, f"press.{told.outcome}", snapshot, told.first_name)

    def _decide(self, branch: str, snapshot: Snapshot, press: Press) -> Answer:
        """A job knows its chat by the playbook's id; a group that moved presses by its new one."""
        told = answer(self._presses, branch, _by_first_id(press, snapshot))
        if told.outcome is not Outcome.NOT_MEMBER:
            return told
        fresh = self._playbooks.refresh(branch) or snapshot
        if fresh.moved == snapshot.moved:
            return told
        return answer(self._presses, branch, _by_first_id(press, fresh))


def _by_first_id(press: Press, snapshot: Snapshot) -> Press:
    first = next((old for old, new in snapshot.moved.items() if new == press.chat), press.chat)
    return press if first == press.chat else press.model_copy(update={"chat": first})


def _heard(answer_id: str) -> dict[str, Any]:
    """Ends the wait on the button without a word."""
    return http.answer(_OK, {"method": "answerCallbackQuery", "callback_query_id": answer_id})


def _toast(answer_id: str, key: str, snapshot: Snapshot, first_name: str = "") -> dict[str, Any]:
    playbook = snapshot.playbook
    values = {"first_name": first_name}
    text = render(key, playbook.language, values, playbook.texts)[:TOAST_LIMIT]
    return http.answer(
        _OK, {"method": "answerCallbackQuery", "callback_query_id": answer_id, "text": text}
    )
