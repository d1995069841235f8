"""The AWS APIs on this machine: ministack, in an environment of its own, on loopback alone."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import httpx

from selfhosted.children import dies_with
from tests.deploy.places import ROOT
from tests.deploy.report import Failed

_PROGRAM = ROOT / ".venv-ministack" / "bin" / "ministack"
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_ROOT_KEY = "test"
"""The emulator's own name of the account's root; every other caller is held to its policies."""


class Emulator:
    """Runs from entry to exit of a `with`. `url` is the endpoint of every service."""

    def __init__(self, folder: Path, region: str) -> None:
        self.log = folder / "emulator.log"
        self.region = region
        scratch = folder / "scratch"
        scratch.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": region,
            # With it a function may do what its role allows, and nothing else.
            "AUTH": "true",
            "LAMBDA_EXECUTOR": "local",
            # It would bind a port of its own.
            "IOT_MTLS_ENABLED": "0",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [_PROGRAM],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=scratch,
                env=environment,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )

    def __enter__(self) -> "Emulator":
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/_ministack/health").is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        self.__exit__(None, None, None)
        raise Failed(f"the emulator does not start: {self.tail()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-1500:]

    def environment(self) -> Mapping[str, str]:
        """What leads an AWS program here, and keeps the user's own account out of it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": _ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": _ROOT_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
