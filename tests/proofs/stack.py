"""Everything started as a user starts it: `switchboard up --sandbox`, in a folder of its own."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from cli.connection import Connection
from selfhosted import connection as host
from selfhosted.children import dies_with
from switchboard.domain.events import Envelope, Settle
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import Job, standing
from switchboard.playbook.model import Playbook
from switchboard.runtime.queues import Inbox
from switchboard.store.deliveries import Deliveries
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal
from switchboard.store.record import Record
from tests.proofs.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
BRANCH = "demo"
_START_LIMIT = 60.0
_STOP_LIMIT = 20.0

RAISED = {"per_second": 1000, "per_chat_per_second": 30, "per_group_per_minute": 600}
"""The playbook's widest limits, for rows that are not about them."""


def playbook_copy(*, telegram: Mapping[str, Any] | None = None, crm_rate: int = 7) -> Playbook:
    """The demo's playbook with other limits."""
    said = yaml.safe_load((ROOT / "playbooks/demo.yaml").read_text(encoding="utf-8"))
    if telegram is not None:
        said["telegram"]["limits"] = dict(telegram)
    said["crm"]["requests_per_second"] = crm_rate
    return Playbook.model_validate(said)


class NotInTime(AssertionError):
    """What was waited for has not happened."""


async def eventually(
    read: Callable[[], Any], seconds: float, what: str, pause: float = 0.25
) -> None:
    """Waits until `read`, which may be a coroutine function, gives something true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = read()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if loop.time() > deadline:
            raise NotInTime(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(pause)


def _twice(look: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    """A message leaves one queue a moment before what follows from it enters the next."""
    seen = 0

    async def looked() -> bool:
        nonlocal seen
        seen = seen + 1 if await look() else 0
        return seen == 2

    return looked


class Stack:
    """A running host with its sandbox, and the tables behind them."""

    def __init__(self, data: Path, playbook: Playbook, doors: str, sandbox: Sandbox) -> None:
        self.data = data
        self.playbook = playbook
        self.doors = doors
        self.sandbox = sandbox

    @property
    def branch(self) -> str:
        return self.playbook.branch

    @property
    def telegram_door(self) -> str:
        return f"{self.doors}/telegram/{self.branch}"

    def found_anew(self) -> None:
        """The host was started again: its services have moved."""
        for name in ("connection", "_jobs"):
            self.__dict__.pop(name, None)

    @cached_property
    def connection(self) -> Connection:
        return Connection(self.data)

    @cached_property
    def _jobs(self) -> Jobs:
        return Jobs(self.connection.database(), self.connection.name("JOBS_TABLE"))

    async def jobs(self) -> dict[str, Job]:
        """Every job as it stands, by its deal's number."""
        found = await asyncio.to_thread(lambda: list(self._jobs.of_branch(self.branch)))
        return {job.deal: standing(job, holder) for job, holder in found}

    async def record(self, job: str) -> Record[Job]:
        return await asyncio.to_thread(self._jobs.load, self.branch, job)

    async def unsettled(self) -> list[str]:
        """Jobs in which something waits to be stepped, handed over or cleared."""
        jobs = [job.id for job in (await self.jobs()).values()]
        return [job for job in jobs if (await self.record(job)).unsettled]

    async def journal(self, job: str) -> list[Entry]:
        journal = Journal(self.connection.database(), self.connection.name("JOURNAL_TABLE"))
        return await asyncio.to_thread(journal.of, self.branch, job)

    async def dead_letters(self) -> list[str]:
        """The reasons of all of them."""
        database, table = self.connection.database(), self.connection.name("DELIVERIES_TABLE")
        letters = await asyncio.to_thread(
            lambda: list(Deliveries(database, table).dead(self.branch))
        )
        return [f"{letter.id}: {letter.reason}" for letter in letters]

    async def taken_up_again(self) -> int:
        """Effects that more than one attempt was made of."""
        request = {
            "TableName": self.connection.name("DELIVERIES_TABLE"),
            "FilterExpression": "attempts > :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return await asyncio.to_thread(lambda: len(list(self.connection.database().scan(request))))

    async def queued(self) -> int:
        """Messages of the inbox and the outbound queue, wherever they are."""
        return await asyncio.to_thread(self._queued)

    def _queued(self) -> int:
        kinds = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        sqs = self.connection.client("sqs")
        count = 0
        for name in ("INBOX_QUEUE_URL", "OUTBOUND_QUEUE_URL"):
            url = self.connection.name(name)
            said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
            count += sum(int(said[kind]) for kind in kinds)
        return count

    async def queues_empty(self, seconds: float) -> None:
        """Waits until the inbox and the outbound queue are empty, seen twice in a row."""
        await eventually(_twice(self._idle), seconds, "the queues are empty", 0.1)

    async def at_rest(self, seconds: float) -> None:
        """Waits until queues and providers have nothing on its way, seen twice in a row."""

        async def idle() -> bool:
            return await self._idle() and await self.sandbox.undelivered() == 0

        await eventually(_twice(idle), seconds, "everything is at rest")

    async def _idle(self) -> bool:
        return await self.queued() == 0

    async def settled(self, seconds: float) -> None:
        """At rest, with every press stepped and in the journal.

        Presses that lose may stand in their job's item until the sweeper comes, a minute later. To
        spare that minute its message is sent here.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        await self.at_rest(seconds)
        while left := await self.unsettled():
            if loop.time() > deadline:
                raise NotInTime(f"not within {seconds:.0f} s: {', '.join(left)} settled")
            await asyncio.to_thread(self._sweep, left)
            await self.at_rest(seconds)

    def _sweep(self, jobs: list[str]) -> None:
        inbox = Inbox(self.connection.client("sqs"), self.connection.name("INBOX_QUEUE_URL"))
        for job in jobs:
            envelope = Envelope(branch=self.branch, trace="proof", event=Settle(job=job))
            inbox.put(envelope, once=str(uuid4()))

    def function_pids(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = host.state(self.data)["functions"]
        return found


@contextlib.asynccontextmanager
async def running(folder: Path, playbook: Playbook) -> AsyncIterator[Stack]:
    """A stack of its own, from its start to its end, whatever happens in between.

    A folder that was used before is taken up again; the sandbox begins anew.
    """
    playbooks, data = folder / "playbooks", folder / "data"
    playbooks.mkdir(parents=True, exist_ok=True)
    # What is JSON is YAML too.
    (playbooks / f"{playbook.branch}.yaml").write_text(
        playbook.model_dump_json(exclude_none=True), encoding="utf-8"
    )
    log = folder / "up.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from cli.main import app; app()",
            *("up", "--playbooks", str(playbooks), "--data", str(data)),
            *("--port", "0", "--sandbox", "--sandbox-port", "0"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/core'}"},
            start_new_session=True,
            preexec_fn=dies_with(os.getpid()),
        )
    try:
        doors = await _ready(process, log)
        page = re.search(r"open (http://\S+)", _read(log))
        assert page is not None, "the sandbox has named no page"
        async with httpx.AsyncClient(
            base_url=page[1], timeout=60, headers={"Content-Type": "application/json"}
        ) as client:
            yield Stack(data, playbook, doors, Sandbox(client))
    finally:
        await _ended(process)


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8")


async def _ready(process: asyncio.subprocess.Process, log: Path) -> str:
    assert process.stdout is not None
    line = b""
    with contextlib.suppress(TimeoutError):
        line = await asyncio.wait_for(process.stdout.readline(), _START_LIMIT)
    if not line.startswith(b"ready "):
        raise NotInTime(f"`switchboard up` was not ready: {_read(log)[-2000:]}")
    return line.decode().split()[1]


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_LIMIT)
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
