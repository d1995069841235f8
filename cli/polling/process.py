"""The bridges beside the host: a process that is started when a branch polls, and kept running."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection
from selfhosted import children
from selfhosted.host import INHERITED
from selfhosted.log_files import LogFile
from switchboard.playbook.store import PlaybookStore

_LOOK_EVERY = 5.0
_PAUSE = 2.0
_PATIENCE = 2.0
_FOR_PEOPLE = frozenset({"WARNING", "ERROR", "CRITICAL"})
_ROOT = Path(__file__).parents[2]


async def keep_polling(
    doors: str,
    environment: Mapping[str, str],
    data: Path,
    report: Callable[[str], None],
) -> NoReturn:
    """Until it is cancelled. `environment` leads to the tables and holds the playbooks' secrets.

    What the process writes goes to `logs/polling.log`, and warnings to `report` as well.
    """
    # What fails here must not end the host, which serves the CRMs as well.
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables = {**inherited, **environment, "POWERTOOLS_SERVICE_NAME": "polling"}
    await _somebody_polls(variables)
    log = LogFile(data / "logs" / "polling.log")
    # One host runs on a data folder at a time, so whoever comes after a crash goes on at once.
    holder = f"{socket.gethostname()}:{data}"

    def heard(lines: bytes) -> None:
        log.write(lines)
        for line in lines.splitlines():
            if (said := _for_people(line)) is not None:
                report(f"polling: {said}")

    try:
        while True:
            try:
                await _once([sys.executable, "-m", "cli.polling", doors, holder], variables, heard)
                report("polling has ended by itself, and is started again")
            except OSError as error:
                report(f"polling cannot be started: {error}")
            await asyncio.sleep(_PAUSE)
    finally:
        log.close()


async def _once(
    command: list[str], variables: Mapping[str, str], heard: Callable[[bytes], None]
) -> None:
    child = await children.start(
        command, folder=_ROOT, environment=variables, on_output=heard, on_exit=lambda: None
    )
    try:
        await asyncio.shield(child.ended)
    finally:
        await child.stop(_PATIENCE)


async def _somebody_polls(variables: Mapping[str, str]) -> None:
    """Comes back once a live playbook asks for it, which may be published at any time."""
    while True:
        with contextlib.suppress(BotoCoreError, ClientError):
            if await asyncio.to_thread(_polled_for, variables):
                return
        await asyncio.sleep(_LOOK_EVERY)


def _polled_for(variables: Mapping[str, str]) -> bool:
    connection = Connection(environ=variables)
    store = PlaybookStore(connection.database(), connection.name("SETTINGS_TABLE"))
    found = [store.snapshot(branch) for branch in store.branches()]
    return any(one is not None and one.playbook.telegram.mode == "polling" for one in found)


def _for_people(line: bytes) -> str | None:
    try:
        said = json.loads(line)
        if said["level"] not in _FOR_PEOPLE:
            return None
        return ": ".join(filter(None, (said.get("branch"), said["message"])))
    except (ValueError, KeyError, TypeError):
        return None
