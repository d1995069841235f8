"""What everybody sees in the bot and on his telephone, looked at for all of them together."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.proofs.sandbox import Json
from tests.proofs.stack import NotInTime
from tests.proofs.tyres import Tyres

PATIENCE = 150.0
_PAUSE = 0.3


class Screens:
    def __init__(self, shop: Tyres) -> None:
        self._shop = shop
        self._chats: dict[int, Json] = {}
        self._phones: dict[str, list[Json]] = {}
        self._looked = asyncio.Condition()

    async def watch(self) -> None:
        while True:
            self._chats = await self._shop.chats()
            self._phones = await self._shop.all_arrivals()
            async with self._looked:
                self._looked.notify_all()
            await asyncio.sleep(_PAUSE)

    async def until_chat(self, user: int, find: Callable[[Json], Any], what: str) -> Any:
        """The first true thing that `find` sees in his chat with the bot."""

        def look() -> Any:
            return find(self._chats[user]) if user in self._chats else None

        return await self._until(look, f"{user} waits for {what}")

    async def until_phone(self, phone: str, find: Callable[[list[Json]], Any], what: str) -> Any:
        """The same among what came by WhatsApp and SMS."""

        def look() -> Any:
            return find(self._phones.get(phone, []))

        return await self._until(look, f"{phone} waits for {what}")

    async def _until(self, look: Callable[[], Any], what: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE), self._looked:
                while True:
                    found = look()
                    if found:
                        return found
                    await self._looked.wait()
        except TimeoutError:
            raise NotInTime(what) from None
