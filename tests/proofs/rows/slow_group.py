"""Row 5: Telegram closes the group for a while; every other chat is served as before."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.proofs.presses import at_once, pressing
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json, first_text, was_post
from tests.proofs.setting import Setting
from tests.proofs.stack import Stack, eventually, playbook_copy, running
from tests.proofs.traces import told

NAME = "5 group closed"

_ASKED = 20
"""Workers who ask for a contact in each half, each in his own chat."""
_CLAIMED = 3
_POSTED = 3
_EVERY = 0.3
"""Seconds between two questions for a contact."""
_MANAGER_EVERY = 1.5
"""Seconds between two claims: the manager's own chat takes one message a second."""
_MEDIAN_LIMIT = 2.0
_SLOWEST_SHARE = 0.1
"""How much of the group's wait the slowest message elsewhere may take."""
_EARLY = 0.05
"""Seconds: the time of a refusal is written down before it has reached the sender."""
_PATIENCE = 120.0


@dataclass
class _Half:
    """What one half of the row has sent: seconds from the press to the message."""

    private: list[float] = field(default_factory=list)
    manager: list[float] = field(default_factory=list)

    def take(self, since: float, arrived: asyncio.Task[float]) -> None:
        self.private.append(arrived.result() - since)


async def prove(setting: Setting, folder: Path) -> Finding:
    # Telegram's real limits, on both sides. amoCRM's would hide them: a contact is two calls to it.
    async with setting.alone, running(folder, playbook_copy(crm_rate=50)) as stack:
        await stack.sandbox.call("PUT", "/amocrm/pace", enforced=False)
        row = _SlowGroup(stack, setting)
        await row.prepare()
        setting.say(NAME, "all chats are open")
        before = await row.half(0)
        await row.group_told()
        await stack.sandbox.fault(
            "telegram",
            kind="too_many_requests",
            seconds=setting.retry_after - 2,
            retry_after=setting.retry_after,
            chat_id=row.group,
        )
        setting.say(NAME, "the group is closed")
        closed = await row.half(1)
        await row.group_told()
        return await row.found(before, closed)


class _SlowGroup:
    def __init__(self, stack: Stack, setting: Setting) -> None:
        self._stack = stack
        self._setting = setting
        self.group = stack.playbook.dispatching.workers_chat
        self._manager = stack.playbook.dispatching.manager_chat
        self._expected: list[str] = []
        self._checks = Checks()

    async def prepare(self) -> None:
        self._setting.say(NAME, "posting the first jobs")
        sandbox = self._stack.sandbox
        self._workers = await sandbox.workers(2 * (_ASKED + _CLAIMED))
        self._asked_for = (await sandbox.new_deals(1, name="Вопрос"))[0]
        self._deals = await sandbox.new_deals(2 * _CLAIMED, name="Занятый")
        every = {self._asked_for, *self._deals}

        async def posted() -> bool:
            return every <= set(await sandbox.posts(self.group))

        await eventually(posted, _PATIENCE, "the first jobs are posted")
        self._posts = await sandbox.posts(self.group)
        await self.group_told()
        self._known = {m["message_id"] for m in await self._group_messages()}

    async def half(self, number: int) -> _Half:
        """New posts, claims and questions; the group's part of them is not waited for."""
        offered = await self._offer(number)
        measured = _Half()
        base = number * (_ASKED + _CLAIMED)
        workers = self._workers[base : base + _ASKED + _CLAIMED]
        for place, deal in enumerate(self._deals[number * _CLAIMED :][:_CLAIMED]):
            winner = workers[_ASKED + place]
            pressed = await self._press(winner, deal, "claim")
            self._expected.append(f"found {deal}")
            at = await self._arrived(self._manager, self._name(deal), pressed)
            measured.manager.append(at - pressed)
            measured.private.append(
                await self._arrived(winner["id"], self._name(deal), pressed) - pressed
            )
            await asyncio.sleep(_MANAGER_EVERY)
        waits = []
        for worker in workers[:_ASKED]:
            pressed = await self._press(worker, self._asked_for, "contact")
            waits.append(
                asyncio.create_task(
                    self._arrived(worker["id"], self._name(self._asked_for), pressed)
                )
            )
            waits[-1].add_done_callback(partial(measured.take, pressed))
            await asyncio.sleep(_EVERY)
        await asyncio.gather(*waits)
        self._checks.equal("posts offered", len(offered), _POSTED)
        return measured

    async def _offer(self, number: int) -> list[str]:
        """New jobs, each handed over before the next, so that their order is known."""
        offered = []
        for place in range(_POSTED):
            name = f"Новый {number}{place}"
            deal = (await self._stack.sandbox.new_deals(1, name=name))[0]

            async def handed_over(deal: str = deal) -> bool:
                record = await self._stack.record(f"amocrm-{deal}")
                return record.version > 0 and not record.unsettled

            await eventually(handed_over, _PATIENCE, "the post is handed over", 0.05)
            self._expected.append(f"post {name}")
            offered.append(deal)
        return offered

    async def _press(self, worker: Json, deal: str, action: str) -> float:
        pressed = time.time()
        answers = await at_once(self._stack, [pressing(worker, self._posts[deal], action)])
        key = "press.won" if action == "claim" else "press.contact_sent"
        truth = told(self._stack.playbook, key)
        self._checks.equal(f"answer to {worker['id']}", answers[0].text, truth)
        return pressed

    def _name(self, deal: str) -> str:
        line: str = self._posts[deal]["text"].split("\n")[0]
        return line.removeprefix("🔔 ")

    async def _arrived(self, chat: int | None, name: str, since: float) -> float:
        """When a message about the deal was accepted for that chat."""
        found = list[float]()

        async def sent() -> bool:
            calls = await self._stack.sandbox.telegram_calls()
            found.extend(
                call["at"]
                for call in calls
                if call["ok"]
                and call["method"] == "sendMessage"
                and str(call["parameters"].get("chat_id")) == str(chat)
                and name in call["parameters"]["text"]
                and call["at"] > since
            )
            return bool(found)

        await eventually(sent, _PATIENCE, f"a message to {chat}", 0.1)
        return min(found)

    async def group_told(self) -> None:
        self._setting.say(NAME, "the group catches up")
        await self._stack.at_rest(_PATIENCE)

    async def _group_messages(self) -> list[Json]:
        messages: list[Json] = (await self._stack.sandbox.chats())[self.group]["messages"]
        return messages

    async def found(self, before: _Half, closed: _Half) -> Finding:
        checks, calls = self._checks, await self._stack.sandbox.telegram_calls()
        group = [c for c in calls if str(c["parameters"].get("chat_id")) == str(self.group)]
        refusals = [call["at"] for call in group if call["error_code"] == 429]
        wait = self._setting.retry_after
        checks.equal("refusals by the group", len(refusals), 1)
        for at in refusals[:1]:
            early = [c for c in group if at < c["at"] < at + wait - _EARLY]
            checks.equal("calls to the group while it was closed", len(early), 0)
        await self._order(checks)
        checks.equal("dead letters", await self._stack.dead_letters(), [])
        parts = {"private": (before.private, closed.private)}
        parts["manager"] = (before.manager, closed.manager)
        median = {name: _median_ratio(*halves) for name, halves in parts.items()}
        slowest = max(closed.private + closed.manager) / wait
        # The manager's three messages alone are too few to judge a ratio by; the slowest of all
        # is held against the group's wait below.
        together = _median_ratio(before.private + before.manager, closed.private + closed.manager)
        checks.hold(together < _MEDIAN_LIMIT, f"the median message took {together:.1f} times")
        checks.hold(slowest < _SLOWEST_SHARE, f"one took {slowest:.0%} of the group's wait")
        return Finding(
            f"the group answers 429, retry_after {wait} s; meanwhile {len(closed.private)} private "
            f"messages, {len(closed.manager)} to the manager, and as many before",
            f"by the median they took × {median['private']:.2f} (private) and "
            f"× {median['manager']:.2f} (manager) of before, the slowest {slowest:.1%} of the "
            f"group's wait; the group: {len(refusals)} call refused, none before its time, "
            f"all {len(self._expected)} messages in order",
            tuple(checks.failures),
        )

    async def _order(self, checks: Checks) -> None:
        """All of the group's messages, in the order in which they were decided."""
        found = []
        names = {self._name(deal): deal for deal in self._deals}
        for message in await self._group_messages():
            if message["message_id"] in self._known:
                continue
            text = first_text(message)
            if was_post(message):
                found.append(f"post {text.split(chr(10))[0].removeprefix('🔔 ')}")
                continue
            deal = next((deal for name, deal in names.items() if f"«{name}»" in text), "?")
            found.append(f"found {deal}")
        checks.equal("the group's messages", found, self._expected)
        edited = {one["message_id"]: one for one in await self._group_messages()}
        for deal in self._deals:
            post = edited[self._posts[deal]["message_id"]]
            checks.equal(f"deal {deal}, edits of its post", len(post["past"]), 1)


def _median_ratio(before: list[float], closed: list[float]) -> float:
    return statistics.median(closed) / statistics.median(before)
