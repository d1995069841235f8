"""Which bots are polled for: those of the live playbooks, as they are published and changed."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, NoReturn

from cli.polling.bot_api import Bot
from cli.polling.trouble import Log
from switchboard.domain.errors import Misconfigured
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime.secrets import Secrets

_EVERY = 5.0
"""Seconds between two looks; the playbooks themselves are read anew every 15 s."""


class Polled(NamedTuple):
    """All that a bridge is made of: when any of it changes, another bridge is needed."""

    branch: str
    bot: Bot
    secret: str

    def __repr__(self) -> str:
        return f"Polled({self.branch})"


class Branches:
    """`mine` says whether this host may poll for a branch, which only one host does at a time."""

    def __init__(
        self,
        store: PlaybookStore,
        secrets: Secrets,
        mine: Callable[[str], bool],
        log: Log,
    ) -> None:
        self._store = store
        self._playbooks = LivePlaybooks(store)
        self._secrets = secrets
        self._mine = mine
        self._log = log
        self._told: set[str] = set()

    def polled(self) -> list[Polled]:
        """What is to be polled for now. Raises whatever the database does."""
        return [one for branch in self._store.branches() for one in self._polled(branch)]

    def _polled(self, branch: str) -> list[Polled]:
        snapshot = self._playbooks.get(branch)
        if snapshot is None or snapshot.playbook.telegram.mode != "polling":
            return []
        if not self._mine(branch):
            self._tell(branch, "another host polls for this branch")
            return []
        telegram = snapshot.playbook.telegram
        try:
            proxy = self._secrets(telegram.proxy) if telegram.proxy else None
            bot = Bot(self._secrets(telegram.token), telegram.base_url, proxy)
            secret = self._secrets(telegram.webhook_secrets[0])
        except Misconfigured as wrong:
            self._tell(branch, wrong.reason)
            return []
        self._told = {line for line in self._told if not line.startswith(f"{branch}:")}
        return [Polled(branch, bot, secret)]

    def _tell(self, branch: str, reason: str) -> None:
        line = f"{branch}: {reason}"
        if line not in self._told:
            self._told.add(line)
            self._log.warning(reason, branch=branch)


async def follow(
    polled: Callable[[], list[Polled]],
    bridge: Callable[[Polled], Coroutine[Any, Any, None]],
    log: Log,
    every: float = _EVERY,
) -> NoReturn:
    """Runs a bridge for each of `polled`, and another one where something has changed."""
    running: dict[Polled, asyncio.Task[None]] = {}
    try:
        while True:
            try:
                wanted = await asyncio.to_thread(polled)
            except Exception as fault:  # What runs goes on: the playbooks change rarely.
                log.warning("the playbooks cannot be read", reason=type(fault).__name__)
                wanted = list(running)
            for one, task in list(running.items()):
                if task.done() or one not in wanted:
                    await _ended(one, task, log)
                    del running[one]
            for one in wanted:
                if one not in running:
                    log.info("polling begins", branch=one.branch)
                    running[one] = asyncio.create_task(bridge(one))
            await asyncio.sleep(every)
    finally:
        for one, task in running.items():
            await _ended(one, task, log)


async def _ended(one: Polled, task: asyncio.Task[None], log: Log) -> None:
    task.cancel()
    (result,) = await asyncio.gather(task, return_exceptions=True)
    failed = isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError)
    if failed:
        log.warning("polling failed", branch=one.branch, fault=type(result).__name__)
    else:
        log.info("polling ends", branch=one.branch)
