"""Row 3: amoCRM is down while jobs are claimed; nobody waits for it, and it is told later, once."""

import asyncio
import contextlib
import statistics
from pathlib import Path

from tests.proofs.presses import Told, at_once, pressing
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, Stack, eventually, playbook_copy, running
from tests.proofs.traces import check_written_back, told, traces

NAME = "3 amoCRM down"

_BEFORE, _DURING, _STORM, _LOST = 8, 8, 4, 4
"""Jobs claimed before the outage, in it, in the storm of refusals, and while answers are lost."""
_PRESSERS = 5
_STORM_SECONDS = 10
_ANSWERS_LOST = 6
_MEDIAN_LIMIT = 3.0
_SLOWEST_LIMIT = 20.0
"""Ratios. An answer that waited for amoCRM would be hundreds of times slower."""
_RECOVERY = 240.0
"""Seconds: after a minute of failures the next attempt is up to two minutes away."""


async def prove(setting: Setting, folder: Path) -> Finding:
    # amoCRM's own limit stays: what has piled up must not run into it.
    async with contextlib.AsyncExitStack() as closing:
        async with setting.alone:
            playbook = playbook_copy(telegram=RAISED)
            stack = await closing.enter_async_context(running(folder, playbook))
            row = _Outage(stack, setting)
            await row.prepare()
            await row.measure()
        await row.wait_out()
        return await row.found()


class _Outage:
    def __init__(self, stack: Stack, setting: Setting) -> None:
        self._stack = stack
        self._setting = setting
        self._checks = Checks()
        self._winners: dict[str, Json] = {}
        self._before: list[Told] = []
        self._during: list[Told] = []
        self._told_early = 0

    async def prepare(self) -> None:
        self._setting.say(NAME, "posting the jobs")
        sandbox = self._stack.sandbox
        await sandbox.call("PUT", "/telegram/pace", enforced=False)
        self._workers = await sandbox.workers(_PRESSERS)
        self._deals = await sandbox.new_deals(_BEFORE + _DURING + _STORM + _LOST, name="Сбой")
        self._group = self._stack.playbook.dispatching.workers_chat

        async def posted() -> bool:
            return len(await sandbox.posts(self._group)) == len(self._deals)

        await eventually(posted, 90, "all jobs are posted")
        self._posts = await sandbox.posts(self._group)
        # A first press warms the connections that later ones use.
        await self._stack.at_rest(60)
        self._left = list(self._deals)

    async def measure(self) -> None:
        self._setting.say(NAME, "claims while all is well")
        self._before = await self._claim(_BEFORE)
        await self._stack.at_rest(90)
        seconds = self._setting.outage_seconds
        await self._stack.sandbox.fault("amocrm", kind="outage")
        self._ends = asyncio.get_running_loop().time() + seconds
        self._setting.say(NAME, "claims while amoCRM is down")
        self._in_outage = self._left[:_DURING]
        self._during = await self._claim(_DURING)
        await eventually(self._chat_knows, 15, "the chat is told while amoCRM is down")

    async def wait_out(self) -> None:
        """The outage, the storm that follows, and then answers that are lost."""
        loop, sandbox = asyncio.get_running_loop(), self._stack.sandbox
        while (left := self._ends - loop.time()) > 0:
            self._setting.say(NAME, f"amoCRM stays down, {left:.0f} s more")
            await asyncio.sleep(min(2.0, left))
        found = await traces(self._stack, self._names())
        for deal in self._in_outage:
            early = {kind: found[deal][kind] for kind in ("patch", "note", "task", "private")}
            self._checks.equal(f"deal {deal}, done while amoCRM was down", sum(early.values()), 0)
        await sandbox.mended("amocrm")
        await sandbox.fault("amocrm", kind="too_many_requests", seconds=_STORM_SECONDS)
        self._setting.say(NAME, "amoCRM refuses with 429")
        await self._claim(_STORM)
        await asyncio.sleep(_STORM_SECONDS)
        await sandbox.fault("amocrm", kind="lost_answer", requests=_ANSWERS_LOST)
        self._setting.say(NAME, "amoCRM loses its answers")
        await self._claim(_LOST)
        await eventually(self._all_written, _RECOVERY, "everything is written back", pause=1.0)
        await self._stack.settled(60)

    async def _claim(self, count: int) -> list[Told]:
        """The next jobs, one after another; all workers press each at once."""
        answers = list[Told]()
        for deal in self._left[:count]:
            tolds = await at_once(
                self._stack, [pressing(worker, self._posts[deal]) for worker in self._workers]
            )
            answers += tolds
            won = told(self._stack.playbook, "press.won")
            winners = [one.worker for one in tolds if one.text == won]
            self._checks.equal(f"deal {deal}, winners", len(winners), 1)
            for worker in winners[:1]:
                self._winners[deal] = worker
                said = told(self._stack.playbook, "press.taken", worker["first_name"])
                losers = [one for one in tolds if one.worker is not worker]
                untrue = [(one.status, one.text) for one in losers if one.text != said]
                self._checks.equal(f"deal {deal}, untrue answers", untrue, [])
        del self._left[:count]
        return answers

    def _names(self) -> dict[str, str]:
        # Created together, so their names end in their number among them.
        return {
            deal: self._posts[deal]["text"].split("\n")[0].removeprefix("🔔 ")
            for deal in self._deals
        }

    async def _chat_knows(self) -> bool:
        found = await traces(self._stack, self._names())
        self._told_early = sum(found[deal]["notice"] for deal in self._in_outage)
        return self._told_early == len(self._in_outage)

    async def _all_written(self) -> bool:
        deals = await self._stack.sandbox.deals()
        left = [
            deal
            for deal in self._deals
            if not (deals[deal]["tasks"] and deals[deal]["notes"] and _named(deals[deal]))
        ]
        self._setting.say(NAME, f"amoCRM is told, {len(left)} deals to go")
        return not left

    async def found(self) -> Finding:
        checks = self._checks
        await check_written_back(checks, self._stack.sandbox, self._winners)
        found = await traces(self._stack, self._names())
        for deal, worker in self._winners.items():
            checks.equal(f"deal {deal}, contacts sent", found[deal]["private"], 1)
            checks.equal(f"deal {deal}, contact to", found.private_to.get(deal), {worker["id"]})
            checks.equal(f"deal {deal}, notices", found[deal]["notice"], 1)
        checks.equal("dead letters", await self._stack.dead_letters(), [])
        median = _ratio(statistics.median, self._during, self._before)
        slowest = _ratio(max, self._during, self._before)
        checks.hold(median < _MEDIAN_LIMIT, f"the median answer took {median:.1f} times as long")
        checks.hold(slowest < _SLOWEST_LIMIT, f"the slowest answer took {slowest:.1f} times")
        refused = sum(c["status"] in (429, 503) for c in await self._stack.sandbox.crm_calls())
        return Finding(
            f"{self._setting.outage_seconds} s of 503, {_STORM_SECONDS} s of 429, "
            f"{_ANSWERS_LOST} lost answers; {len(self._winners)} jobs claimed meanwhile and before",
            f"answers took × {median:.2f} (median), × {slowest:.2f} (slowest) of those without an "
            f"outage; the chat knew at once of {self._told_early} of {_DURING}; {refused} calls "
            f"refused; {len(self._winners)} deals written back once",
            tuple(checks.failures),
        )


def _named(deal: Json) -> bool:
    return bool(deal["fields"].get("worker_name"))


def _ratio(of: object, during: list[Told], before: list[Told]) -> float:
    assert callable(of)
    return float(of(one.seconds for one in during) / of(one.seconds for one in before))
