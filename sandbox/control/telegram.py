"""Control of Telegram itself: what the stand-ins saw, their limits and their mischief."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bots import chosen
from sandbox.settings_telegram import TelegramPace
from sandbox.telegram.api import TelegramStandIn
from sandbox.telegram.chats import Chat, Message
from sandbox.telegram.pace import Pace
from sandbox.telegram.webhook import Mischief
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World


class TelegramControl:
    """Handlers under /control/telegram; `bot`, demo by default, says which bot is meant."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("POST", "/telegram/migrate", self._migrate),
            ("POST", "/telegram/update", self._raw_update),
            ("PUT", "/telegram/pace", self._pace),
            ("PUT", "/telegram/deliveries", self._mischief),
            ("GET", "/telegram/chats", self._chats),
            ("GET", "/telegram/calls", self._calls),
            ("GET", "/telegram/updates", self._updates),
        ]

    async def _wish(self, request: Request) -> tuple[TelegramStandIn, Json]:
        """The bot, and what else the body says."""
        body = json_object(await request.body())
        return chosen(self._world, body), body

    def _asked(self, request: Request) -> TelegramStandIn:
        """The bot of ?bot=."""
        return chosen(self._world, dict(request.query_params))

    async def _migrate(self, request: Request) -> Response:
        bot, _ = await self._wish(request)
        return JSONResponse({"chat_id": bot.people.migrate().id})

    async def _raw_update(self, request: Request) -> Response:
        """{update: anything}: delivered as it stands."""
        bot, body = await self._wish(request)
        bot.webhook.send_raw(body.get("update"))
        return JSONResponse({"ok": True})

    async def _pace(self, request: Request) -> Response:
        """Any of the fields of TelegramPace."""
        bot, body = await self._wish(request)
        limits: TelegramPace = replace(bot.pace.limits, **body)
        bot.pace = bot.methods.pace = Pace(limits)
        return JSONResponse(vars(limits))

    async def _mischief(self, request: Request) -> Response:
        """{repeat?, spread?, seed?, max_connections?}"""
        bot, body = await self._wish(request)
        if "max_connections" in body:
            bot.webhook.connections(int(body.pop("max_connections")))
        bot.webhook.play(replace(Mischief(), **body))
        return JSONResponse(vars(bot.webhook.mischief))

    async def _chats(self, request: Request) -> Response:
        bot = self._asked(request)
        return JSONResponse({"chats": [_chat(bot, chat) for chat in bot.chats.chats.values()]})

    async def _calls(self, request: Request) -> Response:
        """?method= narrows the list; counts are of all calls, as "sendMessage 429": 2."""
        bot = self._asked(request)
        wanted = request.query_params.get("method", "").lower()
        calls: list[Any] = [
            call.to_json() for call in bot.calls if not wanted or call.method.lower() == wanted
        ]
        return JSONResponse({"counts": dict(bot.counts), "calls": calls})

    async def _updates(self, request: Request) -> Response:
        webhook = self._asked(request).webhook
        updates = [update.to_json() for update in webhook.log]
        return JSONResponse({"pending": webhook.pending, "updates": updates})


def _chat(bot: TelegramStandIn, chat: Chat) -> Json:
    return {
        "id": chat.id,
        "type": chat.type,
        "title": chat.title,
        "migrated_to": chat.migrated_to,
        "members": sorted(chat.members),
        "keyboard": chat.reply_keyboard(),
        "messages": [_message(bot, message) for message in chat.messages.values()],
    }


def _message(bot: TelegramStandIn, message: Message) -> Json:
    past = [{"text": v.text, "buttons": v.buttons, "replaced_at": v.at} for v in message.past]
    shown = bot.chats.message_json(message)
    return shown | {"deleted": message.deleted, "past": past}
