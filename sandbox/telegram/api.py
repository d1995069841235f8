"""The Bot API over HTTP: `/bot<token>/<method>`."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clock import now
from sandbox.faults import Fault, Faults
from sandbox.feed import Feed
from sandbox.numbers import Numbers
from sandbox.settings import SandboxSettings
from sandbox.settings_telegram import BotSettings
from sandbox.telegram.chats import Chats
from sandbox.telegram.errors import BotApiError, too_many_requests
from sandbox.telegram.methods import BotMethods
from sandbox.telegram.pace import Pace
from sandbox.telegram.people import People
from sandbox.telegram.presses import Presses
from sandbox.telegram.webhook import Webhook
from sandbox.wire import BadBody, CutOff, Json, door_client, parameters

TOKEN_SHAPE = re.compile(r"\d+:[A-Za-z0-9_-]+")
WORDS = {
    "can't initiate": "нельзя писать первым тому, кто не нажал «Начать»",
    "blocked by the user": "этот человек заблокировал бота",
    "Too Many Requests": "слишком часто, нужно подождать",
    "upgraded to a supergroup": "группа стала супергруппой, у неё новый номер",
    "webhook is active": "обновления уходят на вебхук, пока он не удалён",
    "terminated by other getUpdates": "обновления забирает ещё одна программа",
    "query is too old": "на это нажатие отвечать поздно",
    "Bad Gateway": "сервер не отвечает",
}
# Methods that Telegram does not execute when they come in a webhook's answer.
NEVER_IN_REPLY = ("get", "setwebhook", "deletewebhook", "close", "logout")


@dataclass
class Call:
    """One Bot API call. `via` is http, or webhook for a method in our door's answer."""

    method: str
    parameters: Json
    via: str
    ok: bool = True
    error_code: int | None = None
    description: str = ""
    result: Any = None
    at: float = field(default_factory=now)

    def to_json(self) -> Json:
        return dict(vars(self))


class TelegramStandIn:
    """Telegram as one bot meets it: state, methods, people, deliveries and the log of calls."""

    def __init__(
        self,
        settings: SandboxSettings,
        bot: BotSettings,
        faults: Faults,
        feed: Feed,
        numbers: Numbers,
    ) -> None:
        self.settings = bot
        self._faults = faults
        self._feed = feed
        client = door_client(settings, timeout=60, connections=200)
        self._client = client
        self.chats = Chats(bot, numbers)
        self.presses = Presses(settings.callback_answer_seconds, numbers)
        self.pace = Pace(settings.pace)
        self.webhook = Webhook(settings, bot, client, feed, numbers)
        self.webhook.run_reply = self._run_reply
        self.methods = BotMethods(self.chats, self.presses, self.pace, self.webhook, feed)
        self.people = People(self.chats, self.presses, self.webhook, feed)
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()

    async def stop(self) -> None:
        await self.webhook.stop()
        await self._client.aclose()

    async def endpoint(self, request: Request) -> Response:
        """Answers as the Bot API would, in its exact JSON shapes."""
        method = request.path_params["method"]
        token = request.path_params["token"]
        if not TOKEN_SHAPE.fullmatch(token):
            return _error(BotApiError(404, "Not Found"))
        if token != self.settings.token:
            return _error(BotApiError(401, "Unauthorized"))
        try:
            found = await parameters(request)
        except BadBody as error:
            return _error(BotApiError(400, f"Bad Request: {error}"))
        await asyncio.sleep(self._faults.latency[self.settings.provider])
        fault = self._faults.strike(self.settings.provider, _chat_id(found))
        call = Call(method, found, "http")
        if fault and fault.kind != "lost_answer":
            return self._struck(call, fault)
        try:
            await self.methods.before(method, found)
        except BotApiError as error:
            return _error(self._refused(call, error))
        answer = self._answer(call)
        return CutOff() if fault else answer

    def _answer(self, call: Call) -> Response:
        try:
            call.result = self.methods.call(call.method, call.parameters)
        except BotApiError as error:
            return _error(self._refused(call, error))
        self._record(call)
        return JSONResponse({"ok": True, "result": call.result})

    def _struck(self, call: Call, fault: Fault) -> Response:
        if fault.kind == "abort":
            self._refused(call, BotApiError(0, "connection cut"))
            return CutOff()
        error = BotApiError(502, "Bad Gateway")
        if fault.kind == "too_many_requests":
            error = too_many_requests(fault.retry_after)
        if fault.kind == "server_error":
            error = BotApiError(500, "Internal Server Error")
        return _error(self._refused(call, error))

    def _refused(self, call: Call, error: BotApiError) -> BotApiError:
        call.ok, call.error_code, call.description = False, error.code, error.description
        self._record(call)
        self._feed.tell(
            "fault" if error.code in {0, 429, 500, 502} else "telegram",
            _in_words(error),
            bad=True,
        )
        return error

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        outcome = "ok" if call.ok else str(call.error_code)
        self.counts[f"{call.method} {outcome}"] += 1

    def _run_reply(self, reply: Json) -> Json:
        method = str(reply["method"])
        call = Call(method, {k: v for k, v in reply.items() if k != "method"}, "webhook")
        if method.lower().startswith(NEVER_IN_REPLY):
            call.ok, call.description = False, "not executed in a webhook's answer"
            self._record(call)
        else:
            self._answer(call)
        return {"method": method, "ok": call.ok, "description": call.description}

    def routes(self) -> list[Route]:
        """To be mounted: python-telegram-bot appends token/method to its base_url."""
        return [Route("/bot{token}/{method}", self.endpoint, methods=["GET", "POST"])]


def _in_words(error: BotApiError) -> str:
    """The refusal for the journal that people read."""
    for part, words in WORDS.items():
        if part in error.description:
            return f"Telegram отказывает боту: {words}"
    return f"Telegram отказывает боту: {error.code} {error.description}"


def _chat_id(found: Json) -> int | None:
    value = str(found.get("chat_id", ""))
    return int(value) if value.lstrip("-").isdigit() else None


def _error(error: BotApiError) -> JSONResponse:
    headers = {}
    if error.parameters and "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    return JSONResponse(error.to_json(), error.code, headers)
