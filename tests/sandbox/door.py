"""A door of Switchboard's kind that answers as a test says, for the stand-ins to call."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.whatsapp.settings import WhatsAppSettings


@dataclass
class Seen:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


def accept(seen: Seen) -> Response:
    del seen
    return Response()


@dataclass
class Door:
    """Records every request; `answers` decides each reply (200 and nothing, if not set).

    `asked` are the queries of GETs: it gives the challenge back to those who know `verify_token`.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: Callable[[Seen], Response] = accept
    asked: list[dict[str, str]] = field(default_factory=list)
    verify_token: str = WhatsAppSettings().verify_token
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def endpoint(self, request: Request) -> Response:
        seen = Seen(request.url.path, dict(request.headers), await request.body())
        answer = self.answers(seen)
        self.seen.append(seen)
        self._arrived.set()
        return answer

    async def challenge(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        known = request.query_params.get("hub.verify_token") == self.verify_token
        challenge = request.query_params.get("hub.challenge", "")
        return Response(challenge) if known else Response(status_code=403)

    async def expect(self, number: int, seconds: float = 3) -> list[Seen]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.seen) < number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.seen


class _QuietServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    door = Door()
    app = Starlette(
        routes=[
            Route("/{path:path}", door.endpoint, methods=["POST"]),
            Route("/whatsapp/{branch}", door.challenge, methods=["GET"]),
        ]
    )
    listening = socket.create_server(("127.0.0.1", 0))
    server = _QuietServer(uvicorn.Config(app, log_level="critical"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await server.up.wait()
    door.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    yield door
    server.should_exit = True
    await task
