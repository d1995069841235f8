"""Hosts without a sandbox of their own, run as systemd runs them: ended, they are started again."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from cli.sandbox_process import DEMO_SECRETS, SandboxProcess
from cli.stand_ins import with_sandbox
from selfhosted.children import dies_with
from switchboard.playbook.model import Playbook
from tests.proofs.sandbox import Sandbox
from tests.proofs.stack import BRANCH, ROOT, NotInTime, Stack

START_LIMIT = 60.0
_STOP_LIMIT = 20.0
_RESTART_SECONDS = 0.1
"""systemd's own RestartSec."""
_LOOK = 0.02


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(folder: Path, data: Path, port: int, *more: str) -> list[str]:
    playbooks = folder / "playbooks"
    up = ("up", "--playbooks", str(playbooks), "--data", str(data), "--port", str(port))
    return [sys.executable, "-c", "from cli.main import app; app()", *up, *more]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    path = f"{ROOT}{os.pathsep}{ROOT / 'layers/core'}"
    return {**os.environ, **DEMO_SECRETS, "PYTHONPATH": path, **(more or {})}


class SupervisedHost:
    """One `switchboard up` with its folder and its port, over all its lives.

    `through` are the words of a command that runs the host; where it gives it mounts of its own,
    `inside` says that the data folder is to be seen as the host sees it.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        port: int,
        *more: str,
        secrets: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        inside: bool = False,
    ) -> None:
        self._data = folder / name
        self._inside = inside
        self.doors = f"http://127.0.0.1:{port}"
        self._log = folder / f"{name}.log"
        self._command = [*through, *command(folder, self._data, port, *more)]
        self._environment = environment(secrets)
        self._process: asyncio.subprocess.Process | None = None
        self._supervision: asyncio.Task[None] | None = None

    @property
    def data(self) -> Path:
        if not self._inside:
            return self._data
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/root{self._data}")

    async def start(self) -> float:
        """The seconds that it took until the doors answered."""
        began = time.monotonic()
        await self._spawn()
        self._supervision = asyncio.create_task(self._supervise())
        await self.answers()
        return time.monotonic() - began

    async def stop(self) -> None:
        """SIGTERM, and no further life."""
        if self._supervision is not None:
            self._supervision.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()

    def kill(self, *, for_good: bool = False) -> bool:
        """SIGKILL; False where it is dead at the moment."""
        if for_good and self._supervision is not None:
            self._supervision.cancel()
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.kill()
        return True

    async def answers(self) -> None:
        """Waits until a function answers behind the doors."""
        await answering(f"{self.doors}/health", self._log)

    async def _supervise(self) -> None:
        while self._process is not None:
            await self._process.wait()
            await asyncio.sleep(_RESTART_SECONDS)
            await self._spawn()

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )


async def answering(url: str, log: Path | None = None) -> None:
    """Waits until `url` answers 200; `log` is told of where it never does."""
    deadline = time.monotonic() + START_LIMIT
    async with httpx.AsyncClient(timeout=2) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == 200:
                    return
            await asyncio.sleep(_LOOK)
    said = _tail(log) if log else ""
    raise NotInTime(f"{url} does not answer: {said}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8")[-2000:]


@contextlib.asynccontextmanager
async def beside_sandbox(
    folder: Path, playbook: Playbook, port: int
) -> AsyncIterator[tuple[Playbook, Sandbox]]:
    """A sandbox that outlives hosts and sends to `port`; the playbook in `folder` leads to it."""
    doors = f"http://127.0.0.1:{port}"
    with SandboxProcess(0, doors) as page:
        playbooks = folder / "playbooks"
        playbooks.mkdir(parents=True)
        led = with_sandbox(playbook, page, doors)
        # What is JSON is YAML too.
        text = led.model_dump_json(exclude_none=True)
        (playbooks / f"{BRANCH}.yaml").write_text(text, encoding="utf-8")
        async with httpx.AsyncClient(
            base_url=page, timeout=60, headers={"Content-Type": "application/json"}
        ) as client:
            yield led, Sandbox(client)


@contextlib.asynccontextmanager
async def supervised(
    folder: Path, playbook: Playbook, *more: str, **how: Any
) -> AsyncIterator[tuple[SupervisedHost, Stack]]:
    """One host that is started again whenever it ends, and its sandbox; `how` is the host's."""
    port = free_port()
    async with beside_sandbox(folder, playbook, port) as (led, sandbox):
        host = SupervisedHost(folder, "data", port, *more, **how)
        try:
            await host.start()
            yield host, Stack(host.data, led, host.doors, sandbox)
        finally:
            await host.stop()
