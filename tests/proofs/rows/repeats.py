"""Row 2: every webhook three times, shuffled; the world ends as if each had come once."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from switchboard.flows.claim.job import Job
from switchboard.flows.claim.table import State
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, Stack, eventually, playbook_copy, running

NAME = "2 webhooks thrice"

_TIMES = 3
_DEADLINE = 1_900_000_000
_STARTERS = 5
_STRANGER = 910000002
"""A worker of the sandbox who has never pressed Start."""
_PATIENCE = 60.0


async def prove(setting: Setting, folder: Path) -> Finding:
    async with setting.alone:
        once, thrice = await asyncio.gather(
            _played(setting, folder / "once", times=1),
            _played(setting, folder / "thrice", times=_TIMES),
        )
    checks = Checks()
    for part in once.state:
        _compare(checks, part, once.state[part], thrice.state[part])
    checks.equal("dead letters", once.dead + thrice.dead, [])
    checks.hold(thrice.webhooks >= _TIMES * once.webhooks * 0.9, "too few webhooks were repeated")
    compared = sum(len(part) for part in once.state.values())
    return Finding(
        f"{setting.deals} deals through their stages: {once.webhooks} webhooks once, then "
        f"{thrice.webhooks} ({_TIMES} of each, in any order, seed {setting.seed})",
        f"{compared} jobs, deals and chats compared, {len(checks.failures)} differ",
        tuple(checks.failures),
    )


def _compare(checks: Checks, part: str, once: dict[str, Any], thrice: dict[str, Any]) -> None:
    for name in sorted(once.keys() | thrice.keys()):
        checks.equal(f"{part} {name}, thrice", thrice.get(name), once.get(name))


@dataclass(frozen=True)
class _Played:
    """`state`: part of the world → name → what stands there, free of ids and times."""

    state: dict[str, dict[str, Any]]
    webhooks: int
    dead: list[str]


async def _played(setting: Setting, folder: Path, *, times: int) -> _Played:
    said = "each once" if times == 1 else f"each {times} times"
    async with running(folder, playbook_copy(telegram=RAISED, crm_rate=50)) as stack:
        sandbox = stack.sandbox
        await sandbox.free_of_limits()
        if times > 1:
            mischief = {"repeat": times, "spread": setting.spread, "seed": setting.seed}
            await sandbox.call("PUT", "/amocrm/hooks", **mischief)
            await sandbox.call("PUT", "/telegram/deliveries", **mischief)
        story = _Story(stack, lambda what: setting.say(NAME, f"{said}, {what}"))
        await story.play(setting.deals)
        hooks = (await sandbox.call("GET", "/amocrm/hooks"))["hooks"]
        updates = (await sandbox.call("GET", "/telegram/updates"))["updates"]
        return _Played(await _state(stack), len(hooks) + len(updates), await stack.dead_letters())


class _Story:
    """Five kinds of deals, each with another fate. Every stage is waited for, its repeats not."""

    def __init__(self, stack: Stack, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._sandbox = stack.sandbox
        self._say = say
        self._group = stack.playbook.dispatching.workers_chat

    async def play(self, count: int) -> None:
        self._say("deals are created")
        workers = [user["id"] for user in await self._sandbox.workers(12)]
        deals = await self._sandbox.new_deals(count, "new", name="Повтор")
        done, lost, again, edited, withdrawn = (deals[fate::5] for fate in range(5))
        for deal in deals:
            await self._edit(deal, deadline=_DEADLINE)
        for user in workers[:_STARTERS]:
            await self._sandbox.call("POST", "/start", user_id=user)
        self._say("deals are offered")
        await self._move(deals, "search", State.OFFERED)
        await self._press(edited + withdrawn, workers[5:7], "номер")
        # He is led to his private chat by a link in the group.
        await self._press(edited[:1], [_STRANGER], "номер")
        await self._follow_link()
        self._say("deals are changed and taken back")
        for deal in edited:
            await self._edit(deal, pay=7777)
        await self._move(withdrawn, "lost", State.WITHDRAWN)
        await self._move(again, "new", State.WITHDRAWN)
        await self._move(again, "search", State.OFFERED)
        await self._updated(edited)
        self._say("jobs are claimed")
        claimed = done + lost + again + edited
        await self._claim(claimed, workers)
        self._say("deals are closed")
        await self._move(done, "done", State.DONE)
        await self._move(lost, "lost", State.WITHDRAWN)
        self._say("waiting for what follows")
        await self._stack.settled(_PATIENCE)

    async def _edit(self, deal: str, **fields: Any) -> None:
        await self._sandbox.call("PATCH", f"/deals/{deal}", fields=fields)

    async def _move(self, deals: list[str], stage: str, state: State) -> None:
        offers = {deal: job.offer for deal, job in (await self._stack.jobs()).items()}
        await self._sandbox.call("POST", "/deals/move", ids=list(map(int, deals)), stage=stage)

        def there(deal: str, job: Job | None) -> bool:
            fresh = state is not State.OFFERED or (job and job.offer > offers.get(deal, 0))
            return bool(job and job.state is state and fresh)

        await self._until(deals, there, f"deals in {stage}")
        await self._stack.queues_empty(_PATIENCE)

    async def _updated(self, deals: list[str]) -> None:
        await self._until(deals, lambda _, job: bool(job and job.revision > 0), "posts updated")

    async def _claim(self, deals: list[str], workers: list[int]) -> None:
        """One worker a job, so that who wins is no matter of chance."""
        pairs = [(deal, workers[number % len(workers)]) for number, deal in enumerate(deals)]
        await self._press_all(pairs, "Забрать")
        await self._until(
            deals, lambda _, job: bool(job and job.state is State.CLAIMED), "jobs claimed"
        )

    async def _press(self, deals: list[str], users: list[int], button: str) -> None:
        await self._press_all([(deal, user) for deal in deals for user in users], button)

    async def _press_all(self, pairs: list[tuple[str, int]], button: str) -> None:
        """Every worker has his answer, and what follows from it is done; late copies still come."""
        await self._posted([deal for deal, _ in pairs])
        posts = await self._sandbox.posts(self._group)
        presses = [
            self._sandbox.call(
                "POST",
                "/press",
                user_id=user,
                chat_id=self._group,
                message_id=posts[deal]["message_id"],
                button=button,
                wait=_PATIENCE / 2,
            )
            for deal, user in pairs
        ]
        await asyncio.gather(*presses)
        await self._stack.queues_empty(_PATIENCE)

    async def _follow_link(self) -> None:
        buttons = [
            button
            for message in (await self._sandbox.chats())[self._group]["messages"]
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
        ]
        payload = next(one["url"].partition("start=")[2] for one in buttons if "url" in one)
        await self._sandbox.call("POST", "/start", user_id=_STRANGER, payload=payload)

    async def _posted(self, deals: list[str]) -> None:
        async def posted() -> bool:
            return set(deals) <= set(await self._sandbox.posts(self._group))

        await eventually(posted, _PATIENCE, "jobs posted")

    async def _until(
        self, deals: list[str], there: Callable[[str, Job | None], bool], what: str
    ) -> None:
        async def all_there() -> bool:
            jobs = await self._stack.jobs()
            return all(there(deal, jobs.get(deal)) for deal in deals)

        await eventually(all_there, _PATIENCE, what)


async def _state(stack: Stack) -> dict[str, dict[str, Any]]:
    """Jobs, deals and chats by name; numbers of deals are replaced by their names."""
    deals = await stack.sandbox.deals()
    names = {number: deal["name"] for number, deal in deals.items()}
    jobs = {
        names[deal]: (job.state, job.offer, job.revision, job.worker and job.worker.id, job.facts)
        for deal, job in (await stack.jobs()).items()
    }
    return {
        "job": jobs,
        "deal": {names[number]: _deal(deal) for number, deal in deals.items()},
        "chat": {
            str(number): _chat(chat, names)
            for number, chat in (await stack.sandbox.chats()).items()
        },
    }


def _deal(deal: Json) -> Json:
    kept = ("stage", "responsible", "fields")
    # Which offer it was stands in a note's mark, which comes from the deal's number.
    texts = {part: sorted(_unmarked(text) for text in deal[part]) for part in ("notes", "tasks")}
    changes = Counter(change["what"] for change in deal["history"] if not _is_text(change["what"]))
    fields = {key: value for key, value in deal["fields"].items() if key != "deadline"}
    return {name: deal[name] for name in kept} | texts | {"fields": fields, "changes": changes}


def _is_text(what: str) -> bool:
    return what.startswith(("примечание", "задача", "Срок"))


def _unmarked(text: str) -> str:
    return re.sub(r" · #[a-z2-7]{8}$", "", text)


def _chat(chat: Json, names: dict[str, str]) -> Counter[str]:
    """Every message with all that it ever said, however often.

    The sandbox's port and a link's signature, made of its deal's number, are not the same twice.
    """

    def told(text: str) -> str:
        plain = re.sub(r"http://[^/\s]+|-[A-Z2-7]{16}$", "…", text)
        return re.sub(r"\d{6,}", lambda found: names.get(found[0], found[0]), plain)

    return Counter(
        " → ".join([*(told(one["text"]) for one in message["past"]), told(message.get("text", ""))])
        for message in chat["messages"]
    )
