"""`switchboard playbook`: what people do with playbooks before anything runs."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import report
from cli.connection import Connection, Data, Endpoint, Table
from cli.problems import fail, told_plainly
from switchboard.playbook.lint import Examined, examine_all
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore

app = typer.Typer(no_args_is_help=True, add_completion=False)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Playbooks, or folders of them.")
]


@app.callback()
def playbook() -> None:
    """Check playbooks, publish them, show what may stand in them."""


@app.command()
def lint(
    paths: Paths,
    output: Annotated[
        Format, typer.Option("--format", help="For a person, or for a program.")
    ] = Format.TEXT,
) -> None:
    """Say what is wrong with playbooks, and in which line. Exit code 1 when there are errors."""
    examined = examine_all(paths, environment=os.environ)
    if output is Format.JSON:
        typer.echo(report.as_json(examined))
    else:
        typer.echo(report.as_text(examined))
    if not all(one.good for one in examined):
        raise typer.Exit(1)


@app.command()
def publish(
    paths: Paths,
    data: Data = None,
    endpoint: Endpoint = None,
    table: Table = None,
    check_secrets: Annotated[
        bool, typer.Option(help="Refuse while a secret is missing from this environment.")
    ] = False,
) -> None:
    """Make playbooks live, each as a new version. What says the same again stays as it is."""
    examined = examine_all(
        paths, environment=os.environ if check_secrets else None, secrets_required=check_secrets
    )
    playbooks = good_ones(examined)
    with told_plainly():
        connection = Connection(data, endpoint)
        store = PlaybookStore(connection.database(), table or connection.name("SETTINGS_TABLE"))
        for one in playbooks:
            typer.echo(_published(store, one))


@app.command()
def schema() -> None:
    """Print the JSON Schema by which editors complete and explain a playbook."""
    from switchboard.playbook.schema import schema_text

    typer.echo(schema_text(), nl=False)


def good_ones(examined: Sequence[Examined]) -> list[Playbook]:
    """The playbooks, after showing on stderr what was found; ends the command on any error."""
    if any(one.findings for one in examined):
        typer.echo(report.as_text(examined), err=True)
    if not all(one.good for one in examined):
        raise fail("Nothing was published.")
    return [one.playbook for one in examined if one.playbook is not None]


def _published(store: PlaybookStore, playbook: Playbook) -> str:
    version, changed = store.publish(playbook, datetime.now(UTC))
    if changed:
        return f"{playbook.branch}: version {version} is live."
    return f"{playbook.branch}: version {version} says the same and stays live."
