"""The database answers slowly: everything comes, only later."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.proofs.hosts import supervised
from tests.proofs.report import Checks, Finding
from tests.proofs.rows.kills import PATIENCE, Kills
from tests.proofs.rows.two_hosts import lone_database
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, NotInTime, Stack, playbook_copy
from tests.proofs.traces import Traces

NAME = "4 slow database"

_DELAY = 0.2
"""Seconds that every request is held back on its way to the database."""
_JOBS = 10
_CLAIMING = 16


class SlowLine:
    """A TCP proxy on loopback that holds back what goes to the database, as long as it is told."""

    def __init__(self, endpoint: str) -> None:
        address = urlsplit(endpoint)
        self._to = (address.hostname, address.port)
        self._connections: set[asyncio.Task[None]] = set()
        self.delay = 0.0
        self.address = ""

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["SlowLine"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._to)
        except OSError:
            writer.close()
            return
        # At the end of all: asyncio would call a cancelled connection an error.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(
                self._carry(reader, far_writer, slow=True),
                self._carry(far_reader, writer, slow=False),
            )

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if slow and self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


async def prove(setting: Setting, folder: Path) -> Finding:
    playbook = playbook_copy(telegram=RAISED, crm_rate=50)
    async with contextlib.AsyncExitStack() as closing:
        await closing.enter_async_context(setting.alone)
        endpoint, key = await closing.enter_async_context(lone_database(folder))
        line = await closing.enter_async_context(SlowLine(endpoint).open())
        _, stack = await closing.enter_async_context(
            supervised(folder, playbook, "--database", line.address, secrets=key)
        )
        row = _Slow(line, stack, setting)
        await row.prepare()
        await row.first_claimed()
        await row.live()
        line.delay = _DELAY
        await row.live()
        line.delay = 0.0
        await row.swept()
        return await row.found()


class _Slow(Kills):
    name = NAME

    def __init__(self, line: SlowLine, stack: Stack, setting: Setting) -> None:
        super().__init__(stack, setting)
        self._line = line
        self._seconds: list[list[float]] = []

    async def first_claimed(self) -> None:
        self._posts |= await self._stack.sandbox.posts(self._group)
        await self._claim(self._deals[0], asyncio.Semaphore())

    async def live(self) -> None:
        """Deals one after another: each is offered, asked about and claimed before the next."""
        claiming, taken = asyncio.Semaphore(_CLAIMING), []
        sandbox = self._stack.sandbox
        for _ in range(_JOBS):
            began = time.monotonic()
            name = f"Медленный {len(self._deals):04d}"
            (deal,) = await sandbox.new_deals(1, name=name)
            self._deals.append(deal)
            while deal not in self._posts:
                if time.monotonic() > began + PATIENCE:
                    raise NotInTime(f"deal {deal} is not posted")
                await asyncio.sleep(0.05)
                self._posts |= await sandbox.posts(self._group)
            taken.append(time.monotonic() - began)
            self._say("offered and claimed")
            await self._claim(deal, claiming)
        self._seconds.append(taken)
        await self.over()

    async def _finding(self, checks: Checks, seen: Traces) -> Finding:
        quick, slow = (statistics.median(taken) for taken in self._seconds)
        doubled = sum(seen.doubled(kind) for kind in ("post", "notice", "note", "task", "manager"))
        lost = sum(not seen[deal]["post"] for deal in self._deals)
        checks.hold(slow > quick, "the delay was not felt: nothing is proved")
        checks.equal("doubled", doubled, 0)
        return Finding(
            f"{2 * _JOBS} jobs; every call of the database {_DELAY * 1000:.0f} ms later for half",
            f"lost {lost}; doubled {doubled}; from deal to post: median {quick:.2f} s before, "
            f"{slow:.2f} s with the delay ({slow / quick:.1f} times)",
            tuple(checks.failures),
        )
