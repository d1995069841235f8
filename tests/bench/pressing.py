"""Many presses at once over kept-alive connections, with as little work of our own as possible:
requests are bytes before the clock starts, answers are looked at after it has stopped."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast
from urllib.parse import urlsplit

_LENGTH = b"content-length: "
_LIMIT = 60.0


class Load(NamedTuple):
    answers: list[bytes]
    seconds: float
    cpu_share: float
    """Our own CPU time, as a share of all that the machine has."""


class _Caller(asyncio.Protocol):
    """One connection: sends a request, waits for its answer, sends the next one."""

    def __init__(self, requests: Iterator[bytes], answers: list[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the door closed a connection"))

    def next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        start = self._received.index(_LENGTH) + len(_LENGTH)
        length = int(self._received[start : self._received.index(b"\r", start)])
        if len(self._received) >= head + 4 + length:
            self._answers.append(self._received)
            self._received = b""
            self.next()


async def storm(url: str, requests: Sequence[bytes], connections: int) -> Load:
    """Sends every request once, with as many under way as there are connections."""
    host, _, port = urlsplit(url).netloc.partition(":")
    answers: list[bytes] = []
    waiting = iter(requests)
    loop = asyncio.get_running_loop()
    callers: list[_Caller] = []
    for _ in range(connections):
        _, caller = await loop.create_connection(lambda: _Caller(waiting, answers), host, int(port))
        callers.append(caller)
    began, cpu = time.monotonic(), time.process_time()
    for caller in callers:
        caller.next()
    async with asyncio.timeout(_LIMIT):
        await asyncio.gather(*(caller.done for caller in callers))
    seconds, spent = time.monotonic() - began, time.process_time() - cpu
    return Load(answers, seconds, spent / seconds / (os.cpu_count() or 1))
