"""Two hosts on one database share the work; one of them is killed in the middle."""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from selfhosted import extenddb
from switchboard.playbook.model import Playbook
from tests.proofs.hosts import SupervisedHost, beside_sandbox, free_port
from tests.proofs.report import Checks, Finding
from tests.proofs.rows.kills import PATIENCE, Kills
from tests.proofs.sandbox import Sandbox
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, ROOT, Stack, eventually, playbook_copy
from tests.proofs.traces import Traces

NAME = "2 two hosts"


@contextlib.asynccontextmanager
async def lone_database(folder: Path) -> AsyncIterator[tuple[str, Mapping[str, str]]]:
    """ExtendDB by itself: its address, and the variables of its key."""
    data = folder / "database"
    data.mkdir(parents=True)
    keys = extenddb.credentials(data)
    server = extenddb.ExtendDB(extenddb.binary((ROOT,)), data, keys, lambda _: None)
    await server.start()
    try:
        yield (
            server.endpoint,
            {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key},
        )
    finally:
        await server.stop()


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = playbook_copy(telegram=RAISED, crm_rate=50)
    port = free_port()
    async with contextlib.AsyncExitStack() as closing:
        await closing.enter_async_context(setting.alone)
        endpoint, key = await closing.enter_async_context(lone_database(folder))
        led, sandbox = await closing.enter_async_context(beside_sandbox(folder, playbook, port))
        hosts = [
            SupervisedHost(folder, name, at, "--database", endpoint, secrets=key)
            for name, at in (("first", port), ("second", free_port()))
        ]
        for host in hosts:
            closing.push_async_callback(host.stop)
            await host.start()
        row = _Two(_BothDoors(hosts, led, sandbox), setting)
        await row.prepare()
        async with asyncio.TaskGroup() as group:
            group.create_task(row.kill())
            group.create_task(row.live())
        await row.swept()
        return await row.found()


_NOTICED = 3.0
"""Seconds after which the balancer gives a dead host nothing more."""


class _BothDoors(Stack):
    """Presses come to both hosts in turns, as a balancer gives them out."""

    def __init__(
        self, hosts: Sequence[SupervisedHost], playbook: Playbook, sandbox: Sandbox
    ) -> None:
        super().__init__(hosts[0].data, playbook, hosts[0].doors, sandbox)
        self.hosts = hosts
        self._turns = itertools.count()
        self._died: dict[SupervisedHost, float] = {}

    @property
    def doors(self) -> str:
        given = [one for one in self.hosts if not self._is_out(one)]
        return given[next(self._turns) % len(given)].doors

    @doors.setter
    def doors(self, _: str) -> None:
        """Said by the hosts."""

    def kill(self, host: SupervisedHost) -> None:
        """For good. What was on its way is lost, and what comes at once finds nobody there."""
        host.kill(for_good=True)
        self._died[host] = time.monotonic()

    def _is_out(self, host: SupervisedHost) -> bool:
        return host in self._died and time.monotonic() - self._died[host] > _NOTICED


class _Two(Kills):
    name = NAME

    def __init__(self, stack: _BothDoors, setting: Setting) -> None:
        super().__init__(stack, setting)
        self._both = stack

    async def kill(self) -> None:
        """The second one, for good, when the work is half done."""
        half = self._setting.jobs / 2
        await eventually(lambda: len(self._answers) >= half, PATIENCE, "half is claimed", 0.05)
        _, second = self._both.hosts
        self._both.kill(second)

    async def _finding(self, checks: Checks, seen: Traces) -> Finding:
        parts = [_lines(host.data) for host in self._both.hosts]
        for name, part in zip(("first", "second"), parts, strict=True):
            checks.hold(part > 0, f"the {name} host has done nothing")
        residual = seen.doubled("notice") + seen.doubled("manager")
        return Finding(
            f"{len(self._deals)} jobs, two hosts on one database; the second got SIGKILL half way",
            f"{seen.total('post')} posts, {seen.doubled('post')} twice; {seen.total('note')} "
            f"notes, {seen.total('task')} tasks; residual notices {residual}; effects carried out: "
            f"{parts[0]} by the first host, {parts[1]} by the second",
            tuple(checks.failures),
        )


def _lines(data: Path) -> int:
    """Lines about effects in a host's log."""
    log = data / "logs" / "functions.log"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return sum('"effect"' in line for line in text.split(os.linesep))
