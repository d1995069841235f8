"""Clients who were given a link in WhatsApp, and write back there."""

import asyncio
import random
from collections.abc import Callable

from tests.proofs.clients import QUESTIONS, Client, nearby, spelt
from tests.proofs.sandbox import Json
from tests.proofs.screens import Screens
from tests.proofs.tyres import Tyres

_FIRST_WORDS = ("Да, давайте", "Здравствуйте!", "Добрый день", "10")
"""No score, not even the last: nobody has put a question yet."""
_STORIES = ("Ждал два часа, мастер был вежлив", "А кто это?")
"""First words that a person has to read."""
_NONSENSE = ("ждал два часа, но вежливо", "нормально", "👍", "11", "7-9", "что?")
_STOP = ("Стоп", "отпишите меня", "не пишите мне больше")

_UNCLEAR = "Не получилось понять"
_HANDED = "Передали ваши слова"
_STOPPED = "больше ни о чём не спросим"
_THANKS = "Передали ваши оценки"


class Talking:
    def __init__(self, shop: Tyres, screens: Screens) -> None:
        self._shop = shop
        self._screens = screens

    async def answers(self, client: Client, chance: random.Random) -> bool:
        """He begins the dialogue, and answers. False where he goes on to the page instead."""
        stops = _stops(client, chance)
        confused = chance.randint(1, len(QUESTIONS)) if "unclear" in client.behaviour else None
        await self._begins(client, chance)
        for number, wanted in enumerate(client.wants[:stops], 1):
            await self._shown(client, question(number), f"question {number}")
            if number == confused:
                await self._shop.write(client.phone, chance.choice(_NONSENSE))
                again = question(number, _UNCLEAR)
                await self._shown(client, again, "a word that it was not understood")
            # On the page he will think better of it.
            score = nearby(wanted) if client.behaviour == "writes, then page" else wanted
            await self._shop.write(client.phone, spelt(client.number + number, score))
            client.said[QUESTIONS[number - 1]] = score
            await asyncio.sleep(chance.uniform(0, 1))
        if stops == len(QUESTIONS):
            await self._shown(client, _says(_THANKS), "thanks")
            return True
        await self._shown(client, question(stops + 1), f"question {stops + 1}")
        if client.behaviour == "writes, stops":
            await self._shop.write(client.phone, chance.choice(_STOP))
            await self._shown(client, _says(_STOPPED), "a word that he is left alone")
        return client.behaviour != "writes, then page"

    async def _begins(self, client: Client, chance: random.Random) -> None:
        """By the template's button, or by words of his own."""
        await self._shown(client, _offers, "a quick reply")
        if client.behaviour == "writes, tells":
            await self._shop.write(client.phone, chance.choice(_STORIES))
            await self._shown(client, _says(_HANDED), "a word that a person reads it")
        if chance.random() < 0.5:
            await self._shop.reply(client.phone)
        else:
            await self._shop.write(client.phone, chance.choice(_FIRST_WORDS))

    async def _shown(self, client: Client, find: Callable[[list[Json]], bool], what: str) -> None:
        await self._screens.until_phone(client.phone, find, what)


def _stops(client: Client, chance: random.Random) -> int:
    """How many questions he answers in the dialogue."""
    match client.behaviour:
        case "writes, leaves" | "writes, stops":
            return chance.randint(0, 2)
        case "writes, then page":
            return chance.randint(1, 2)
        case _:
            return len(QUESTIONS)


def question(number: int, first: str = "") -> Callable[[list[Json]], bool]:
    """Whether it stands there, under the words of `first`."""

    def find(messages: list[Json]) -> bool:
        texts = [one["text"] for one in messages if one["channel"] == "whatsapp"]
        return any(f"Вопрос {number} из" in text and text.startswith(first) for text in texts)

    return find


def _says(words: str) -> Callable[[list[Json]], bool]:
    return lambda messages: any(words in one["text"] for one in messages)


def _offers(messages: list[Json]) -> bool:
    return any(one["replies"] for one in messages)
