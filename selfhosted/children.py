"""Child processes that never outlive the host, not even when it is killed with SIGKILL."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

Output = Callable[[bytes], None]


def dies_with(parent: int) -> Callable[[], None]:
    """What a fresh child runs before its program: the kernel kills it when `parent` ends.

    prctl(2): the signal comes when the parent *thread* ends, so children must be started from the
    thread that runs the host's loop.
    """

    def arrange() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


class Child(asyncio.SubprocessProtocol):
    """A running program. `on_output` gets whole chunks of lines, `on_exit` its end."""

    def __init__(self, on_output: Output, on_exit: Callable[[], None]) -> None:
        self._on_output = on_output
        self._on_exit = on_exit
        self._rest = b""
        self._transport: asyncio.SubprocessTransport | None = None
        self.pid = 0
        self.ended = asyncio.get_running_loop().create_future()

    @property
    def alive(self) -> bool:
        return not self.ended.done()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.pid = transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        text = self._rest + data
        end = text.rfind(b"\n") + 1
        self._rest = text[end:]
        if end:
            self._on_output(text[:end])

    def process_exited(self) -> None:
        if self._rest:
            self._on_output(self._rest + b"\n")
            self._rest = b""
        if self.alive:
            self.ended.set_result(None)
            self._on_exit()

    def send(self, number: signal.Signals) -> None:
        if self.alive and self._transport is not None:
            try:
                self._transport.send_signal(number)
            except ProcessLookupError:
                return

    async def stop(self, patience: float) -> None:
        """Asks it to end, and after `patience` seconds makes it end."""
        self.send(signal.SIGTERM)
        done, _ = await asyncio.wait([self.ended], timeout=patience)
        if not done:
            self.send(signal.SIGKILL)
            await asyncio.wait([self.ended], timeout=2)
        if self._transport is not None:
            self._transport.close()


async def start(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    on_output: Output,
    on_exit: Callable[[], None],
) -> Child:
    """Starts `command` in a session of its own, so that Ctrl-C in a terminal reaches us alone."""
    _, child = await asyncio.get_running_loop().subprocess_exec(
        lambda: Child(on_output, on_exit),
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
        preexec_fn=dies_with(os.getpid()),
    )
    return child
