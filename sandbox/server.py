"""Runs the sandbox: in the foreground, or inside another program's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from types import FrameType

import uvicorn

from sandbox.app import create
from sandbox.settings import SandboxSettings
from sandbox.world import World

GRACE_SECONDS = 3


class SandboxServer(uvicorn.Server):
    """uvicorn that ends streams and long polls first, so that stopping does not wait for them."""

    def __init__(self, settings: SandboxSettings, port: int, *, signals: bool) -> None:
        app = create(settings)
        self.world: World = app.state.world
        self._signals = signals
        self._up = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=port,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=75,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def up_or_failed(self, serving: asyncio.Task[None]) -> None:
        """Return when requests are answered; raise when the server ended instead."""
        waiting = asyncio.create_task(self._up.wait())
        await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serving.done():
            serving.result()
            raise OSError("the sandbox did not start")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.world.hang_up()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self._signals:
            yield
            return
        with super().capture_signals():
            yield


class Running:
    """A sandbox in this event loop. `url` has no slash at its end."""

    def __init__(self, server: SandboxServer, task: asyncio.Task[None], url: str) -> None:
        self._server = server
        self._task = task
        self.url = url
        self.world = server.world

    async def stop(self) -> None:
        self.world.hang_up()
        self._server.should_exit = True
        await self._task


async def start(settings: SandboxSettings, port: int = 0) -> Running:
    """Serve on 127.0.0.1; port 0 takes a free one. Raises OSError when the port is taken."""
    server = SandboxServer(settings, port, signals=False)
    listening = _listen(port)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await server.up_or_failed(task)
    return Running(server, task, f"http://127.0.0.1:{listening.getsockname()[1]}")


def serve(settings: SandboxSettings, port: int) -> None:
    """Serve until SIGTERM or SIGINT; prints one line when ready."""
    asyncio.run(_serve(SandboxServer(settings, port, signals=True), _listen(port)))


async def _serve(server: SandboxServer, listening: socket.socket) -> None:
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await server.up_or_failed(task)
    print(f"sandbox ready http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await task


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.close()
        raise
    listening.listen(2048)
    return listening
