"""Presses of inline buttons and the answers that people see."""

import asyncio
import time
from dataclasses import dataclass, field

from sandbox.clock import now
from sandbox.numbers import Numbers
from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass
class Press:
    """One press. `answer` is {text, show_alert, url}; `answered_ms` counts from the press."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    button: str
    data: str
    at: float = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)
    answer: Json | None = None
    answered_ms: float | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "user_id": self.user_id,
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "button": self.button,
            "data": self.data,
            "at": self.at,
            "answer": self.answer,
            "answered_ms": self.answered_ms,
        }


class Presses:
    """Every press since the last reset, oldest first."""

    def __init__(self, answer_seconds: float, numbers: Numbers) -> None:
        self.answer_seconds = answer_seconds
        self.all: dict[str, Press] = {}
        self._last: dict[int, Press] = {}
        self._numbers = numbers

    def add(self, user_id: int, chat_id: int, message_id: int, button: str, data: str) -> Press:
        press = Press(str(self._numbers.next("query")), user_id, chat_id, message_id, button, data)
        self.all[press.id] = press
        self._last[user_id] = press
        return press

    def answer(self, query_id: str, answer: Json) -> Press:
        """Raises BotApiError 400 when the press is unknown, answered already, or too long ago."""
        press = self.all.get(query_id)
        if press is None or press.answer is not None:
            raise bad_request(TOO_OLD)
        waited = time.monotonic() - press.started
        if waited > self.answer_seconds:
            raise bad_request(TOO_OLD)
        if len(answer.get("text", "")) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        press.answer = answer
        press.answered_ms = round(waited * 1000, 1)
        press.settled.set()
        return press

    def last_of(self, user_id: int) -> Press | None:
        return self._last.get(user_id)

    def pressers(self) -> int:
        """How many people have pressed anything."""
        return len(self._last)
