"""Row 1: the story of the reviews from end to end, with the playbook as it is shipped."""

import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from switchboard.experiments.assignment import assign
from switchboard.playbook.model import Playbook
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.setting import Setting
from tests.proofs.tyres import (
    ReviewStack,
    button_link,
    client_of,
    from_person,
    link_in,
    phone_of,
    reviewing,
    tyres_copy,
    until_sent,
)

NAME = "1 the story"

_PATIENCE = 40.0
_EAST = "Asia/Novosibirsk"
_GOOD = {"quality": 9, "speed": 8, "politeness": 10}
_BAD = {"quality": 3, "speed": 4, "politeness": 2}
_QUESTIONS = tuple(_GOOD)
_AMOUNT = 4000


@dataclass
class _Client:
    """One of the story. `user` is his Telegram id, `bonus` whether his site gives one."""

    name: str
    phone: str
    channel: str
    scores: dict[str, int]
    user: int | None = None
    zone: str | None = None
    bonus: bool = True
    deal: str = ""
    contact: int = 0

    @property
    def average(self) -> float:
        return round(sum(self.scores.values()) / len(self.scores), 2)

    @property
    def id(self) -> str:
        return client_of(self.phone)


@dataclass
class _Times:
    """Real seconds of each step, the clock moved or not."""

    steps: list[tuple[str, float]] = field(default_factory=list)

    async def of(self, step: str, waited: Awaitable[Any]) -> Any:
        began = time.monotonic()
        found = await waited
        self.steps.append((step, time.monotonic() - began))
        return found

    def shown(self) -> str:
        return "; ".join(f"{step} {seconds:.1f} s" for step, seconds in self.steps)


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = tyres_copy()
    async with (
        setting.alone,
        reviewing(folder, playbook) as stack,
        httpx.AsyncClient(timeout=20) as browser,
    ):
        return await _Story(stack, browser, setting).played()


class _Story:
    def __init__(self, stack: ReviewStack, browser: httpx.AsyncClient, setting: Setting) -> None:
        self._stack = stack
        self._shop = stack.sandbox
        self._browser = browser
        self._setting = setting
        self._checks = Checks()
        self._times = _Times()
        self._clients = _clients(stack.playbook)

    async def played(self) -> Finding:
        for says, part in (
            ("clients meet the bot", self._meet),
            ("deals are closed in the evening", self._close),
            ("the night, and the morning", self._ask),
            ("clients answer", self._answer),
            ("what the deals say", self._recorded),
            ("the unhappy one", self._sorry),
            ("the happy ones are invited", self._click),
            ("the next deal", self._spend),
        ):
            self._setting.say(NAME, says)
            await part()
        await self._stack.at_rest(_PATIENCE)
        self._checks.equal("dead letters", await self._stack.dead_letters(), [])
        await self._without_a_manager()
        return Finding(
            f"{len(self._clients)} deals closed at 21:30: "
            + ", ".join(f"{one.name} by {one.channel}" for one in self._clients),
            f"asked in the daytime of each ({_EAST} at 06:00 in Moscow), scores and averages on "
            f"the deals, one task; bonuses once in both books, taken off and redeemed. "
            f"{self._times.shown()}",
            tuple(self._checks.failures),
        )

    async def _meet(self) -> None:
        # Their bucket leaks by the real clock and ours by the moved one: here they would disagree.
        await self._shop.call("PUT", "/bitrix24/pace", enforced=False)
        users = {phone_of(n): user["id"] for n, user in enumerate(await self._shop.people(50), 1)}
        for client in self._clients:
            if client.channel == "telegram":
                client.user = users[client.phone]
                await self._shop.call("POST", "/start", bot="tyres", user_id=client.user)
                await self._shop.share(client.user)
            if client.channel == "sms":
                await self._shop.without(client.phone, "whatsapp")
        await self._stack.at_rest(_PATIENCE)

    async def _close(self) -> None:
        await self._shop.until(21, 30)
        for client in self._clients:
            said = await self._shop.call(
                "POST",
                "/bitrix24/deals",
                title=f"Шины: {client.name}",
                amount=_AMOUNT,
                client=client.name,
                phone=client.phone,
                category="Развал-схождение",
                stage="EXECUTING",
                time_zone=client.zone,
            )
            client.deal, client.contact = str(said["ids"][0]), said["contact_id"]
        await self._shop.stage([one.deal for one in self._clients], "WON")
        waiting = self._stack.surveys_are(
            [one.deal for one in self._clients], ("waiting",), _PATIENCE, "surveys wait"
        )
        await self._times.of("closed → planned", waiting)

    async def _ask(self) -> None:
        await self._shop.until(5, 59)
        await self._stack.at_rest(_PATIENCE)
        self._checks.equal("asked at night", await self._asked(), set())
        east = {one.name for one in self._clients if one.zone}
        await self._shop.until(6, 1)
        await self._times.of("his morning → SMS", self._until_asked(east))
        await self._stack.at_rest(_PATIENCE)
        self._checks.equal("asked at 06:01 in Moscow", await self._asked(), east)
        await self._shop.until(10, 1)
        everybody = {one.name for one in self._clients}
        await self._times.of("10:00 → all asked", self._until_asked(everybody))
        surveys = await self._stack.surveys()
        for client in self._clients:
            await self._check_channel(client, surveys[client.deal].asked_at)

    async def _check_channel(self, client: _Client, asked_at: datetime | None) -> None:
        came = [one["channel"] for one in await self._shop.arrivals(client.phone)]
        expected = [] if client.channel == "telegram" else [client.channel]
        self._checks.equal(f"{client.name}, messages by phone", came, expected)
        zone = ZoneInfo(client.zone or "Europe/Moscow")
        hour = asked_at.astimezone(zone).hour if asked_at else -1
        self._checks.equal(f"{client.name}, asked at his hour", hour, 10)

    async def _asked(self) -> set[str]:
        chats = await self._shop.chats()
        found = set[str]()
        for client in self._clients:
            if client.user is not None:
                said = [one.get("text", "") for one in chats[client.user]["messages"]]
                asked = any("Вопрос 1" in text for text in said)
            else:
                asked = bool(await self._shop.arrivals(client.phone))
            found |= {client.name} if asked else set()
        return found

    async def _until_asked(self, names: set[str]) -> None:
        async def asked() -> bool:
            return names <= await self._asked()

        await until_sent(asked, _PATIENCE, f"{', '.join(sorted(names))} asked")

    async def _answer(self) -> None:
        for client in self._clients:
            if client.user is not None:
                answered = self._in_chat(client, client.user)
            else:
                answered = self._on_page(client)
            await self._times.of(f"{client.channel}: three scores", answered)

    async def _in_chat(self, client: _Client, user: int) -> None:
        for number, score in enumerate(client.scores.values(), 1):
            message = await self._question(user, number)
            await self._shop.press(user, message["message_id"], score - 1, wait=_PATIENCE)

    async def _question(self, user: int, number: int) -> Json:
        async def shown() -> Json | None:
            for message in (await self._shop.chats())[user]["messages"]:
                if f"Вопрос {number} из" in message.get("text", "") and "reply_markup" in message:
                    return dict(message)
            return None

        found: Json = await until_sent(shown, _PATIENCE, f"question {number} is shown")
        return found

    async def _on_page(self, client: _Client) -> None:
        url = link_in(await self._shop.arrivals(client.phone), "s")
        assert url is not None, f"{client.name} has no link"
        page = await self._browser.get(url)
        self._checks.equal(f"{client.name}, the page", page.status_code, 200)
        form = {name: str(score) for name, score in client.scores.items()}
        sent = await self._browser.post(url, data=form, headers=from_person(url))
        self._checks.hold(
            sent.status_code == 200 and "Ваши ответы у нас" in sent.text,
            f"{client.name}: his answers were not taken ({sent.status_code})",
        )

    async def _recorded(self) -> None:
        async def written() -> bool:
            deals = await self._shop.bitrix_deals()
            return all("average" in deals[one.deal]["fields"] for one in self._clients)

        await self._times.of(
            "last answer → averages on the deals", until_sent(written, _PATIENCE, "averages")
        )
        await self._stack.at_rest(_PATIENCE)
        deals, surveys = await self._shop.bitrix_deals(), await self._stack.surveys()
        for client in self._clients:
            fields = deals[client.deal]["fields"]
            scores = {name: fields.get(name) for name in _QUESTIONS}
            self._checks.equal(f"{client.name}, scores", scores, client.scores)
            self._checks.equal(f"{client.name}, average", fields["average"], client.average)
            variant = surveys[client.deal].variant
            self._checks.equal(f"{client.name}, variant", fields.get("variant"), variant)
            lines = fields.get("answers", "").count("\n") + 1
            self._checks.equal(f"{client.name}, answers", lines, len(_QUESTIONS))

    async def _sorry(self) -> None:
        (client,) = (one for one in self._clients if one.scores is _BAD)
        assert client.user is not None
        said = [m.get("text", "") for m in (await self._shop.chats())[client.user]["messages"]]
        sorry = sum("очень жаль" in text for text in said)
        self._checks.equal("apologies", sorry, 1)
        for one in self._clients:
            tasks = (await self._shop.bitrix_deal(one.deal))["tasks"]
            self._checks.equal(f"{one.name}, tasks", len(tasks), int(one is client))
            for task in tasks:
                self._checks.equal("the task's owner", task["responsible"], "Павел Управляев")
                due = datetime.fromisoformat(task["deadline"])
                hours = (due - await self._shop.now()).total_seconds() / 3600
                self._checks.hold(23 < hours <= 24, f"the task is due in {hours:.1f} hours")

    async def _click(self) -> None:
        for client in self._clients:
            if client.scores is _GOOD:
                await self._followed(client)

    async def _followed(self, client: _Client) -> None:
        url: str = await self._times.of(
            f"{client.name}: invited",
            until_sent(lambda: self._review_link(client), _PATIENCE, "an invitation"),
        )
        opened = await self._browser.get(
            url, headers={"User-Agent": from_person(url)["User-Agent"]}
        )
        if not client.bonus:
            self._checks.equal(f"{client.name}, opens his link", opened.status_code, 302)
            await self._noted(client)
            self._checks.hold(client.id not in await self._stack.accounts(), "a bonus for nothing")
            return
        self._checks.hold("300 бонусов" in opened.text, f"{client.name}: no page with a button")
        self._checks.equal(f"{client.name}, bonus before the press", await self._granted(client), 0)
        for _ in range(2):
            pressed = await self._browser.post(url, headers=from_person(url))
            self._checks.equal(f"{client.name}, presses", pressed.status_code, 303)
        await self._times.of("press → bonus in both books", self._until_granted(client))
        await self._times.of("→ told", self._until_told(client, "ачисл"))
        await self._noted(client)
        await self._stack.at_rest(_PATIENCE)
        self._checks.equal(f"{client.name}, grants in 1C", await self._granted(client), 1)

    async def _review_link(self, client: _Client) -> str | None:
        if client.user is not None:
            return button_link((await self._shop.chats())[client.user])
        return link_in(await self._shop.arrivals(client.phone), "r")

    async def _noted(self, client: _Client) -> None:
        async def noted() -> bool:
            return "review" in (await self._shop.bitrix_deal(client.deal))["fields"]

        await until_sent(noted, _PATIENCE, "the deal says where he went")

    async def _granted(self, client: _Client) -> int:
        return len((await self._shop.grants()).get(client.phone, []))

    async def _balances(self, client: _Client) -> tuple[float, float]:
        """In the contact's card and in 1C."""
        (contact,) = (await self._shop.bitrix_deal(client.deal))["contacts"]
        onec = (await self._shop.onec_balances()).get(client.phone, 0.0)
        return float(contact["fields"].get("balance", 0)), onec

    async def _until_granted(self, client: _Client) -> None:
        async def there() -> bool:
            return await self._balances(client) == (300.0, 300.0)

        await until_sent(there, _PATIENCE, "300 in both books")

    async def _until_told(self, client: _Client, word: str) -> None:
        async def told() -> bool:
            if client.user is None:
                texts = [one["text"] for one in await self._shop.arrivals(client.phone)]
            else:
                messages = (await self._shop.chats())[client.user]["messages"]
                texts = [one.get("text", "") for one in messages]
            return any(word in text and "300" in text for text in texts)

        await until_sent(told, _PATIENCE, f"{client.name} is told: {word}")

    async def _spend(self) -> None:
        for client in self._clients:
            if client.bonus and client.scores is _GOOD:
                await self._spent(client)

    async def _spent(self, client: _Client) -> None:
        deal = await self._shop.new_deal(
            title="Следующий визит",
            amount=_AMOUNT,
            contact_id=client.contact,
            category="Шиномонтаж",
        )
        await self._shop.stage([deal], "PREPARATION")

        async def lowered() -> bool:
            return bool((await self._shop.bitrix_deal(deal))["amount"] == _AMOUNT - 300)

        await self._times.of("next deal → 300 off", until_sent(lowered, _PATIENCE, "300 off"))
        shown = (await self._shop.bitrix_deal(deal))["fields"].get("bonus")
        self._checks.equal(f"{client.name}, bonus on the next deal", shown, 300)
        await self._shop.stage([deal], "WON")

        async def redeemed() -> bool:
            return await self._balances(client) == (0.0, 0.0)

        await self._times.of("won → redeemed", until_sent(redeemed, _PATIENCE, "redeemed"))
        await self._until_told(client, "писа")
        await self._stack.at_rest(_PATIENCE)
        takes = len((await self._shop.takes()).get(client.phone, []))
        self._checks.equal(f"{client.name}, takes in 1C", takes, 1)
        survey = (await self._stack.surveys()).get(deal)
        self._checks.hold(
            survey is not None and survey.state in ("waiting", "skipped"),
            f"{client.name}: the next deal's survey is {survey.state if survey else None}",
        )

    async def _without_a_manager(self) -> None:
        """Of all that changed in a deal, a person has moved it along and nothing else."""
        deals = await self._shop.bitrix_deals()
        for client in self._clients:
            by_hand = [one["what"] for one in deals[client.deal]["history"] if one["by"] != "api"]
            self._checks.equal(f"{client.name}, done by hand", len(by_hand), 1)


def _clients(playbook: Playbook) -> list[_Client]:
    """The number of each is chosen so that his hash leads him to the site that the story wants."""
    sites = playbook.reviewing.sites
    weights = [(site.name, site.weight) for site in sites]
    with_bonus = {site.name: site.bonus for site in sites}

    def led(numbers: Iterable[str], *, bonus: bool = True) -> str:
        found = (with_bonus[assign("site", client_of(one), weights)] is bonus for one in numbers)
        return next(one for one, fits in zip(numbers, found, strict=True) if fits)

    others = [f"+7900000{n:04d}" for n in range(100, 200)]
    return [
        _Client("Тимофей", led([phone_of(n) for n in range(2, 51)]), "telegram", _GOOD),
        _Client("Нелли", phone_of(1), "telegram", _BAD, bonus=False),
        _Client("Вадим", led(others), "whatsapp", _GOOD),
        _Client("Софья", led(others, bonus=False), "sms", _GOOD, zone=_EAST, bonus=False),
    ]
