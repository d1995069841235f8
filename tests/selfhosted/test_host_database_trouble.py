"""The host while its database does not answer, or only fails."""

import asyncio
import contextlib
import os
import selectors
import socket
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from selfhosted import extenddb
from selfhosted.database import Database, DatabaseError
from selfhosted.membership import BEAT, Membership, here
from selfhosted.signature import Credentials
from tests.polling.leaping import leaping
from tests.selfhosted.running_host import ROOT

KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "example")
NO_TABLES: dict[str, Any] = {"TableNames": []}
ANSWER = b'HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{"TableNames": []}'


class _Selector(selectors.DefaultSelector):
    """Waits 20 ms at most, by when all that comes from this box is there, and leaps the rest."""

    leapt = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0.02 if timeout else timeout)
        if not ready and timeout is not None:
            self.leapt += max(timeout, 0.0)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._hurried = _Selector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return self._hurried.leapt


def hurried(story: Coroutine[Any, Any, None]) -> None:
    """Plays a story with real connections, in which nobody waits as long as he thinks."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(story)


class Endpoint:
    """A database's port. The first connections, `silent` of them, get no answer; `asked` is what
    they had asked for when they were closed."""

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(0)
        self.address: tuple[str, int] = self._listening.getsockname()
        self.url = "http://{}:{}".format(*self.address)
        self._server: asyncio.Server | None = None
        self.silent = 0
        self.asked: list[bytes] = []

    def choke(self, stack: contextlib.ExitStack) -> None:
        """Fills the queue of connections to be accepted: the kernel drops what comes after."""
        for _ in range(8):
            caller = stack.enter_context(socket.socket())
            caller.settimeout(0.05)
            try:
                caller.connect(self.address)
            except TimeoutError:
                return
        pytest.fail("the port still takes connections")

    async def serve(self) -> None:
        self._server = await asyncio.start_server(self._answer, sock=self._listening)

    async def close(self) -> None:
        if self._server is None:
            self._listening.close()
        else:
            self._server.close()
        await asyncio.sleep(0.1)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.silent:
                self.silent -= 1
                self.asked.append(await reader.read())
                return
            with contextlib.suppress(asyncio.IncompleteReadError):
                while True:
                    await reader.readuntil(b"\r\n\r\n{}")
                    writer.write(ANSWER)
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def endpoint() -> AsyncIterator[tuple[Endpoint, Database]]:
    port = Endpoint()
    database = Database(port.url, KEYS)
    try:
        yield port, database
    finally:
        await database.close()
        await port.close()


def test_a_connection_that_nobody_accepts_is_given_up_and_tried_again() -> None:
    """As behind a filter that drops all packets: the kernel alone would try for two minutes."""

    async def play() -> None:
        async with endpoint() as (port, database):
            with contextlib.ExitStack() as callers:
                port.choke(callers)
                call = asyncio.create_task(database.call("ListTables", {}))
                await asyncio.sleep(5)
            await port.serve()
            async with asyncio.timeout(10):
                assert await call == NO_TABLES

    hurried(play())


def test_calls_that_hang_hold_up_no_later_call() -> None:
    """There are sixteen connections at most, and a hanging call has one of them."""

    async def play() -> None:
        async with endpoint() as (port, database):
            with contextlib.ExitStack() as callers:
                port.choke(callers)
                hanging = [asyncio.create_task(database.call("ListTables", {})) for _ in range(16)]
                await asyncio.sleep(5)
            await port.serve()
            async with asyncio.timeout(10):
                await database.call("ListTables", {})
            await asyncio.gather(*hanging)

    hurried(play())


def test_an_answer_that_does_not_come_is_given_up_with_its_connection() -> None:
    async def play() -> None:
        async with endpoint() as (port, database):
            port.silent = 1
            await port.serve()
            async with asyncio.timeout(15):
                assert await database.call("ListTables", {}) == NO_TABLES
            (asked,) = port.asked
            assert asked.startswith(b"POST / ")

    hurried(play())


class Refusing:
    """A database that refuses every call."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def call(self, *_: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "renewals"),
    [
        (DatabaseError("InternalServerError", "non-zero transaction depth"), 2),
        (DatabaseError("ThrottlingException", "too fast"), 0),
        (ConnectionResetError("it is started again"), 0),
    ],
)
def test_a_database_that_only_fails_is_to_be_renewed(error: Exception, renewals: int) -> None:
    async def play() -> None:
        said: list[str] = []
        asked: list[None] = []
        members = Membership(
            cast("Database", Refusing(error)),
            here(os.getpid()),
            said.append,
            lambda: asked.append(None),
        )
        beating = asyncio.create_task(members.run())
        await asyncio.sleep(2.5 * BEAT)
        beating.cancel()
        assert len(asked) == renewals
        assert said == [f"cannot reach the other hosts' records: {error}"] * 2

    leaping(play())


# Of a server that ended by itself asyncio has closed all but the mark that it is closed.
@pytest.mark.filterwarnings(
    "ignore:.*BaseSubprocessTransport:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.usefixtures("_database_program")
def test_a_renewed_database_is_another_process_at_the_same_address(tmp_path: Path) -> None:
    async def play() -> None:
        said: list[str] = []
        keys = extenddb.credentials(tmp_path)
        server = extenddb.ExtendDB(extenddb.binary((ROOT,)), tmp_path, keys, said.append)
        await server.start()
        database = Database(server.endpoint, keys)
        try:
            before = server.pid
            server.renew()
            async with asyncio.timeout(8):
                while server.pid == before:  # noqa: ASYNC110 - the server tells nobody.
                    await asyncio.sleep(0.01)
                assert await database.call("ListTables", {}) == NO_TABLES
            assert said == ["the database has ended and is started again"]
        finally:
            await database.close()
            await server.stop()

    asyncio.run(play())
