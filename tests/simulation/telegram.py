"""Telegram: chats with their messages, people who press and write, and the way to our door."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from switchboard.channels.port import Moved
from switchboard.domain.effects import Rows
from switchboard.domain.errors import Postponed, Unreachable
from switchboard.domain.identity import Worker
from tests.simulation.clock import Clock
from tests.simulation.faults import Faults
from tests.simulation.processes import Ended, Function, Process
from tests.simulation.trace import Trace

T = TypeVar("T")

_PATIENCE = 15.0
"""Seconds for which an answer to a press is worth something."""


@dataclass
class Message:
    """What stands in a chat. `effect` is whose message it is, for those that we sent."""

    text: str
    buttons: Rows = ()
    effect: str = ""
    ours: bool = True
    at: float = 0.0


@dataclass
class Press:
    """A press, and every answer that its presser was shown, with its moment."""

    id: str
    worker: Worker
    action: str
    job: str
    offer: int
    chat: int
    at: float
    answers: list[tuple[float, str]] = field(default_factory=list)


class Chats:
    """What Telegram knows. `started` may be written to; `moved` groups answer to another id."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.messages: dict[int, dict[int, Message]] = {}
        self.on_shown: list[Callable[[int, int], None]] = []
        """Told of a message of ours that is new, or changed: its chat and number."""
        self.moved: dict[int, int] = {}
        self.started: set[int] = set()

    def say(self, chat: int, message: Message) -> int:
        said = self.messages.setdefault(chat, {})
        said[len(said) + 1] = message
        return len(said)

    def send(self, chat: int, text: str, buttons: Rows, effect: str) -> int:
        if chat in self.moved:
            raise Moved(self.moved[chat])
        if chat > 0 and chat not in self.started:
            raise Unreachable("telegram: Forbidden: bot can't initiate conversation with a user")
        number = self.say(chat, Message(text, buttons, effect, at=self.clock.now))
        self._show(chat, number)
        return number

    def edit(self, chat: int, number: int, text: str, buttons: Rows) -> bool:
        if chat in self.moved:
            raise Moved(self.moved[chat])
        message = self.messages.get(chat, {}).get(number)
        if message is None or not message.ours:
            return False
        if (message.text, message.buttons) != (text, buttons):
            message.text, message.buttons = text, buttons
            self._show(chat, number)
        return True

    def _show(self, chat: int, number: int) -> None:
        for told in self.on_shown:
            told(chat, number)

    def of_effect(self, effect: str) -> list[tuple[int, Message]]:
        return [
            (chat, message)
            for chat, messages in self.messages.items()
            for message in messages.values()
            if message.effect == effect
        ]


class Bot:
    """channels.port.Messenger of one process; errors are those that our client makes of PTB's."""

    def __init__(self, chats: Chats, process: Process, chance: Random) -> None:
        self._chats = chats
        self._process = process
        self._chance = chance

    def send(self, chat: int, text: str, buttons: Rows) -> int:
        effect = self._process.effect
        act = lambda: self._chats.send(chat, text, buttons, effect)  # noqa: E731
        return self._reach("send", [chat, text, effect], act)

    def edit(self, chat: int, message: int, text: str, buttons: Rows) -> bool:
        act = lambda: self._chats.edit(chat, message, text, buttons)  # noqa: E731
        return self._reach("edit", [chat, message, text], act)

    def _reach(self, what: str, detail: Any, act: Callable[[], T]) -> T:
        return self._process.reach(
            "telegram",
            what,
            detail,
            act,
            lost=lambda: Postponed("telegram: no answer", doubt=True),
            refused=lambda: Postponed("telegram: no answer", doubt=self._chance.random() < 0.5),
            wait=lambda: Postponed("telegram: too many requests", self._chance.uniform(1, 30)),
        )


class Updates:
    """Brings updates to our door until it says 200, and now and then once more."""

    def __init__(
        self, door: Function, clock: Clock, faults: Faults, chance: Random, trace: Trace
    ) -> None:
        self._door = door
        self._clock = clock
        self._faults = faults
        self._chance = chance
        self._trace = trace
        self._numbers = 0
        self._requests = 0
        self.acknowledged: dict[int, dict[str, Any]] = {}
        self.brought: dict[int, float] = {}
        """When each update was first at our door."""
        self.waiting = 0

    def press(self, press: Press) -> None:
        query = {
            "id": press.id,
            "from": _user(press.worker),
            "message": {"message_id": 1, "chat": {"id": press.chat, "type": "group"}},
            "data": f"{press.action}:{press.job}:{press.offer}",
        }

        def shown(answer: dict[str, Any]) -> None:
            if answer.get("method") == "answerCallbackQuery":
                press.answers.append((self._clock.now, answer["text"]))

        self.bring({"callback_query": query}, shown)

    def tap(self, person: Worker, data: str, query: str) -> int:
        """A client presses a button in his private chat."""
        message = {"message_id": 1, "chat": {"id": person.id, "type": "private"}}
        said = {"id": query, "from": _user(person), "message": message, "data": data}
        return self.bring({"callback_query": said})

    def share(self, person: Worker, phone: str, owner: int) -> int:
        chat = {"id": person.id, "type": "private"}
        card = {"phone_number": phone, "user_id": owner, "first_name": person.first_name}
        return self.bring({"message": {"chat": chat, "from": _user(person), "contact": card}})

    def write(self, worker: Worker, text: str) -> int:
        chat = {"id": worker.id, "type": "private"}
        return self.bring({"message": {"chat": chat, "from": _user(worker), "text": text}})

    def migrate(self, old: int, new: int) -> int:
        chat = {"id": old, "type": "group"}
        return self.bring({"message": {"chat": chat, "migrate_to_chat_id": new}})

    def bring(
        self, says: dict[str, Any], shown: Callable[[dict[str, Any]], None] | None = None
    ) -> int:
        """The update's number."""
        self._numbers += 1
        update = {"update_id": self._numbers, **says}
        delay = self._chance.random() * 20 if self._faults.happens("late") else 0.05
        self.waiting += 1
        self._clock.after(delay, lambda: self._knock(update, shown, again=False))
        return self._numbers

    def _knock(
        self,
        update: dict[str, Any],
        shown: Callable[[dict[str, Any]], None] | None,
        *,
        again: bool,
    ) -> None:
        self._requests += 1
        request = f"telegram-{self._requests}"
        self.brought.setdefault(update["update_id"], self._clock.now)

        def then(ended: Ended) -> None:
            status = ended.answer["statusCode"] if ended.answer else 500
            if self._trace.on:
                said = ended.answer["body"] if ended.answer else repr(ended.error or "died")
                self._trace.tell("telegram", f"update {update['update_id']}: {status} {said}")
            if status != 200:
                seconds = self._chance.uniform(0.5, 10)
                self._clock.after(seconds, lambda: self._knock(update, shown, again=again))
                return
            if not again:
                self.waiting -= 1
            self.acknowledged[update["update_id"]] = update
            if shown is not None:
                shown(json.loads(ended.answer["body"]))
            if self._faults.happens("again"):
                self.waiting += 1
                seconds = self._chance.choice((0.1, 5, 70, 400)) * self._chance.random()
                self._clock.after(seconds, lambda: self._knock(update, shown, again=False))

        event = http_event(request, {"branch": "demo"}, json.dumps(update, ensure_ascii=False))
        event["headers"]["x-telegram-bot-api-secret-token"] = "telegram-secret"
        if not self._door.invoke(event, request, then):
            self._clock.after(0.2, lambda: self._knock(update, shown, again=again))


def http_event(
    request: str,
    path: dict[str, str],
    body: str,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "headers": dict(headers or {}),
        "pathParameters": path,
        "requestContext": {"requestId": request, "http": {"method": method}},
        "body": body,
        "isBase64Encoded": False,
    }


def _user(worker: Worker) -> dict[str, Any]:
    named = {"id": worker.id, "first_name": worker.first_name, "last_name": worker.last_name}
    return named | ({"username": worker.login} if worker.login else {})
