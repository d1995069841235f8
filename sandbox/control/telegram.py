"""Control of Telegram: what people do, and what the stand-in saw."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.settings import TelegramPace
from sandbox.telegram.chats import Chat, Message
from sandbox.telegram.pace import Pace
from sandbox.telegram.people import Impossible
from sandbox.telegram.presses import Press
from sandbox.telegram.webhook import Mischief
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World

SYNTHETIC_LIMIT = 5000


class TelegramControl:
    """Handlers under /control/telegram; press, presses and start also directly under /control."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("POST", "/press", self._press),
            ("POST", "/presses", self._presses),
            ("GET", "/presses", self._all_presses),
            ("POST", "/start", self._start),
            ("POST", "/say", self._say),
            ("POST", "/telegram/people", self._people),
            ("POST", "/telegram/workers", self._workers),
            ("POST", "/telegram/migrate", self._migrate),
            ("POST", "/telegram/update", self._raw_update),
            ("PUT", "/telegram/pace", self._pace),
            ("PUT", "/telegram/deliveries", self._mischief),
            ("GET", "/telegram/chats", self._chats),
            ("GET", "/telegram/calls", self._calls),
            ("GET", "/telegram/updates", self._updates),
        ]

    async def _press(self, request: Request) -> Response:
        """{user_id, chat_id?, message_id?, button?, data?, wait?}"""
        body = json_object(await request.body())
        message = self._target(body)
        press = self._world.telegram.people.press(
            int(body["user_id"]),
            message.chat_id,
            message.id,
            body.get("button", 0),
            body.get("data"),
        )
        await _settle([press], float(body.get("wait", 0)))
        return JSONResponse(press.to_json())

    async def _presses(self, request: Request) -> Response:
        """{users: [ids] | synthetic: n, member?, chat_id?, message_id?, button?, wait?}"""
        body = json_object(await request.body())
        message = self._target(body)
        telegram = self._world.telegram
        number = int(body.get("synthetic", 0))
        if number > SYNTHETIC_LIMIT:
            raise Impossible(f"at most {SYNTHETIC_LIMIT} synthetic workers")
        member = bool(body.get("member", True))
        made = [telegram.chats.synthetic_worker(n + 1, member=member).id for n in range(number)]
        presses = [
            telegram.people.press(
                user, message.chat_id, message.id, body.get("button", 0), body.get("data")
            )
            for user in [*map(int, body.get("users", [])), *made]
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

    def _target(self, body: Json) -> Message:
        """The message meant: by default the last one with buttons in the workers' group."""
        chats = self._world.telegram.chats
        chat = chats.chats.get(int(body["chat_id"])) if "chat_id" in body else chats.group()
        if chat is None:
            raise Impossible("there is no such chat")
        if "message_id" in body:
            found = chat.messages.get(int(body["message_id"]))
        else:
            with_buttons = (m for m in reversed(chat.messages.values()) if m.buttons())
            found = next(with_buttons, None)
        if found is None:
            raise Impossible("there is no such message")
        return found

    async def _all_presses(self, request: Request) -> Response:
        del request
        presses = [press.to_json() for press in self._world.telegram.presses.all.values()]
        return JSONResponse({"presses": presses})

    async def _start(self, request: Request) -> Response:
        """{user_id, payload?}"""
        body = json_object(await request.body())
        people = self._world.telegram.people
        message = people.start(int(body["user_id"]), str(body.get("payload", "")))
        return JSONResponse({"message_id": message.id})

    async def _say(self, request: Request) -> Response:
        """{user_id, chat_id?, text}; by default in the group."""
        body = json_object(await request.body())
        chat_id = int(body.get("chat_id", self._world.telegram.chats.group().id))
        people = self._world.telegram.people
        message = people.say(int(body["user_id"]), chat_id, str(body.get("text", "")))
        return JSONResponse({"message_id": message.id})

    async def _people(self, request: Request) -> Response:
        """{user_id, does: block | unblock | leave | join}"""
        body = json_object(await request.body())
        people = self._world.telegram.people
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

    async def _workers(self, request: Request) -> Response:
        """{count, started?}: synthetic workers, members of the group, as Telegram's users."""
        body = json_object(await request.body())
        count, started = int(body["count"]), bool(body.get("started", True))
        if count > SYNTHETIC_LIMIT:
            raise Impossible(f"at most {SYNTHETIC_LIMIT} synthetic workers")
        chats = self._world.telegram.chats
        made = [chats.synthetic_worker(number + 1) for number in range(count)]
        for user in made:
            user.started = started
        return JSONResponse({"users": [user.to_json() for user in made]})

    async def _migrate(self, request: Request) -> Response:
        del request
        settings = self._world.settings
        new = self._world.telegram.people.migrate(settings.group_id, settings.supergroup_id)
        return JSONResponse({"chat_id": new.id})

    async def _raw_update(self, request: Request) -> Response:
        """{update: anything}: delivered as it stands."""
        body = json_object(await request.body())
        self._world.telegram.webhook.send_raw(body.get("update"))
        return JSONResponse({"ok": True})

    async def _pace(self, request: Request) -> Response:
        """Any of the fields of TelegramPace."""
        body = json_object(await request.body())
        limits: TelegramPace = replace(self._world.telegram.pace.limits, **body)
        pace = Pace(limits)
        self._world.telegram.pace = self._world.telegram.methods.pace = pace
        return JSONResponse(vars(limits))

    async def _mischief(self, request: Request) -> Response:
        """{repeat?, spread?, seed?, max_connections?}"""
        body = json_object(await request.body())
        webhook = self._world.telegram.webhook
        if "max_connections" in body:
            webhook.connections(int(body.pop("max_connections")))
        webhook.play(replace(Mischief(), **body))
        return JSONResponse(vars(webhook.mischief))

    async def _chats(self, request: Request) -> Response:
        del request
        chats = self._world.telegram.chats.chats.values()
        return JSONResponse({"chats": [self._chat(chat) for chat in chats]})

    def _chat(self, chat: Chat) -> Json:
        return {
            "id": chat.id,
            "type": chat.type,
            "title": chat.title,
            "migrated_to": chat.migrated_to,
            "members": sorted(chat.members),
            "messages": [self._message(message) for message in chat.messages.values()],
        }

    def _message(self, message: Message) -> Json:
        shown = self._world.telegram.chats.message_json(message)
        past = [{"text": v.text, "buttons": v.buttons, "replaced_at": v.at} for v in message.past]
        return shown | {"deleted": message.deleted, "past": past}

    async def _calls(self, request: Request) -> Response:
        """?method= narrows the list; counts are of all calls, as "sendMessage 429": 2."""
        telegram = self._world.telegram
        wanted = request.query_params.get("method", "").lower()
        calls: list[Any] = [
            call.to_json() for call in telegram.calls if not wanted or call.method.lower() == wanted
        ]
        return JSONResponse({"counts": dict(telegram.counts), "calls": calls})

    async def _updates(self, request: Request) -> Response:
        del request
        webhook = self._world.telegram.webhook
        updates = [update.to_json() for update in webhook.log]
        return JSONResponse({"pending": webhook.pending, "updates": updates})


async def _settle(presses: list[Press], seconds: float) -> None:
    """Wait until every press is answered, at most so long."""
    if seconds <= 0:
        return
    waits = [asyncio.ensure_future(press.settled.wait()) for press in presses]
    _, late = await asyncio.wait(waits, timeout=seconds)
    for wait in late:
        wait.cancel()
