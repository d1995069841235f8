"""Row 5: clients of every kind answer while processes are killed; nobody's word is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from statistics import fmean

import httpx

from switchboard.flows.survey.survey import Survey
from tests.proofs.behaviours import Playing
from tests.proofs.clients import QUESTIONS, Client, drawn
from tests.proofs.killing import kill_one
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.screens import PATIENCE, Screens
from tests.proofs.setting import Setting
from tests.proofs.stack import eventually
from tests.proofs.told import check_given_back, check_told, messages_of
from tests.proofs.tyres import ReviewStack, phone_of, reviewing, tyres_copy

NAME = "5 people"

_LATENCY = 0.03
"""Seconds that every provider takes, so that most kills meet a process in the middle of a call."""
_IN_CHAT = 0.6
"""The share of clients who know the bot."""
_WITHOUT_WHATSAPP = 3
"""Every third of the others."""
_TWO_DEALS = 0.1
_SHARES = {
    "sender": 8,
    "inbox": 6,
    "telegram_webhook": 3,
    "whatsapp_webhook": 3,
    "click": 2,
    "survey": 2,
    "crm_webhook": 2,
    "timer": 2,
    "sweeper": 1,
}
_PAUSE = (0.4, 2.2)
_PARTS = (0.25, 0.45, 0.2, 0.1)
"""The kills of the evening, of the first answers, of the reminders, and of the end."""
_BLINK = 61
"""Seconds by which the clock goes on while something waits for the sweeper."""
_OVER = ("completed", "partial", "silent", "skipped", "cancelled", "abandoned")


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = tyres_copy(free=True, per_day=1000)
    async with (
        setting.alone,
        reviewing(folder, playbook) as stack,
        httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=60)) as browser,
    ):
        row = _People(stack, browser, setting)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(row.screens.watch())
            await row.live()
            watching.cancel()
        return await row.found()


class _People:
    def __init__(self, stack: ReviewStack, browser: httpx.AsyncClient, setting: Setting) -> None:
        self._stack = stack
        self._shop = stack.sandbox
        self._setting = setting
        self._chance = random.Random(setting.seed)
        self._killed = Counter[str]()
        self.screens = Screens(stack.sandbox)
        self._playing = Playing(stack.sandbox, self.screens, browser)
        self._clients: list[Client] = []

    async def live(self) -> None:
        self._say("clients meet the bot")
        await self._meet()
        self._say("deals are closed in the evening")
        await self._shop.until(20, 30)
        await self._under_fire(0, self._close())
        self._say("they answer in the morning")
        await self._shop.until(10, 5)
        await self._under_fire(1, self._answer(late=False))
        self._say("the reminders")
        await self._shop.forward(hours=24, minutes=2)
        await self._under_fire(2, self._answer(late=True))
        self._say("time is over for the rest")
        await self._shop.forward(hours=48, minutes=2)
        await self._under_fire(3, self._over())
        await self._at_rest()

    async def _meet(self) -> None:
        """In peace, at noon."""
        await self._shop.free()
        await self._shop.until(12)
        count = self._setting.clients
        in_chat = int(count * _IN_CHAT)
        users = await self._shop.people(in_chat)
        for number in range(1, count + 1):
            user = users[number - 1]["id"] if number <= in_chat else None
            whatsapp = number % _WITHOUT_WHATSAPP > 0
            client = drawn(self._chance, number, phone_of(number), user=user, whatsapp=whatsapp)
            self._clients.append(client)
            if user is not None:
                await self._shop.call("POST", "/start", bot="tyres", user_id=user)
                await self._shop.share(user)
            elif not whatsapp:
                await self._shop.without(client.phone, "whatsapp")
        await self._stack.at_rest(PATIENCE)
        for provider in ("tyres_telegram", "bitrix24", "onec", "whatsapp", "sms"):
            await self._shop.fault(provider, latency=_LATENCY)

    async def _close(self) -> None:
        """One webhook each, which nobody repeats: a lost one is the sweeper's."""
        for client in self._clients:
            twice = self._chance.random() < _TWO_DEALS
            contact: dict[str, object] = {"client": f"Гость {client.number}", "phone": client.phone}
            for _ in range(2 if twice else 1):
                said = await self._shop.call(
                    "POST",
                    "/bitrix24/deals",
                    title=f"Визит {client.number}",
                    time_zone=client.zone,
                    stage="EXECUTING",
                    **contact,
                )
                contact = {"contact_id": said["contact_id"]}
                client.deals.append(str(said["ids"][0]))
        await self._shop.stage(self._all_deals(), "WON")

        async def begun() -> bool:
            found = await self._stack.surveys()
            left = [deal for deal in self._all_deals() if deal not in found]
            self._say(f"{len(left)} deals are not known yet")
            return not left

        await self._nudged(begun, "every deal has its survey")
        await self._at_rest()

    async def _answer(self, *, late: bool) -> None:
        """`late`: those who needed a reminder; the first time all others."""
        acting = [one for one in self._clients if one.late is late]
        await self._nudged(self._reminded if late else self._all_asked, "everybody is asked")
        seeds = {one.number: self._chance.random() for one in acting}
        await _together(
            self._playing.answers(one, random.Random(seeds[one.number])) for one in acting
        )
        await self._at_rest()
        self._say("they follow their links")
        await _together(
            self._playing.follows(one) for one in acting if one.answers_all and one.presses
        )
        await self._at_rest()

    async def _all_asked(self) -> bool:
        """By one of his deals each; whose other deal is refused may well be planned anew."""
        found = await self._stack.surveys()
        asked = {one.client for one in found.values() if one.asked_at is not None}
        left = [one for one in self._clients if one.id not in asked]
        self._say(f"{len(left)} clients are not asked yet")
        return not left

    async def _reminded(self) -> bool:
        found = await self._stack.surveys()
        asked = [one for one in found.values() if one.state == "asked"]
        left = [one for one in asked if not one.reminded]
        self._say(f"{len(left)} of {len(asked)} are not reminded yet")
        return not left

    async def _over(self) -> None:
        async def over() -> bool:
            found = await self._stack.surveys()
            left = [one for one in found.values() if one.state not in _OVER]
            self._say(f"{len(left)} surveys are not over")
            return not left

        await self._nudged(over, "every survey is over")

    async def _nudged(self, look: Callable[[], Awaitable[bool]], what: str) -> None:
        """Waits; now and then the clock goes on a little, so that the sweeper comes."""
        for _ in range(15):
            try:
                await eventually(look, 6, what, 0.5)
            except AssertionError:
                await self._shop.forward(seconds=_BLINK)
            else:
                return
        await eventually(look, PATIENCE, what, 1.0)

    async def _at_rest(self) -> None:
        """Nothing on its way, and nothing left behind by those who were killed."""

        async def settled() -> bool:
            left = await self._stack.left_behind()
            queued = await self._stack.queued()
            self._say(f"{left} subjects left to the sweeper, {queued} messages queued")
            return left == queued == 0

        await self._nudged(settled, "nothing is left behind")
        await self._stack.at_rest(PATIENCE)

    async def _under_fire(self, part: int, work: Awaitable[None]) -> None:
        wanted = round(self._setting.kills * sum(_PARTS[: part + 1]))

        async def kill() -> None:
            while self._killed.total() < wanted:
                await asyncio.sleep(self._chance.uniform(*_PAUSE))
                function = await kill_one(self._stack, _SHARES, self._chance)
                if function is not None:
                    self._killed[function] += 1

        await _together((kill(), work))

    def _all_deals(self) -> list[str]:
        return [deal for client in self._clients for deal in client.deals]

    def _say(self, what: str) -> None:
        self._setting.say(NAME, f"{what}, {self._killed.total()} killed")

    async def found(self) -> Finding:
        checks = Checks()
        surveys, deals = await self._stack.surveys(), await self._shop.bitrix_deals()
        chats, phones = await self._shop.chats(), await self._shop.all_arrivals()
        attempts, failed = await self._attempts(), await self._shop.failures()
        sms = await self._shop.sms()
        residual = 0
        for client in self._clients:
            mine = [surveys[deal] for deal in client.deals]
            self._check_survey(checks, client, mine, deals)
            messages = messages_of(client, chats, phones)
            residual += check_told(checks, client, messages, mine, attempts)
            mine_failed, mine_sms = failed.get(client.phone, []), sms.get(client.phone, [])
            check_given_back(checks, client, mine_failed, mine_sms)
        earned = await self._check_bonuses(checks)
        checks.equal("dead letters", await self._stack.dead_letters(), [])
        states = Counter(str(one.state) for one in surveys.values())
        kinds = Counter(one.behaviour for one in self._clients)
        killed = ", ".join(f"{name} {n}" for name, n in self._killed.most_common())
        full = sum(one.answers_all for one in self._clients)
        given_back = sum(len(set(effects)) for effects in failed.values())
        return Finding(
            f"{len(self._clients)} clients with {len(surveys)} deals ("
            + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
            + f"); {self._killed.total()} processes killed ({killed}); seed {self._setting.seed}",
            f"{states['completed']} of {full} who answered fully are completed, {states['partial']}"
            f" partial, {states['silent']} silent, {states['skipped']} second deals not asked; "
            f"{earned} bonuses for {sum(one.pressed for one in self._clients)} who pressed; "
            f"scores as said last, nobody told twice or at night; {given_back} messages given "
            f"back by WhatsApp came by one SMS each; sent twice by the residual risk: {residual}; "
            f"{await self._stack.taken_up_again()} effects were taken up again",
            tuple(checks.failures),
        )

    def _check_survey(
        self, checks: Checks, client: Client, mine: list[Survey], deals: dict[str, Json]
    ) -> None:
        name = f"client {client.number} ({client.behaviour})"
        asked = [one for one in mine if one.asked_at is not None]
        checks.equal(f"{name}, surveys that asked", len(asked), 1)
        refused = [one.reason for one in mine if one.asked_at is None]
        checks.equal(f"{name}, why not", refused, ["throttled"] * (len(mine) - 1))
        for survey in asked:
            wanted = "completed" if client.answers_all else "partial" if client.said else "silent"
            checks.equal(f"{name}, state", str(survey.state), wanted)
            checks.hold(survey.run == 1, f"{name}: asked in run {survey.run}")
            fields = deals[survey.deal]["fields"]
            scores = {one: fields[one] for one in QUESTIONS if one in fields}
            checks.equal(f"{name}, scores on the deal", scores, client.said)
            average = round(fmean(client.said.values()), 2) if client.said else None
            checks.equal(f"{name}, average", fields.get("average"), average)
            low = average is not None and average < 8
            tasks = int(low) + (client.behaviour == "writes, tells")
            checks.equal(f"{name}, tasks", len(deals[survey.deal]["tasks"]), tasks)
            stopped = client.behaviour == "writes, stops"
            checks.equal(f"{name}, stopped", survey.reason == "stopped", stopped)
            checks.hold(not (stopped and survey.reminded), f"{name}: reminded after that")

    async def _check_bonuses(self, checks: Checks) -> int:
        """One for each who pressed, in all books; none for anybody else."""
        accounts, grants = await self._stack.accounts(), await self._shop.grants()
        balances = await self._shop.onec_balances()
        deals, surveys = await self._shop.bitrix_deals(), await self._stack.surveys()
        for client in self._clients:
            name = f"client {client.number}"
            account = accounts.get(client.id)
            due = int(client.pressed)
            checks.equal(f"{name}, bonuses", len(account.sources) if account else 0, due)
            states = [str(one.state) for one in account.entries] if account else []
            checks.equal(f"{name}, bonus", states, ["granted"] * due)
            checks.equal(f"{name}, grants in 1C", len(grants.get(client.phone, [])), due)
            checks.equal(f"{name}, balance in 1C", balances.get(client.phone, 0.0), 300.0 * due)
            (contact,) = deals[client.deals[0]]["contacts"]
            balance = contact["fields"].get("balance", 0)
            checks.equal(f"{name}, balance in the card", balance, 300 * due)
            pressed = [surveys[one].pressed_at is not None for one in client.deals]
            checks.equal(f"{name}, presses known", sum(pressed), due)
        return sum(len(one.sources) for one in accounts.values())

    async def _attempts(self) -> dict[str, int]:
        """How often each effect was tried, by its id."""
        database, table = self._stack.connection.database(), "DELIVERIES_TABLE"
        request = {
            "TableName": self._stack.connection.name(table),
            "FilterExpression": "attempts > :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        items = await asyncio.to_thread(lambda: list(database.scan(request)))
        return {one["pk"]["S"].partition("#")[2]: int(one["attempts"]["N"]) for one in items}


async def _together(works: Iterable[Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(_awaited(work))


async def _awaited(work: Awaitable[None]) -> None:
    await work
