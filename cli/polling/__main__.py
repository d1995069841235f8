"""`python -m cli.polling DOORS HOLDER`: bridges for all branches that poll, until SIGTERM.

DOORS is the address of our doors, HOLDER names this host among those of one database. Tables,
endpoints and secrets come from the environment, as for the functions.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from cli.connection import Connection
from cli.polling import QUEUE, door
from cli.polling.bot_api import BotApi, Update
from cli.polling.branches import Branches, Polled, follow
from cli.polling.bridge import Bridge
from switchboard.domain.errors import Misconfigured
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import clients
from switchboard.runtime.logs import Log, logger
from switchboard.runtime.secrets import Secrets
from switchboard.store.deliveries import Dead, Deliveries
from switchboard.store.turns import Turns

_KEEPABLE = 350_000
"""Bytes: DynamoDB takes 400 KB an item. Telegram's updates have some thousands."""
_MEND = 60.0
"""Seconds until an address in a playbook that is none is looked at again."""


class Polling:
    def __init__(self, doors: str, holder: str) -> None:
        connection = Connection()
        database = connection.database()
        settings = connection.name("SETTINGS_TABLE")
        self._doors = doors
        self._log = Log(logger())
        self._deliveries = Deliveries(database, connection.name("DELIVERIES_TABLE"))
        turns = Turns(database, settings)
        self._branches = Branches(
            PlaybookStore(database, settings),
            Secrets(os.environ, clients.parameter, time.monotonic),
            lambda branch: turns.take(branch, QUEUE, holder, datetime.now(UTC)),
            self._log,
        )

    async def run(self) -> None:
        async with door.client() as http:
            await follow(self._branches.polled, lambda one: self._bridge(one, http), self._log)

    async def _bridge(self, one: Polled, http: httpx.AsyncClient) -> None:
        async def lay_aside(update: Update, reason: str) -> None:
            await asyncio.to_thread(self._deliveries.bury, _letter(one.branch, update, reason))

        log = _OfBranch(self._log, one.branch)
        try:
            api = BotApi(one.bot)
        except Misconfigured as wrong:
            log.warning(wrong.reason)
            await asyncio.sleep(_MEND)
            return
        handed_to = door.Door(http, self._doors, one.branch, one.secret)
        try:
            await Bridge(api, handed_to, lay_aside, log).run()
        finally:
            await api.close()


def _letter(branch: str, update: Update, reason: str) -> Dead:
    body, size = update.body.decode("ascii"), len(update.body)
    if size > _KEEPABLE:
        body, reason = "", f"{reason}; its {size:,} bytes are too many to keep"
    return Dead(branch, f"update.{update.id}", QUEUE, reason, body, datetime.now(UTC))


class _OfBranch:
    """The log of one branch's bridge."""

    def __init__(self, log: Log, branch: str) -> None:
        self._log = log
        self._branch = branch

    def info(self, message: str, **keys: Any) -> None:
        self._log.info(message, branch=self._branch, **keys)

    def warning(self, message: str, **keys: Any) -> None:
        self._log.warning(message, branch=self._branch, **keys)


async def _until_stopped(doors: str, holder: str) -> None:
    works = asyncio.create_task(Polling(doors, holder).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, works.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await works


if __name__ == "__main__":
    asyncio.run(_until_stopped(*sys.argv[1:3]))
