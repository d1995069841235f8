"""Clients as they are: they tap twice, go back, type, fall silent, leave in the middle."""

import asyncio
import contextlib
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

from tests.proofs.clients import QUESTIONS, Client, nearby, spelt
from tests.proofs.sandbox import Json
from tests.proofs.screens import PATIENCE, Screens
from tests.proofs.stack import NotInTime
from tests.proofs.talking import Talking
from tests.proofs.tyres import Tyres, button_link, from_person, link_in

_AGAIN = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Seconds after which a person tries a page again that does not open."""
_BACK = 98


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

    def __init__(self, shop: Tyres, screens: Screens, browser: httpx.AsyncClient) -> None:
        self._shop = shop
        self._screens = screens
        self._browser = browser
        self._talking = Talking(shop, screens)

    async def answers(self, client: Client, chance: random.Random) -> None:
        """What he does when he has been asked, or reminded."""
        if client.behaviour == "silent":
            return
        await asyncio.sleep(chance.uniform(0, 6))
        if client.late and client.user is None:
            await self._screens.until_phone(client.phone, _reminded, "a reminder")
        if client.user is not None:
            await self._in_chat(client, client.user, chance)
        elif not client.writes or not await self._talking.answers(client, chance):
            await self._on_page(client)

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

    async def _in_chat(self, client: Client, user: int, chance: random.Random) -> None:
        stops = chance.randint(1, 2) if client.behaviour == "leaves" else len(QUESTIONS)
        for number, score in enumerate(client.wants[:stops], 1):
            await self._one(client, user, number, score)
            await asyncio.sleep(chance.uniform(0, 1))
        if client.behaviour == "leaves":
            await self._screens.until_chat(user, question(stops + 1), f"question {stops + 1}")
            return
        await self._screens.until_chat(user, _thanked, "thanks")

    async def _one(self, client: Client, user: int, number: int, score: int) -> None:
        shown = await self._screens.until_chat(user, question(number), f"question {number}")
        if client.behaviour == "back" and number == len(QUESTIONS):
            shown = await self._goes_back(client, user, shown, number)
        if client.behaviour == "old button" and number > 1:
            old = re.sub(r":\d+:\d+$", f":{number - 2}:1", _data(shown))
            await self._press(user, shown, data=old)
        if client.behaviour == "unclear first" and number == 1:
            await self._shop.say(user, "ждал два часа, но вежливо")
            shown = await self._screens.until_chat(
                user, _explained, "a word that it was not understood"
            )
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
        better = nearby(client.said[QUESTIONS[number - 2]])
        await self._press(user, shown, data=re.sub(r"\d+$", str(_BACK), _data(shown)))
        again = await self._screens.until_chat(
            user, question(number - 1), f"question {number - 1} again"
        )
        await self._chosen(user, again, number - 1, better)
        client.said[QUESTIONS[number - 2]] = better
        found: Json = await self._screens.until_chat(user, question(number), f"question {number}")
        return found

    async def _chosen(self, user: int, shown: Json, number: int, score: int) -> None:
        """A question that is moved away under his finger is pressed where it has gone."""
        while not await self._press(user, shown, button=score - 1):
            await asyncio.sleep(0.5)
            shown = await self._screens.until_chat(
                user, question(number), f"question {number} anew"
            )

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
        url: str = await self._screens.until_phone(
            client.phone, lambda messages: link_in(messages, "s"), "a link to the page"
        )
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

    async def _review_link(self, client: Client) -> str | None:
        """None for the unhappy whom no site wants."""
        if client.user is None:
            return link_in(await self._shop.arrivals(client.phone), "r")
        return button_link((await self._shop.chats())[client.user])


def _data(message: Json) -> str:
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(one["callback_data"]) for row in rows for one in row if "callback_data" in one)


def _thanked(chat: Json) -> bool:
    return any("Передали ваши оценки" in one.get("text", "") for one in chat["messages"])


def _explained(chat: Json) -> Json | None:
    shown = question(1)(chat)
    return shown if shown and "Не получилось понять" in shown["text"] else None


def _reminded(messages: list[Json]) -> bool:
    """By a template or by SMS."""
    return any(words in one["text"] for one in messages for words in ("это снова", "ещё ждёт"))
