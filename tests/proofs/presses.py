"""Presses as Telegram delivers them: real updates, straight at the door, many at once."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cli.sandbox_process import DEMO_SECRETS
from tests.proofs.stack import BRANCH, Stack

Json = dict[str, Any]

_numbers = itertools.count(int(time.time()) * 1000)
_OPENING = 64
"""Connections that are opened at the same moment: a burst of SYNs is not what is proved."""
_AGAIN = (0.0, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6)
"""Seconds before Telegram repeats an update that was not accepted."""


@dataclass(frozen=True)
class Told:
    """What a worker was told, and the seconds that he waited for it."""

    press: str
    worker: Json
    status: int
    text: str
    seconds: float


@dataclass(frozen=True)
class Pressing:
    """One press to be made. `post` is the message as Telegram shows it."""

    worker: Json
    post: Json
    data: str
    id: str

    def update(self) -> bytes:
        message = {name: self.post[name] for name in self.post if name not in ("past", "deleted")}
        query = {
            "id": self.id,
            "from": self.worker,
            "message": message,
            "chat_instance": str(7_000_000_000 - message["chat"]["id"]),
            "data": self.data,
        }
        return json.dumps({"update_id": next(_numbers), "callback_query": query}).encode()


def pressing(worker: Json, post: Json, action: str = "claim") -> Pressing:
    """A press of the post's own button."""
    rows = post["reply_markup"]["inline_keyboard"]
    found = [button["callback_data"] for row in rows for button in row]
    data = next(one for one in found if one.startswith(f"{action}:"))
    return Pressing(worker, post, data, f"90000{next(_numbers)}")


class Doorway:
    """One open connection to the door, kept alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "Doorway":
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def post(self, body: bytes) -> tuple[int, bytes]:
        head = (
            f"POST /telegram/{BRANCH} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {DEMO_SECRETS['DEMO_TELEGRAM_SECRET']}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        status = int((await self._reader.readline()).split()[1])
        length = 0
        while (line := await self._reader.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


async def at_once(stack: Stack, wanted: Sequence[Pressing]) -> list[Told]:
    """Every press on a connection of its own, all of them sent in the same moment."""
    doorways: list[Doorway] = []
    for start in range(0, len(wanted), _OPENING):
        batch = wanted[start : start + _OPENING]
        doorways += await asyncio.gather(*(Doorway.open(stack.doors) for _ in batch))
    bodies = [one.update() for one in wanted]
    try:
        return await asyncio.gather(
            *(_told(*each) for each in zip(doorways, wanted, bodies, strict=True))
        )
    finally:
        for doorway in doorways:
            doorway.close()


async def repeated_until_accepted(stack: Stack, wanted: Pressing) -> Told:
    """As Telegram does it: the same update again until the door accepts it."""
    body, began = wanted.update(), time.monotonic()
    for pause in _AGAIN:
        await asyncio.sleep(pause)
        try:
            doorway = await Doorway.open(stack.doors)
            try:
                told = await _told(doorway, wanted, body)
            finally:
                doorway.close()
        except (OSError, asyncio.IncompleteReadError, IndexError):
            continue
        if told.status == 200:
            seconds = time.monotonic() - began
            return Told(told.press, told.worker, told.status, told.text, seconds)
    return Told(wanted.id, wanted.worker, 0, "", time.monotonic() - began)


async def _told(doorway: Doorway, wanted: Pressing, body: bytes) -> Told:
    began = time.monotonic()
    status, answer = await doorway.post(body)
    seconds = time.monotonic() - began
    said = json.loads(answer) if status == 200 and answer else {}
    text = said.get("text", "") if said.get("callback_query_id") == wanted.id else ""
    return Told(wanted.id, wanted.worker, status, text, seconds)
