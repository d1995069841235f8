"""Clients as they are: they tap twice, go back, type, fall silent, leave in the middle."""

import asyncio
import contextlib
import itertools
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.proofs.sandbox import Json
from tests.proofs.stack import NotInTime
from tests.proofs.tyres import (
    ReviewStack,
    button_link,
    client_of,
    from_person,
    link_in,
)

QUESTIONS = ("quality", "speed", "politeness")
PATIENCE = 150.0
_AGAIN = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Seconds after which a person tries a page again that does not open."""
_BACK = 98

Behaviour = Literal[
    "buttons", "words", "double taps", "back", "unclear first", "old button", "leaves", "silent",
    "late", "page", "page twice", "page unfinished",
]  # fmt: skip
IN_CHAT: dict[Behaviour, int] = {
    "buttons": 5,
    "words": 4,
    "double taps": 4,
    "back": 4,
    "unclear first": 2,
    "old button": 2,
    "leaves": 3,
    "silent": 2,
    "late": 3,
}
BY_PHONE: dict[Behaviour, int] = {
    "page": 4,
    "page twice": 3,
    "page unfinished": 2,
    "silent": 2,
    "late": 2,
}
"""How common each behaviour is."""


@dataclass
class Client:
    """One client, what he has said last to each question, and what he did with his link."""

    number: int
    phone: str
    behaviour: Behaviour
    user: int | None
    zone: str | None
    wants: tuple[int, ...]
    """The scores that he has in mind."""
    presses: int
    """How often he will press the button behind his review link."""
    deals: list[str] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)
    pressed: bool = False

    @property
    def id(self) -> str:
        return client_of(self.phone)

    @property
    def answers_all(self) -> bool:
        return self.behaviour not in ("leaves", "silent", "page unfinished")


def drawn(chance: random.Random, number: int, phone: str, *, in_chat: bool) -> Client:
    kinds = IN_CHAT if in_chat else BY_PHONE
    unhappy = chance.random() < 0.25
    scores = range(1, 7) if unhappy else range(8, 11)
    return Client(
        number=number,
        phone=phone,
        behaviour=chance.choices(list(kinds), list(kinds.values()))[0],
        user=None,
        zone="Asia/Novosibirsk" if chance.random() < 0.15 else None,
        wants=tuple(chance.choice(scores) for _ in QUESTIONS),
        presses=chance.choice((0, 1, 1, 2, 3)),
    )


class Chats:
    """What everybody sees in the bot, looked at for all of them together."""

    def __init__(self, stack: ReviewStack) -> None:
        self._shop = stack.sandbox
        self._chats: dict[int, Json] = {}
        self._looked = asyncio.Condition()

    async def watch(self) -> None:
        while True:
            self._chats = await self._shop.chats()
            async with self._looked:
                self._looked.notify_all()
            await asyncio.sleep(0.3)

    async def until(self, user: int, find: Callable[[Json], Any], what: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE), self._looked:
                while True:
                    found = find(self._chats[user]) if user in self._chats else None
                    if found:
                        return found
                    await self._looked.wait()
        except TimeoutError:
            raise NotInTime(f"{user} waits for {what}") from None


def question(number: int) -> Callable[[Json], Json | None]:
    """The newest message that shows this question with buttons."""

    def find(chat: Json) -> Json | None:
        for message in reversed(chat["messages"]):
            shows = f"Вопрос {number} из" in message.get("text", "")
            if shows and message.get("reply_markup", {}).get("inline_keyboard"):
                return dict(message)
        return None

    return find


class Playing:
    """Lets a client do what he does. `browser` is everybody's."""

    def __init__(self, stack: ReviewStack, chats: Chats, browser: httpx.AsyncClient) -> None:
        self._shop = stack.sandbox
        self._chats = chats
        self._browser = browser

    async def answers(self, client: Client, chance: random.Random) -> None:
        """What he does when he has been asked; `late` ones and the silent do nothing yet."""
        if client.behaviour in ("silent", "late"):
            return
        await self._asked(client, chance)

    async def answers_late(self, client: Client, chance: random.Random) -> None:
        """After the reminder."""
        await self._asked(client, chance)

    async def follows(self, client: Client) -> None:
        """The review link: he opens it, and presses as often as he likes."""
        url = await self._review_link(client)
        if url is None or not client.presses:
            return
        opened = await self._until_ok(lambda: self._browser.get(url, headers=from_person(url)))
        if opened.status_code == 302:
            return
        for _ in range(client.presses):
            await self._until_ok(lambda: self._browser.post(url, headers=from_person(url)))
        client.pressed = True

    async def _asked(self, client: Client, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, 6))
        if client.user is None:
            await self._on_page(client)
        else:
            await self._in_chat(client, client.user, chance)

    async def _in_chat(self, client: Client, user: int, chance: random.Random) -> None:
        stops = chance.randint(1, 2) if client.behaviour == "leaves" else len(QUESTIONS)
        for number, score in enumerate(client.wants[:stops], 1):
            await self._one(client, user, number, score)
            await asyncio.sleep(chance.uniform(0, 1))
        if client.behaviour == "leaves":
            await self._chats.until(user, question(stops + 1), f"question {stops + 1}")
            return
        await self._chats.until(user, _thanked, "thanks")

    async def _one(self, client: Client, user: int, number: int, score: int) -> None:
        shown = await self._chats.until(user, question(number), f"question {number}")
        if client.behaviour == "back" and number == len(QUESTIONS):
            shown = await self._goes_back(client, user, shown, number)
        if client.behaviour == "old button" and number > 1:
            old = re.sub(r":\d+:\d+$", f":{number - 2}:1", _data(shown))
            await self._press(user, shown, data=old)
        if client.behaviour == "unclear first" and number == 1:
            await self._shop.say(user, "ждал два часа, но вежливо")
            shown = await self._chats.until(user, _explained, "a word that it was not understood")
        if client.behaviour == "words":
            await self._shop.say(user, spelt(client.number + number, score))
        else:
            taps: list[Awaitable[object]] = [self._chosen(user, shown, number, score)]
            if client.behaviour == "double taps":
                taps.append(self._press(user, shown, button=score - 1))
            await asyncio.gather(*taps)
        client.said[QUESTIONS[number - 1]] = score

    async def _goes_back(self, client: Client, user: int, shown: Json, number: int) -> Json:
        """He thinks better of the question before, and gives it another score."""
        before = client.said[QUESTIONS[number - 2]]
        better = before - 1 if before > 8 or 2 <= before <= 6 else before + 1
        await self._press(user, shown, data=re.sub(r"\d+$", str(_BACK), _data(shown)))
        again = await self._chats.until(user, question(number - 1), f"question {number - 1} again")
        await self._chosen(user, again, number - 1, better)
        client.said[QUESTIONS[number - 2]] = better
        found: Json = await self._chats.until(user, question(number), f"question {number}")
        return found

    async def _chosen(self, user: int, shown: Json, number: int, score: int) -> None:
        """A question that is moved away under his finger is pressed where it has gone."""
        while not await self._press(user, shown, button=score - 1):
            await asyncio.sleep(0.5)
            shown = await self._chats.until(user, question(number), f"question {number} anew")

    async def _press(self, user: int, shown: Json, **what: Any) -> bool:
        """False where the message has no such button any more."""
        wish = {"button": 0, **what}
        try:
            await self._shop.press(user, shown["message_id"], wait=PATIENCE / 3, **wish)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 400:
                raise
            return False
        return True

    async def _on_page(self, client: Client) -> None:
        url = await self._until_link(client, "s")
        form = {name: str(one) for name, one in zip(QUESTIONS, client.wants, strict=True)}
        if client.behaviour == "page unfinished":
            form.pop(QUESTIONS[0])
            sent = await self._until_ok(lambda: self._send(url, form), (422,))
            assert "Остались вопросы" in sent.text
            return
        times = 2 if client.behaviour == "page twice" else 1
        await asyncio.gather(*(self._until_ok(lambda: self._send(url, form)) for _ in range(times)))
        client.said = dict(zip(QUESTIONS, client.wants, strict=True))

    def _send(self, url: str, form: dict[str, str]) -> Awaitable[httpx.Response]:
        return self._browser.post(url, data=form, headers=from_person(url))

    async def _until_ok(
        self,
        ask: Callable[[], Awaitable[httpx.Response]],
        good: Sequence[int] = (200, 302, 303),
    ) -> httpx.Response:
        """A page that does not open is opened again."""
        said = ""
        for pause in _AGAIN:
            await asyncio.sleep(pause)
            with contextlib.suppress(httpx.HTTPError):
                answer = await ask()
                if answer.status_code in good:
                    return answer
                said = f"{answer.status_code}"
        raise NotInTime(f"a page never opened: {said}")

    async def _until_link(self, client: Client, way: str) -> str:
        for _ in itertools.repeat(None, int(PATIENCE)):
            found = link_in(await self._shop.arrivals(client.phone), way)
            if found:
                return found
            await asyncio.sleep(1.0)
        raise NotInTime(f"{client.phone} has no link /{way}/")

    async def _review_link(self, client: Client) -> str | None:
        """None for the unhappy whom no site wants."""
        if client.user is None:
            return link_in(await self._shop.arrivals(client.phone), "r")
        return button_link((await self._shop.chats())[client.user])


def spelt(turn: int, score: int) -> str:
    """The same score in one of several ways."""
    words = ["один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"]
    ways = [words[score - 1], f"{score}!", f"{score} из 10", f"ну, {score}", f"Твёрдая {score}"]
    if score < len(words):
        ways.append(f"{score}-{score + 1}")
    return ways[turn % len(ways)]


def _data(message: Json) -> str:
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(one["callback_data"]) for row in rows for one in row if "callback_data" in one)


def _thanked(chat: Json) -> bool:
    return any("Передали ваши оценки" in one.get("text", "") for one in chat["messages"])


def _explained(chat: Json) -> Json | None:
    shown = question(1)(chat)
    return shown if shown and "Не получилось понять" in shown["text"] else None
