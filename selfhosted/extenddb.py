"""ExtendDB, the server of the DynamoDB API on this box: started, watched, started again."""

import asyncio
import json
import os
import re
import secrets
import signal
import socket
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from selfhosted import children
from selfhosted.errors import HostError
from selfhosted.log_files import LogFile
from selfhosted.signature import Credentials

PLATFORM_PACKAGE: Final = Path("node_modules/@extenddb/linux-x64/extenddb")
START_LIMIT: Final = 30.0
PORTS_TRIED: Final = 3
RESTART_PAUSE: Final = 0.2

# The first start prints the password of the administration API: nobody needs it in a log.
_PASSWORD: Final = re.compile(rb"(?im)^(.*password\W+).*$")


def credentials(data: Path) -> Credentials:
    """This data directory's own key pair, made on first use and readable by its owner alone.

    ExtendDB accepts only access keys that look like AWS's: AKIA and sixteen capitals or digits.
    """
    path = data / "credentials.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(known["access_key"], known["secret_key"])
    except FileNotFoundError:
        pass
    alphabet = string.ascii_uppercase + string.digits[2:8]
    access_key = "AKIA" + "".join(secrets.choice(alphabet) for _ in range(16))
    made = Credentials(access_key, secrets.token_urlsafe(30))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"access_key": made.access_key, "secret_key": made.secret_key}, file)
    return made


def binary(roots: tuple[Path, ...]) -> Path:
    """The server's program: from EXTENDDB_BINARY or an npm installation under one of `roots`."""
    named = os.environ.get("EXTENDDB_BINARY")
    candidates = [Path(named)] if named else [root / PLATFORM_PACKAGE for root in roots]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise HostError(
        f"the database's program is not at {candidates[0]}: run `npm ci`, "
        "set EXTENDDB_BINARY, or give the endpoint of a running database"
    )


class ExtendDB:
    """The supervised server. `endpoint` is fixed once it has started, over restarts too."""

    def __init__(
        self, program: Path, data: Path, keys: Credentials, report: Callable[[str], None]
    ) -> None:
        self._program = program
        self._data = data
        self._keys = keys
        self._report = report
        self._log = LogFile(data / "logs" / "extenddb.log")
        self._port = _free_port()
        self._child: children.Child | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._child.pid if self._child is not None else 0

    async def start(self) -> None:
        """Starts it and waits until it is healthy. Raises HostError when it does not become so."""
        for left in reversed(range(PORTS_TRIED)):
            try:
                await self._launch()
                break
            except HostError:
                # Somebody may have taken the port between our choice and its start.
                if left == 0:
                    raise
                self._port = _free_port()
        self._watch = asyncio.get_running_loop().create_task(self._supervise())

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self._child is not None:
            await self._child.stop(3.0)
        self._log.close()

    def renew(self) -> None:
        """Ends a server that only fails, to be started again.

        After a full disk, 0.1.10 keeps a transaction open and refuses every further write, while it
        calls itself healthy: "attempted to call begin_with at non-zero transaction depth".
        """
        if self._child is not None:
            self._child.send(signal.SIGKILL)

    async def _launch(self) -> None:
        self._child = await children.start(
            [str(self._program), "serve", "--foreground"],
            folder=self._data,
            environment=self._environment(),
            on_output=lambda lines: self._log.write(_PASSWORD.sub(rb"\1(not logged)", lines)),
            on_exit=lambda: None,
        )
        await self._healthy(self._child)

    async def _healthy(self, child: children.Child) -> None:
        for _ in range(int(START_LIMIT / 0.03)):
            if not child.alive:
                break
            if await _answers(self._port):
                return
            await asyncio.sleep(0.03)
        await child.stop(1.0)
        raise HostError(f"the database does not start, see {self._data / 'logs' / 'extenddb.log'}")

    async def _supervise(self) -> None:
        while self._child is not None:
            await asyncio.wait([self._child.ended])
            self._report("the database has ended and is started again")
            await asyncio.sleep(RESTART_PAUSE)
            try:
                await self._launch()
            except HostError as error:
                self._report(str(error))

    def _environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._data),
            "NO_COLOR": "1",
            "AWS_ACCESS_KEY_ID": self._keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self._keys.secret_key,
            "EXTENDDB__SERVER__PORT": str(self._port),
            "EXTENDDB__STORAGE__SQLITE__PATH": str(self._data / "extenddb.sqlite"),
        }


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        status = await asyncio.wait_for(reader.readline(), 2.0)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
    return b" 200 " in status


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
