"""The smallest HTTP/1.1 server that the local services need.

One parser per connection, keep-alive, and every answer written in ONE call: a second write would
wait for the client's delayed acknowledgement, 40 ms. Public traffic does not come here: the
gateway stands behind a full ASGI server.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, cast

import httptools

# Lambda's and SQS's own limits are 6 MB and 1 MB; base64 and JSON make more of it.
BODY_LIMIT: Final = 8 * 1024 * 1024

STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query as sent; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=())


def serialized(status: int, body: bytes, headers: bytes = b"") -> bytes:
    """A whole answer; `headers` are complete lines."""
    return b"%bcontent-length: %d\r\n%b\r\n%b" % (STATUS_LINES[status], len(body), headers, body)


class Connection(asyncio.Protocol):
    """Parses requests and hands each, complete, to `received`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self.transport: asyncio.Transport | None = None

    def received(self, method: bytes, target: bytes, headers: dict[str, str], body: bytes) -> None:
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it.

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.transport = None

    def write(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(400)

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers = {}
        self._body = []
        self._size = 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower().decode("latin-1")] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > BODY_LIMIT:
            self._refuse(413)
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self.received(self._parser.get_method(), self._target, self._headers, body)

    def _refuse(self, status: int) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(serialized(status, b"", b"connection: close\r\n"))
            self.transport.close()


Handler = Callable[[Request], Awaitable[Response]]


class ServiceConnection(Connection):
    """Answers each request by `handler`, in the order in which they came."""

    def __init__(self, handler: Handler, running: set[asyncio.Task[None]]) -> None:
        super().__init__()
        self._handler = handler
        self._running = running
        self._last: asyncio.Task[None] | None = None

    def received(self, method: bytes, target: bytes, headers: dict[str, str], body: bytes) -> None:
        request = Request(method.decode(), target.decode("latin-1"), headers, body)
        task = asyncio.get_running_loop().create_task(self._answer(request, self._last))
        self._last = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, request: Request, previous: asyncio.Task[None] | None) -> None:
        if previous is not None and not previous.done():
            await asyncio.wait([previous])
        response = await self._handler(request)
        lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        self.write(serialized(response.status, response.body, lines.encode("latin-1")))
