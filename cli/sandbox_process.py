"""The sandbox beside the host: a process of its own, so that it takes no time from the doors."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from sandbox.onec.settings import OneCSettings
from sandbox.settings import SandboxSettings
from sandbox.sms.settings import SmsSettings
from sandbox.whatsapp.settings import WhatsAppSettings
from selfhosted.children import dies_with

_STOP_SECONDS = 5.0
_READY = "sandbox ready "
_SETTINGS = SandboxSettings()
_ONEC, _WHATSAPP, _SMS = OneCSettings(), WhatsAppSettings(), SmsSettings()

BRANCH_SECRETS: Mapping[str, Mapping[str, str]] = {
    "demo": {
        "DEMO_TELEGRAM_TOKEN": _SETTINGS.telegram_token,
        "DEMO_TELEGRAM_SECRET": _SETTINGS.telegram_secret,
        "DEMO_AMOCRM_SECRET": _SETTINGS.amocrm_hook_secret,
        "DEMO_AMOCRM_CLIENT_ID": _SETTINGS.amocrm_client_id,
        "DEMO_AMOCRM_CLIENT_SECRET": _SETTINGS.amocrm_client_secret,
        "DEMO_AMOCRM_REFRESH_TOKEN": _SETTINGS.amocrm_refresh_token,
    },
    "tyres": {
        "TYRES_TELEGRAM_TOKEN": _SETTINGS.tyres_bot.token,
        "TYRES_TELEGRAM_SECRET": _SETTINGS.tyres_bot.secret,
        "TYRES_BITRIX24_CODE": _SETTINGS.tyres.bitrix24_code,
        "TYRES_BITRIX24_SECRET": _SETTINGS.tyres.bitrix24_hook_secret,
        "TYRES_BITRIX24_APPLICATION_TOKEN": _SETTINGS.tyres.bitrix24_application_token,
        "TYRES_WHATSAPP_TOKEN": _WHATSAPP.token,
        "TYRES_WHATSAPP_APP_SECRET": _WHATSAPP.app_secret,
        "TYRES_WHATSAPP_VERIFY_TOKEN": "demo-verify-token",
        "TYRES_SMSC_LOGIN": _SMS.login,
        "TYRES_SMSC_PASSWORD": _SMS.password,
        "TYRES_ONEC_LOGIN": _ONEC.login,
        "TYRES_ONEC_PASSWORD": _ONEC.password,
        "TYRES_ONEC_SECRET": _ONEC.secret,
        "TYRES_LINK_KEY": "demo-link-key",
    },
}
"""What each branch's playbook asks of the environment: made up, known to the sandbox alone."""

DEMO_SECRETS: Mapping[str, str] = {
    name: value for secrets in BRANCH_SECRETS.values() for name, value in secrets.items()
}
"""Those of all branches of the demo."""


class SandboxProcess:
    """Runs from entry to exit of a `with`, whose value is its address. Raises OSError."""

    def __init__(
        self, port: int, doors: str, *, polled: Iterable[str] = (), clock: Path | None = None
    ) -> None:
        """`polled` are the branches whose bots have no webhook; `clock` is what can be moved."""
        command = [sys.executable, "-m", "sandbox", "--port", str(port), "--doors", doors]
        for branch in polled:
            command += ["--no-webhook", branch]
        if clock is not None:
            command += ["--clock", str(clock)]
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
        if self._process.stdout is not None:
            self._process.stdout.close()
