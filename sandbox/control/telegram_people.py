"""Control of the people in Telegram: what they press, write and share."""

import asyncio
from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.bots import chosen
from sandbox.telegram.api import TelegramStandIn
from sandbox.telegram.chats import Message
from sandbox.telegram.people import STRANGER, Card, Impossible
from sandbox.telegram.presses import Press
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World

SYNTHETIC_LIMIT = 5000


class TelegramPeopleControl:
    """Handlers under /control; `bot`, demo by default, says in which bot all that happens."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("POST", "/press", self._press),
            ("POST", "/presses", self._presses),
            ("GET", "/presses", self._all_presses),
            ("POST", "/start", self._start),
            ("POST", "/say", self._say),
            ("POST", "/telegram/contact", self._contact),
            ("POST", "/telegram/people", self._people),
            ("POST", "/telegram/workers", self._synthetic),
        ]

    async def _wish(self, request: Request) -> tuple[TelegramStandIn, Json]:
        """The bot, and what else the body says."""
        body = json_object(await request.body())
        return chosen(self._world, body), body

    async def _press(self, request: Request) -> Response:
        """{user_id, chat_id?, message_id?, button?, data?, wait?, bot?}"""
        bot, body = await self._wish(request)
        user = int(body["user_id"])
        message = _target(bot, body, user)
        button = body.get("button", 0)
        press = bot.people.press(user, message.chat_id, message.id, button, body.get("data"))
        await _settle([press], float(body.get("wait", 0)))
        return JSONResponse(press.to_json())

    async def _presses(self, request: Request) -> Response:
        """{users: [ids] | synthetic: n, member?, chat_id?, message_id?, button?, wait?, bot?}

        Without `chat_id`: in the group, or each in his own chat where the bot has no group.
        """
        bot, body = await self._wish(request)
        member = bool(body.get("member", True))
        made = _made(bot, int(body.get("synthetic", 0)), member=member)
        users = [*map(int, body.get("users", [])), *made]
        button, data = body.get("button", 0), body.get("data")
        targets = [(user, _target(bot, body, user)) for user in users]
        presses = [
            bot.people.press(user, message.chat_id, message.id, button, data)
            for user, message in targets
        ]
        await _settle(presses, float(body.get("wait", 10)))
        answered = [press for press in presses if press.answer is not None]
        texts = Counter(press.answer["text"] for press in answered if press.answer)
        return JSONResponse(
            {
                "presses": [press.to_json() for press in presses],
                "answered": len(answered),
                "texts": dict(texts.most_common()),
            }
        )

    async def _all_presses(self, request: Request) -> Response:
        bot = chosen(self._world, dict(request.query_params))
        return JSONResponse({"presses": [press.to_json() for press in bot.presses.all.values()]})

    async def _start(self, request: Request) -> Response:
        """{user_id, payload?, bot?}"""
        bot, body = await self._wish(request)
        message = bot.people.start(int(body["user_id"]), str(body.get("payload", "")))
        return JSONResponse({"message_id": message.id})

    async def _say(self, request: Request) -> Response:
        """{user_id, chat_id?, text, bot?}; by default in the bot's group, else to the bot."""
        bot, body = await self._wish(request)
        user = int(body["user_id"])
        chat_id = int(body.get("chat_id", bot.chats.usual(user)))
        message = bot.people.say(user, chat_id, str(body.get("text", "")))
        return JSONResponse({"message_id": message.id})

    async def _contact(self, request: Request) -> Response:
        """{user_id, foreign?, of?, phone?, bot?}: a card, his own unless `foreign` or `of`."""
        bot, body = await self._wish(request)
        user = int(body["user_id"])
        if "of" in body:
            card = bot.people.card_of(int(body["of"]), body.get("phone"))
        elif body.get("foreign"):
            card = Card(body.get("phone", STRANGER.phone), STRANGER.first_name, STRANGER.last_name)
        else:
            card = bot.people.card_of(user, body.get("phone"))
        message = bot.people.share(user, card)
        return JSONResponse({"message_id": message.id, "contact": message.contact})

    async def _people(self, request: Request) -> Response:
        """{user_id, does: block | unblock | leave | join, bot?}"""
        bot, body = await self._wish(request)
        people = bot.people
        actions = {
            "block": people.block,
            "unblock": people.unblock,
            "leave": people.leave,
            "join": people.join,
        }
        action = actions.get(str(body.get("does")))
        if action is None:
            raise Impossible(f"does must be one of {', '.join(actions)}")
        action(int(body["user_id"]))
        return JSONResponse({"ok": True})

    async def _synthetic(self, request: Request) -> Response:
        """{count, started?, bot?}: synthetic people, in the group where the bot has one."""
        bot, body = await self._wish(request)
        started = bool(body.get("started", True))
        made = [bot.chats.users[user_id] for user_id in _made(bot, int(body["count"]))]
        for user in made:
            user.started = started
        return JSONResponse({"users": [user.to_json() for user in made]})


def _made(bot: TelegramStandIn, number: int, *, member: bool = True) -> list[int]:
    if number > SYNTHETIC_LIMIT:
        raise Impossible(f"at most {SYNTHETIC_LIMIT} synthetic workers")
    return [bot.chats.synthetic(n + 1, member=member).id for n in range(number)]


def _target(bot: TelegramStandIn, body: Json, user_id: int) -> Message:
    """The message meant: by default the last one there with buttons to press."""
    chat = bot.chats.chats.get(int(body.get("chat_id", bot.chats.usual(user_id))))
    if chat is None:
        raise Impossible("there is no such chat")
    if "message_id" in body:
        found = chat.messages.get(int(body["message_id"]))
    else:
        found = next((m for m in reversed(chat.messages.values()) if _pressable(m)), None)
    if found is None:
        raise Impossible("there is no such message")
    return found


def _pressable(message: Message) -> bool:
    return not message.deleted and any("callback_data" in one for one in message.buttons())


async def _settle(presses: list[Press], seconds: float) -> None:
    """Wait until every press is answered, at most so long."""
    if seconds <= 0:
        return
    waits = [asyncio.ensure_future(press.settled.wait()) for press in presses]
    _, late = await asyncio.wait(waits, timeout=seconds)
    for wait in late:
        wait.cancel()
