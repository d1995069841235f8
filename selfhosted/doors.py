"""The ASGI server in front of the gateway: uvicorn, inside the host's own loop."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from selfhosted.errors import HostError
from selfhosted.gateway import Gateway

GRACE: Final = 4
BACKLOG: Final = 4096


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The host has its own."""
        yield


def bind(address: str, port: int) -> socket.socket:
    """The socket of the public doors. Raises HostError with exit code 2 when it is taken."""
    try:
        return socket.create_server((address, port), backlog=BACKLOG)
    except OSError as error:
        raise HostError(
            f"cannot open port {port}: {os.strerror(error.errno or 0)}", exit_code=2
        ) from error


class Doors:
    def __init__(self, gateway: Gateway, listening: socket.socket) -> None:
        self._server = _Server(
            uvicorn.Config(
                gateway,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._socket = listening
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._server.serve(sockets=[self._socket])
        )
        while not self._server.started and not self._task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # uvicorn tells of its start in a flag alone.

    async def close(self) -> None:
        """Lets requests in hand be answered, for GRACE seconds at most."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task], timeout=GRACE + 1)
