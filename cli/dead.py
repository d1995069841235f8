"""`switchboard dead`: what could not be delivered and why, and sending it again."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import Connection, Data
from cli.jobs import AsJson, Branch
from cli.polling import QUEUE as TELEGRAM
from cli.polling.replay import hand_again
from cli.problems import Problem, told_plainly
from switchboard.domain.effects import parcels
from switchboard.domain.events import envelopes
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime.queues import Inbox, Outbound
from switchboard.store.deliveries import Dead, Deliveries

app = typer.Typer(no_args_is_help=True, add_completion=False)

QUEUES = ("INBOX", "OUTBOUND", "TIMER")
UNREADABLE = "-"
"""The branch of what could not even be read."""


@app.callback()
def dead() -> None:
    """What could not be delivered."""


@app.command(name="list")
def list_dead(data: Data = None, branch: Branch = None, as_json: AsJson = False) -> None:
    """List dead letters with the reason, the oldest first."""
    with told_plainly():
        connection = Connection(data)
        letters = list(_letters(connection, branch))
        left = {name: _count(connection, name) for name in QUEUES}
    if as_json:
        for letter in letters:
            typer.echo(_json(letter))
        return
    console = Console()
    console.print(_table(letters))
    for name, count in left.items():
        if count:
            console.print(f"{count} more in the dead-letter queue of {name.lower()}.")


@app.command()
def replay(
    letters: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Which ones, as listed.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    data: Data = None,
    branch: Branch = None,
) -> None:
    """Send dead letters again, once what stopped them is mended."""
    if bool(letters) == everything:
        raise typer.BadParameter("name the letters, or say --all")
    with told_plainly():
        connection = Connection(data)
        found = [
            one for one in _letters(connection, branch) if everything or one.id in (letters or ())
        ]
        missing = set(letters or ()) - {one.id for one in found}
        if missing:
            raise Problem(f"There is no dead letter {', '.join(sorted(missing))}")
        deliveries = _deliveries(connection)
        for letter in found:
            _send(connection, deliveries, letter)
            typer.echo(f"{letter.id}: sent again.")
        if not found:
            typer.echo("There are no dead letters.")


def _letters(connection: Connection, branch: str | None) -> Iterator[Dead]:
    deliveries = _deliveries(connection)
    store = PlaybookStore(connection.database(), connection.name("SETTINGS_TABLE"))
    for name in [branch] if branch else [*store.branches(), UNREADABLE]:
        yield from deliveries.dead(name)


def _send(connection: Connection, deliveries: Deliveries, letter: Dead) -> None:
    """Into its queue first: replaying twice is harmless, losing it is not."""
    if letter.branch == UNREADABLE:
        raise Problem(f"{letter.id} cannot be read, so it cannot be sent")
    again = f".again.{int(letter.died_at.timestamp())}"
    if letter.queue == "outbound":
        deliveries.raise_up(letter.branch, letter.id)
        parcel = parcels.validate_json(letter.body)
        queue = Outbound(connection.client("sqs"), connection.name("OUTBOUND_QUEUE_URL"))
        queue.put([parcel], again)
        return
    if letter.queue == TELEGRAM:
        hand_again(connection, letter)
        deliveries.finish(letter.branch, letter.id, None)
        return
    envelope = envelopes.validate_json(letter.body)
    inbox = Inbox(connection.client("sqs"), connection.name("INBOX_QUEUE_URL"))
    inbox.put(envelope, once=f"{letter.id}{again}")
    deliveries.finish(letter.branch, letter.id, None)


def _deliveries(connection: Connection) -> Deliveries:
    return Deliveries(connection.database(), connection.name("DELIVERIES_TABLE"))


def _count(connection: Connection, queue: str) -> int:
    """What SQS itself gave up after a hundred attempts."""
    sqs: Any = connection.client("sqs")
    answer = sqs.get_queue_attributes(
        QueueUrl=connection.name(f"{queue}_DEAD_QUEUE_URL"),
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _json(letter: Dead) -> str:
    import json

    return json.dumps({**letter._asdict(), "died_at": letter.died_at.isoformat()})


def _table(letters: list[Dead]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("branch", "id", "queue", "since", "reason"):
        table.add_column(heading, overflow="fold")
    for letter in letters:
        since = letter.died_at.strftime("%Y-%m-%d %H:%M")
        table.add_row(letter.branch, letter.id, letter.queue, since, letter.reason)
    table.caption = f"{len(letters)} in all" if letters else "There are no dead letters."
    return table
