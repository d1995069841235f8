"""A dead letter of the bridge's, to the door once more."""

import asyncio
import os
import time

from cli.connection import Connection
from cli.polling import door
from cli.problems import Problem
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import clients
from switchboard.runtime.secrets import Secrets
from switchboard.store.deliveries import Dead


def hand_again(connection: Connection, letter: Dead) -> None:
    """What the answer would tell the person is left out: nobody waits for it any more.

    Raises Problem when the door does not take it this time either, and Misconfigured where the
    environment does not hold the branch's webhook secret.
    """
    store = PlaybookStore(connection.database(), connection.name("SETTINGS_TABLE"))
    snapshot = store.snapshot(letter.branch)
    if snapshot is None:
        raise Problem(f"Branch {letter.branch} has no published playbook")
    secrets = Secrets(os.environ, clients.parameter, time.monotonic)
    secret = secrets(snapshot.playbook.telegram.webhook_secrets[0])
    said = asyncio.run(_handed(connection.doors(), letter, secret))
    if not isinstance(said, door.Taken):
        raise Problem(f"{letter.id}: {said.reason}")


async def _handed(doors: str, letter: Dead, secret: str) -> door.Taken | door.Refused | door.Later:
    async with door.client() as http:
        return await door.Door(http, doors, letter.branch, secret).hand(letter.body.encode())
