"""Host, database and function processes are killed at random while webhooks pour in."""

import asyncio
import contextlib
import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path

from selfhosted import connection
from selfhosted.errors import HostError
from tests.proofs.hosts import SupervisedHost, answering, supervised
from tests.proofs.killing import kill_one
from tests.proofs.report import Checks, Finding
from tests.proofs.rows.kills import PATIENCE, SHARES, Kills
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, NotInTime, Stack, playbook_copy
from tests.proofs.traces import Traces

NAME = "1 everything killed"

_TARGETS = {"host": 2, "database": 2, "function": 5}
_AGAIN = 0.25
"""How often a host is killed once more while it starts."""
_POUR = 0.8
"""Seconds between two new deals."""
_CLAIMING = 16


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = playbook_copy(telegram=RAISED, crm_rate=50)
    async with setting.alone, supervised(folder, playbook) as (host, stack):
        row = _Violence(host, stack, setting)
        await row.prepare()
        await row.undisturbed()
        async with asyncio.TaskGroup() as group:
            group.create_task(row.kill())
            group.create_task(row.live())
        await row.swept()
        return await row.found()


class _Violence(Kills):
    name = NAME

    def __init__(self, host: SupervisedHost, stack: Stack, setting: Setting) -> None:
        super().__init__(stack, setting)
        self._host = host
        self._violence = Counter[str]()
        self._recoveries: dict[str, list[float]] = {"host": [], "database": []}
        self._start = 0.0
        self._killing = True

    async def undisturbed(self) -> None:
        """A start on the same data with nothing in its way: what recoveries are measured by."""
        await self._host.stop()
        self._start = await self._host.start()
        self._stack.found_anew()

    async def kill(self) -> None:
        kinds, shares = list(_TARGETS), list(_TARGETS.values())
        while self._violence.total() < self._setting.kills:
            await asyncio.sleep(self._chance.uniform(0.2, 1.6))
            kind = self._chance.choices(kinds, shares)[0]
            # While a host starts, nobody can say what its processes are.
            with contextlib.suppress(HostError):
                await {"host": self._host_dies, "database": self._database_dies}.get(
                    kind, self._function_dies
                )()
        self._killing = False

    async def _host_dies(self) -> None:
        began = time.monotonic()
        self._violence["host"] += self._host.kill()
        if self._chance.random() < _AGAIN:
            await asyncio.sleep(self._chance.uniform(0.1, 1.5))
            began = time.monotonic()
            self._violence["host"] += self._host.kill()
        await self._recovered("host", began, self._host.answers())
        self._stack.found_anew()

    async def _database_dies(self) -> None:
        state = await asyncio.to_thread(connection.state, self._host.data)
        variables = await asyncio.to_thread(connection.environment, self._host.data)
        began = time.monotonic()
        os.kill(state["database_pid"], signal.SIGKILL)
        self._violence["database"] += 1
        # Not the dying one's last answer.
        await asyncio.sleep(0.02)
        health = f"{variables['AWS_ENDPOINT_URL_DYNAMODB']}/health"
        await self._recovered("database", began, answering(health))

    async def _function_dies(self) -> None:
        if await kill_one(self._stack, SHARES, self._chance) is not None:
            self._violence["function"] += 1

    async def _recovered(self, what: str, began: float, answer: Awaitable[None]) -> None:
        await answer
        self._recoveries[what].append(time.monotonic() - began)

    async def live(self) -> None:
        """A new deal every moment until the last kill; each is offered, asked about and claimed."""
        claiming = asyncio.Semaphore(_CLAIMING)
        started, deadline = set[str](), 0.0
        async with asyncio.TaskGroup() as group:
            while self._killing or len(started) < len(self._deals):
                if self._killing:
                    await self._one_more()
                    deadline = time.monotonic() + PATIENCE
                elif time.monotonic() > deadline:
                    raise NotInTime(f"not posted: {set(self._deals) - started}")
                self._posts |= await self._stack.sandbox.posts(self._group)
                for deal in self._posts.keys() - started:
                    started.add(deal)
                    group.create_task(self._claim(deal, claiming))
                self._say("offered and claimed")
                await asyncio.sleep(_POUR)
        await self.over()

    async def _one_more(self) -> None:
        sandbox = self._stack.sandbox
        self._deals += await sandbox.new_deals(1, name=f"Убитый {len(self._deals):04d}")
        # amoCRM would give the door up after a hundred bad answers; here they are the point.
        await sandbox.call("POST", "/amocrm/hooks/enable")

    @property
    def killed(self) -> int:
        return self._violence.total()

    async def _finding(self, checks: Checks, seen: Traces) -> Finding:
        hooks = (await self._stack.sandbox.call("GET", "/amocrm/hooks"))["hooks"]
        accepted = [hook for hook in hooks if hook["state"] == "delivered"]
        presses = [one for told in self._answers.values() for one in told if one.status == 200]
        lost = sum(not seen[deal]["post"] for deal in self._deals)
        twice = {kind: seen.doubled(kind) for kind in ("post", "note", "task")}
        doubled = sum(twice.values())
        checks.equal("lost", lost, 0)
        for kind, number in twice.items():
            checks.equal(f"doubled, {kind}", number, 0)
        # A PATCH that says the same again changes nothing: that is how the deal is written once.
        residual = {kind: seen.doubled(kind) for kind in ("notice", "manager", "patch")}
        did = ", ".join(f"{kind} {count}" for kind, count in self._violence.most_common())
        return Finding(
            f"{len(self._deals)} jobs; {self.killed} kills ({did}); seed {self._setting.seed}",
            f"acknowledged: {len(accepted)} webhooks, {len(presses)} presses; lost {lost}; "
            f"doubled {doubled}; residual: {residual['notice']} notices, {residual['manager']} to "
            f"the manager, {residual['patch']} PATCHes with the same values; "
            f"{await self._stack.taken_up_again()} effects were taken up again; "
            f"undisturbed start {self._start:.1f} s; {self._times('host')}; "
            f"{self._times('database')}",
            tuple(checks.failures),
        )

    def _times(self, what: str) -> str:
        seconds = self._recoveries[what]
        if not seconds:
            return f"no {what} was killed"
        median, worst = statistics.median(seconds), max(seconds)
        return (
            f"{what} back after {median:.1f} s, worst {worst:.1f} s "
            f"({median / self._start:.2f} and {worst / self._start:.2f} starts)"
        )
