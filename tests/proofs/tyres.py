"""The tyre services as a proof sees them: their portal, clients, telephones, 1C, and the clock."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx
import yaml
from pydantic import BaseModel

from switchboard.domain.identity import client_id
from switchboard.domain.visits import Visit
from switchboard.flows.bonus.account import Account
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.model import Playbook
from switchboard.store.links import Link, Links
from switchboard.store.subjects import SubjectTable
from tests.proofs.sandbox import Json, Sandbox
from tests.proofs.stack import ROOT, Stack, eventually, running

S = TypeVar("S", bound=BaseModel)

BRANCH = "tyres"
BOT = "tyres"
ZONE = ZoneInfo("Europe/Moscow")
PERSON = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
RAISED = {"per_second": 1000, "per_chat_per_second": 30, "per_group_per_minute": 600}
WIDE = {"requests_per_second": 50, "burst": 250}
"""The widest limits of the playbook, for rows that are not about them."""


def tyres_copy(
    *, free: bool = False, one_site: bool = False, per_day: int | None = None
) -> Playbook:
    """The tyre services' playbook. `free`: with its widest limits. `one_site`: every client who
    is happy is sent to the site with the bonus."""
    said = yaml.safe_load((ROOT / "playbooks/tyres.yaml").read_text(encoding="utf-8"))
    if free:
        said["telegram"]["limits"] = dict(RAISED)
        said["crm"] |= WIDE
        said["loyalty"]["requests_per_second"] = 100
    if one_site:
        said["reviews"]["sites"] = [one for one in said["reviews"]["sites"] if one.get("bonus")]
    if per_day is not None:
        said["reviews"]["survey"]["per_day"] = per_day
    return Playbook.model_validate(said)


def client_of(phone: str) -> str:
    """`phone` in E.164."""
    return client_id(BRANCH, phone)


class Tyres(Sandbox):
    """The control API, as far as it is about the tyre services."""

    async def free(self) -> None:
        """No provider counts requests, and there is money for any number of SMS."""
        await self.call("PUT", "/telegram/pace", bot=BOT, enforced=False)
        await self.call("PUT", "/bitrix24/pace", enforced=False)
        await self.call("PUT", "/whatsapp", pace=False)
        await self.call("PUT", "/sms", balance=1_000_000)

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self.call("GET", "/clock"))["now"]).astimezone(ZONE)

    async def forward(self, **much: float) -> None:
        seconds = round(timedelta(**much).total_seconds())
        if seconds > 0:
            await self.call("POST", "/clock", forward_seconds=seconds)

    async def until(self, hour: int, minute: int = 0) -> None:
        """The clock goes on to the next moment at which it says so in Moscow."""
        now = await self.now()
        wanted = datetime.combine(now.date(), time(hour, minute), ZONE)
        if wanted <= now:
            wanted += timedelta(days=1)
        await self.forward(seconds=(wanted - now).total_seconds())

    async def new_deal(self, **facts: Any) -> str:
        said = await self.call("POST", "/bitrix24/deals", **facts)
        return str(said["ids"][0])

    async def bitrix_deals(self) -> dict[str, Json]:
        found = (await self.call("GET", "/bitrix24/deals"))["deals"]
        return {str(deal["id"]): deal for deal in found}

    async def bitrix_deal(self, deal: str) -> Json:
        return await self.call("GET", f"/bitrix24/deals/{deal}")

    async def stage(self, deals: Iterable[str], stage: str) -> None:
        await self.call("POST", "/bitrix24/deals/move", ids=list(map(int, deals)), stage=stage)

    async def people(self, count: int) -> list[Json]:
        """Telegram users who have opened the bot; the n-th, from 1, has `phone_of(n)`."""
        said = await self.call("POST", "/telegram/workers", bot=BOT, count=count)
        users: list[Json] = said["users"]
        return users

    async def chats(self) -> dict[int, Json]:
        said = await self.call("GET", f"/telegram/chats?bot={BOT}")
        return {chat["id"]: chat for chat in said["chats"]}

    async def share(self, user: int) -> None:
        await self.call("POST", "/telegram/contact", bot=BOT, user_id=user)

    async def say(self, user: int, text: str) -> None:
        await self.call("POST", "/say", bot=BOT, user_id=user, text=text)

    async def press(self, user: int, message: int, button: str | int, **more: Any) -> Json:
        wish = {"user_id": user, "chat_id": user, "message_id": message, "button": button}
        return await self.call("POST", "/press", bot=BOT, **(wish | more))

    async def arrivals(self, phone: str) -> list[Json]:
        """What came to a telephone, by WhatsApp and SMS."""
        messages: list[Json] = (await self.call("GET", f"/phones/{phone}"))["messages"]
        return messages

    async def all_arrivals(self) -> dict[str, list[Json]]:
        phones = (await self.call("GET", "/phones"))["phones"]
        return {one["phone"]: one["messages"] for one in phones}

    async def without(self, phone: str, *channels: str) -> None:
        await self.call("PUT", f"/phones/{phone}", **dict.fromkeys(channels, False))

    async def write(self, phone: str, text: str) -> None:
        """The person writes in WhatsApp."""
        await self.call("POST", f"/phones/{phone}/write", text=text)

    async def reply(self, phone: str) -> None:
        """He presses the quick reply of the newest message that has one."""
        await self.call("POST", f"/phones/{phone}/reply")

    async def failures(self) -> dict[str, list[str]]:
        """Which of our messages WhatsApp reported as failed: effects by the client's phone."""
        found: dict[str, list[str]] = {}
        for hook in (await self.call("GET", "/whatsapp/hooks"))["hooks"]:
            if hook["what"] == "failed":
                (one,) = hook["body"]["entry"][0]["changes"][0]["value"]["statuses"]
                failed = found.setdefault(plain(one["recipient_id"]), [])
                failed.append(one["biz_opaque_callback_data"])
        return found

    async def sms(self) -> dict[str, list[str]]:
        """The gateway's numbers of all SMS that were sent, by phone."""
        found: dict[str, list[str]] = {}
        for one in (await self.call("GET", "/sms"))["sent"]:
            found.setdefault(plain(one["phone"]), []).append(one["id"])
        return found

    async def grants(self) -> dict[str, list[Json]]:
        """1C's documents that gave bonuses and were posted, by the client's phone."""
        return await self._documents("Начисление")

    async def takes(self) -> dict[str, list[Json]]:
        return await self._documents("Списание")

    async def _documents(self, kind: str) -> dict[str, list[Json]]:
        """Without the balances that stood in the books before."""
        clients = (await self.call("GET", "/onec"))["clients"]
        return {
            plain(client["phone"]): [
                one
                for one in client["documents"]
                if one["Вид"] == kind and one["Posted"] and one["ВнешнийИдентификатор"]
            ]
            for client in clients
        }

    async def onec_balances(self) -> dict[str, float]:
        clients = (await self.call("GET", "/onec"))["clients"]
        return {plain(client["phone"]): float(client["balance"]) for client in clients}

    async def undelivered(self) -> int:
        updates = await self.call("GET", f"/telegram/updates?bot={BOT}")
        hooks = (await self.call("GET", "/bitrix24/hooks"))["hooks"]
        waiting = [hook for hook in hooks if hook["state"] == "waiting"]
        statuses = (await self.call("GET", "/whatsapp/hooks?state=waiting"))["hooks"]
        return int(updates["pending"]) + len(waiting) + len(statuses)


def plain(phone: str) -> str:
    """`+79000000021` for a Russian number in any spelling."""
    return "+7" + re.sub(r"\D", "", phone)[-10:]


def phone_of(number: int) -> str:
    """The n-th synthetic person's, from 1."""
    return f"+7{9000001000 + number}"


class ReviewStack(Stack):
    """A running host with the tyre services in its sandbox."""

    sandbox: Tyres

    @classmethod
    def of(cls, stack: Stack, client: httpx.AsyncClient) -> "ReviewStack":
        return cls(stack.data, stack.playbook, stack.doors, Tyres(client))

    @cached_property
    def _surveys(self) -> SubjectTable[Survey]:
        return self._subjects("SURVEYS_TABLE", Survey)

    @cached_property
    def _ledger(self) -> SubjectTable[Account]:
        return self._subjects("LEDGER_TABLE", Account)

    @cached_property
    def links(self) -> Links:
        return Links(self.connection.database(), self.connection.name("LINKS_TABLE"))

    def _subjects(self, table: str, model: type[S]) -> SubjectTable[S]:
        return SubjectTable(self.connection.database(), self.connection.name(table), model)

    async def surveys(self) -> dict[str, Survey]:
        """By the deal's number."""
        found = await asyncio.to_thread(lambda: list(self._surveys.of_branch(BRANCH)))
        return {one.deal: one for one in found}

    async def accounts(self) -> dict[str, Account]:
        """By the client's id."""
        found = await asyncio.to_thread(lambda: list(self._ledger.of_branch(BRANCH)))
        return {one.id: one for one in found}

    async def link(self, code: str) -> Link | None:
        return await asyncio.to_thread(self.links.read, code)

    async def visits(self, code: str) -> tuple[Visit, ...]:
        return await asyncio.to_thread(self.links.visits, code)

    async def left_behind(self) -> int:
        """Surveys and accounts whose outboxes wait to be handed over."""
        future = (await self.sandbox.now()) + timedelta(days=1)

        def count() -> int:
            tables: tuple[SubjectTable[Any], ...] = (self._surveys, self._ledger)
            waiting = sum(len(list(table.pending_since(future))) for table in tables)
            return waiting + len(list(self.links.pending_since(future)))

        return await asyncio.to_thread(count)

    def _queued(self) -> int:
        """With what stands in the timer queue and is due: so one flow tells another."""
        url = self.connection.name("TIMER_QUEUE_URL")
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.connection.client("sqs")
        said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(kinds))["Attributes"]
        return super()._queued() + sum(int(said[kind]) for kind in kinds)

    async def surveys_are(
        self, deals: Iterable[str], states: Iterable[str], seconds: float, what: str
    ) -> None:
        wanted, allowed = set(deals), set(states)

        async def there() -> bool:
            found = await self.surveys()
            return all(deal in found and found[deal].state in allowed for deal in wanted)

        await eventually(there, seconds, what, 0.3)


@contextlib.asynccontextmanager
async def reviewing(folder: Path, playbook: Playbook) -> AsyncIterator[ReviewStack]:
    """The tyre services alone, from their start to their end."""
    async with (
        running(folder, playbook) as stack,
        httpx.AsyncClient(
            base_url=stack.sandbox.page, timeout=60, headers={"Content-Type": "application/json"}
        ) as client,
    ):
        yield ReviewStack.of(stack, client)


async def until_sent(
    read: Callable[[], Awaitable[Any]], seconds: float, what: str, pause: float = 0.1
) -> Any:
    """The first true thing that `read` gives."""
    found: list[Any] = []

    async def look() -> bool:
        value = await read()
        found[:] = [value] if value else []
        return bool(value)

    await eventually(look, seconds, what, pause)
    return found[0]


def link_in(messages: Iterable[Json], way: str) -> str | None:
    """The newest link of `/r/` or `/s/` in what came to a telephone."""
    found = [url for message in messages for url in message["links"] if f"/{way}/" in url]
    return found[-1] if found else None


def button_link(chat: Mapping[str, Any]) -> str | None:
    """The newest button with an address in a chat."""
    for message in reversed(chat["messages"]):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if "url" in button:
                    return str(button["url"])
    return None


def code_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def from_person(url: str) -> dict[str, str]:
    """The headers of a browser's form on one of our own pages."""
    origin = "/".join(url.split("/")[:3])
    return {"User-Agent": PERSON, "Origin": origin, "Sec-Fetch-Site": "same-origin"}
