"""Control of what goes wrong."""

import time
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import KINDS, PROVIDERS, Fault, FaultKind, Provider, kinds
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, json_object
from sandbox.world import World

NAMES = {
    "telegram": "Telegram",
    "tyres_telegram": "Telegram шинного центра",
    "amocrm": "amoCRM",
    "generic": "Прочая CRM",
    "bitrix24": "Битрикс24",
    "onec": "1С",
    "whatsapp": "WhatsApp",
    "sms": "SMSC",
}
WORDS = {
    "outage": "не отвечает",
    "abort": "обрывает связь",
    "lost_answer": "теряет ответы",
    "too_many_requests": "отвечает «слишком часто»",
    "server_error": "отвечает ошибкой 500",
    "html": "отвечает страницей вместо данных",
    "unauthorized": "не узнаёт пароль",
}


class FaultControl:
    """Handlers under /control/faults."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/faults", self._list),
            ("PUT", "/faults/{provider}", self._switch_on),
            ("DELETE", "/faults/{provider}", self._switch_off),
        ]

    async def _list(self, request: Request) -> Response:
        del request
        return JSONResponse(self._world.faults.shown())

    async def _switch_on(self, request: Request) -> Response:
        """{kind, requests?, seconds?, retry_after?, chat_id?} and/or {latency: seconds}."""
        provider = _provider(request)
        body = json_object(await request.body())
        if "latency" in body:
            self._world.faults.latency[provider] = float(body["latency"])
        kind = body.get("kind")
        if kind is not None:
            if kind not in kinds(provider):
                raise Impossible(f"kind must be one of {', '.join(kinds(provider))}")
            seconds = body.get("seconds")
            fault = Fault(
                cast("FaultKind", kind),
                left=body.get("requests"),
                until=None if seconds is None else time.monotonic() + float(seconds),
                retry_after=int(body.get("retry_after", 3)),
                chat_id=body.get("chat_id"),
            )
            self._world.faults.switch_on(provider, fault)
            self._world.feed.tell("fault", f"Включено: {NAMES[provider]} {WORDS[kind]}", bad=True)
        self._world.feed.changed()
        return JSONResponse(self._world.faults.shown()[provider])

    async def _switch_off(self, request: Request) -> Response:
        """?kind= for one kind, else all of the provider's."""
        provider = _provider(request)
        kind = request.query_params.get("kind")
        if kind is not None and kind not in KINDS:
            raise Impossible(f"kind must be one of {', '.join(KINDS)}")
        self._world.faults.switch_off(provider, kind)
        self._world.feed.tell("fault", f"Выключено: {NAMES[provider]} снова работает")
        return JSONResponse(self._world.faults.shown()[provider])


def _provider(request: Request) -> Provider:
    name = request.path_params["provider"]
    if name not in PROVIDERS:
        raise Impossible(f"provider must be one of {', '.join(PROVIDERS)}")
    return cast("Provider", name)
