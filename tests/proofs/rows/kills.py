"""Row 4: function processes die while jobs go through their life; nothing is lost or doubled."""

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path

from switchboard.flows.claim.table import State
from tests.proofs.killing import kill_one
from tests.proofs.presses import Told, pressing, repeated_until_accepted
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, Stack, eventually, playbook_copy, running
from tests.proofs.traces import Traces, check_written_back, told, traces

NAME = "4 processes killed"

_LATENCY = 0.03
"""Seconds that every provider takes: so most kills meet a process in the middle of a call, and what
it asked for is done after its death. Constant, so that calls arrive in the order they were made."""
_PRESSERS = 3
_WORKERS = 12
_CLAIMING = 16
"""Jobs that are being pressed at the same time."""
SHARES = {
    "sender": 8,
    "inbox": 6,
    "telegram_webhook": 3,
    "crm_webhook": 2,
    "timer": 1,
    "sweeper": 1,
}
_PAUSE = (0.3, 1.9)
PATIENCE = 240.0


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = playbook_copy(telegram=RAISED, crm_rate=50)
    async with contextlib.AsyncExitStack() as closing:
        async with setting.alone:
            stack = await closing.enter_async_context(running(folder, playbook))
            row = Kills(stack, setting)
            await row.prepare()
            async with asyncio.TaskGroup() as group:
                group.create_task(row.kill())
                group.create_task(row.live())
        await row.swept()
        return await row.found()


class Kills:
    """The life of many jobs under kills, and what must be true afterwards."""

    name = NAME

    def __init__(self, stack: Stack, setting: Setting) -> None:
        self._stack = stack
        self._setting = setting
        self._group = stack.playbook.dispatching.workers_chat
        self._chance = random.Random(setting.seed)
        self._killed = Counter[str]()
        self._answers: dict[str, list[Told]] = {}
        self._posts: dict[str, Json] = {}
        self._deals: list[str] = []
        self._workers: list[Json] = []

    async def prepare(self) -> None:
        """One post is sent in peace: a bot that has never seen a message of a group has no number
        from which to look for its own (docs/proofs.md)."""
        self._setting.say(self.name, "a first post")
        sandbox = self._stack.sandbox
        await sandbox.free_of_limits()
        self._workers = await sandbox.workers(_WORKERS)
        self._deals = await sandbox.new_deals(1, name="Первый заказ")
        await eventually(self._all_posted, 30, "the first job is posted")
        await self._stack.at_rest(30)
        for provider in ("telegram", "amocrm"):
            await sandbox.fault(provider, latency=_LATENCY)

    async def kill(self) -> None:
        """A random process of a random function, every now and then."""
        while self._killed.total() < self._setting.kills:
            await asyncio.sleep(self._chance.uniform(*_PAUSE))
            function = await kill_one(self._stack, SHARES, self._chance)
            if function is not None:
                self._killed[function] += 1

    @property
    def killed(self) -> int:
        return self._killed.total()

    async def live(self) -> None:
        """All jobs are offered, asked for, claimed."""
        jobs, sandbox = self._setting.jobs, self._stack.sandbox
        self._deals += await sandbox.new_deals(jobs - 1, "new", name="Убитый")
        ids = [int(deal) for deal in self._deals[1:]]
        await sandbox.call("POST", "/deals/move", ids=ids, stage="search")
        claiming = asyncio.Semaphore(_CLAIMING)
        async with asyncio.TaskGroup() as group:
            started = set[str]()
            while len(started) < jobs:
                self._posts |= await sandbox.posts(self._group)
                for deal in self._posts.keys() - started:
                    started.add(deal)
                    group.create_task(self._claim(deal, claiming))
                self._say("offered and claimed")
                await asyncio.sleep(1.0)
        await self.over()

    async def over(self) -> None:
        await eventually(self._all_over, PATIENCE, "all jobs are claimed and written back", 1.0)

    async def swept(self) -> None:
        """What a killed process left behind is found by the real sweeper, within two minutes."""

        async def nothing_left() -> bool:
            left = await self._stack.unsettled()
            self._say(f"{len(left)} jobs are left to the sweeper")
            return not left

        await eventually(nothing_left, PATIENCE, "the sweeper has been everywhere", 1.0)
        await self._stack.at_rest(PATIENCE)

    async def _claim(self, deal: str, claiming: asyncio.Semaphore) -> None:
        async with claiming:
            workers = self._chance.sample(self._workers, _PRESSERS)
            post = self._posts[deal]
            asked = pressing(workers[0], post, "contact")
            wanted = [pressing(worker, post) for worker in workers]
            answers = [repeated_until_accepted(self._stack, one) for one in (asked, *wanted)]
            self._answers[deal] = (await asyncio.gather(*answers))[1:]

    def _say(self, what: str) -> None:
        counts = f"{len(self._posts)} posted, {len(self._answers)} claimed"
        self._setting.say(self.name, f"{what}, {counts}, {self.killed} killed")

    async def _all_posted(self) -> bool:
        return set(self._deals) <= set(await self._stack.sandbox.posts(self._group))

    async def _all_over(self) -> bool:
        jobs = await self._stack.jobs()
        claimed = sum(jobs[deal].state is State.CLAIMED for deal in self._deals if deal in jobs)
        left = await self._stack.queued()
        self._say(f"{claimed} jobs stand as claimed, {left} messages queued")
        return claimed == len(self._deals) and left == 0

    async def found(self) -> Finding:
        checks = Checks()
        winners = await self._winners(checks)
        deals = await self._stack.sandbox.deals()
        seen = await traces(self._stack, {deal: deals[deal]["name"] for deal in self._deals})
        for deal in self._deals:
            checks.equal(f"deal {deal}, posts", seen[deal]["post"], 1)
            checks.hold(seen[deal]["notice"] >= 1, f"deal {deal}: the chat was not told")
            checks.hold(seen[deal]["manager"] >= 1, f"deal {deal}: the manager was not told")
            named = deal in winners and winners[deal]["first_name"] in seen.post_text.get(deal, "")
            checks.hold(named, f"deal {deal}: the post does not name the winner")
            private = seen.private_to.get(deal, set())
            to_winner = deal in winners and winners[deal]["id"] in private
            checks.hold(to_winner, f"deal {deal}: the winner has no contact")
        await check_written_back(checks, self._stack.sandbox, winners)
        checks.equal("dead letters", await self._stack.dead_letters(), [])
        return await self._finding(checks, seen)

    async def _winners(self, checks: Checks) -> dict[str, Json]:
        """By the table; and nobody was told anything else."""
        jobs = await self._stack.jobs()
        winners, won = dict[str, Json](), told(self._stack.playbook, "press.won")
        for deal in self._deals:
            job = jobs.get(deal)
            holder = job.worker.id if job and job.worker else None
            winner = next((one for one in self._workers if one["id"] == holder), None)
            if winner is None:
                checks.failures.append(f"deal {deal}: the job is lost, or nobody holds it")
                continue
            winners[deal] = winner
            taken = told(self._stack.playbook, "press.taken", winner["first_name"])
            for one in self._answers[deal]:
                truth = won if one.worker["id"] == holder else taken
                checks.equal(f"deal {deal}, answer to {one.worker['id']}", one.text, truth)
        return winners

    async def _finding(self, checks: Checks, seen: Traces) -> Finding:
        again = await self._stack.taken_up_again()
        killed = ", ".join(f"{name} {n}" for name, n in self._killed.most_common())
        doubled = {kind: seen.doubled(kind) for kind in ("notice", "manager")}
        return Finding(
            f"{len(self._deals)} jobs; {self._killed.total()} processes killed ({killed}); "
            f"seed {self._setting.seed}",
            f"{seen.total('post')} posts, {seen.doubled('post')} twice; written back once: "
            f"fields, {seen.total('note')} notes, {seen.total('task')} tasks; {again} effects were "
            f"taken up again; sent twice by the residual risk: {doubled['notice']} notices, "
            f"{doubled['manager']} to the manager",
            tuple(checks.failures),
        )
