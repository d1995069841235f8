"""The sandbox beside the host: a process of its own, so that it takes no time from the doors."""

import os
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType

from sandbox.settings import SandboxSettings
from selfhosted.children import dies_with

_STOP_SECONDS = 5.0
_READY = "sandbox ready "
_SETTINGS = SandboxSettings()

DEMO_SECRETS: Mapping[str, str] = {
    "DEMO_TELEGRAM_TOKEN": _SETTINGS.telegram_token,
    "DEMO_TELEGRAM_SECRET": _SETTINGS.telegram_secret,
    "DEMO_AMOCRM_SECRET": _SETTINGS.amocrm_hook_secret,
    "DEMO_AMOCRM_CLIENT_ID": _SETTINGS.amocrm_client_id,
    "DEMO_AMOCRM_CLIENT_SECRET": _SETTINGS.amocrm_client_secret,
    "DEMO_AMOCRM_REFRESH_TOKEN": _SETTINGS.amocrm_refresh_token,
}
"""What the demo's playbook asks of the environment: made up, and known to the sandbox alone."""


class SandboxProcess:
    """Runs from entry to exit of a `with`, whose value is its address. Raises OSError."""

    def __init__(self, port: int, doors: str, *, webhook: bool = True) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", str(port), "--doors", doors]
        if not webhook:
            command.append("--no-webhook")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the host, which then ends this one.
            start_new_session=True,
            preexec_fn=dies_with(os.getpid()),
        )

    def __enter__(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith(_READY):
            self.__exit__(None, None, None)
            raise OSError("the sandbox ended before it was ready")
        return line.removeprefix(_READY).strip()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
