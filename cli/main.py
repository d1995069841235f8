"""`switchboard`: every command is a module of this package, imported when it is called.

A module has a Typer named `app`: with one command and no callback it is the command itself (`up`);
with a callback it is a group of commands (`playbook lint`).
"""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

COMMANDS = {
    "up": "Run everything on this machine, in the foreground.",
    "playbook": "Check playbooks, publish them, show what may stand in them.",
    "jobs": "List jobs and how they stand.",
    "surveys": "List surveys and how they stand.",
    "results": "Compare the variants of a survey.",
    "journal": "Show what happened to a job, press by press.",
    "backup": "Back up the data folder, and restore it.",
    "dead": "List what could not be delivered, and send it again.",
    "trace": "Tell what came of one webhook, step by step.",
    "status": "Show how the host of a data folder stands; exit code 1 when something is wrong.",
}
"""Name of each command, which is also its module's, with what the list of commands says."""


class _Commands(TyperGroup):
    """Knows the commands by name and help, and imports only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        known = {name: TyperCommand(name, help=said) for name, said in COMMANDS.items()}
        super().__init__(**{**attributes, "commands": known})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = get_command(import_module(f"cli.{name}").app)
        return name, command, rest


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"switchboard {version('switchboard')}")
        raise typer.Exit


@app.callback()
def switchboard(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Connects CRMs with messengers: events in, promises kept, effects out once."""
