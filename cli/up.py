"""`switchboard up`: the doors, the workers and the database on this machine, in the foreground."""

import asyncio
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.backup_daily import daily_backup
from cli.connection import Connection
from cli.playbook import good_ones
from cli.problems import fail
from cli.sandbox_process import DEMO_SECRETS, SandboxProcess
from cli.stand_ins import SANDBOX, with_sandbox
from selfhosted.backup_daily import Daily
from switchboard.playbook.lint import examine_all
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore

app = typer.Typer(add_completion=False)

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
_SANDBOX_PORT = int(SANDBOX.rpartition(":")[2])


@app.command()
def up(
    playbooks: Annotated[
        Path, typer.Option(metavar="DIR", help="The playbooks to publish, one file a branch.")
    ],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where everything is kept.")],
    port: Annotated[int, typer.Option(help="Of the doors; 0 takes a free one.")] = 8080,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Stand-ins for Telegram and amoCRM, and their page.")
    ] = False,
    sandbox_port: Annotated[
        int, typer.Option(help="Of the page; another one is taken where it is not free.")
    ] = _SANDBOX_PORT,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A DynamoDB API that runs already; starts none."),
    ] = None,
    backup_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where a backup is laid down every day.")
    ] = None,
    backup_key: Annotated[
        str | None,
        typer.Option(metavar="FILE|age1…", help="Whose secret key opens the backups."),
    ] = None,
    backup_at: Annotated[
        str, typer.Option(metavar="HH:MM", help="When, by this machine's clock.")
    ] = "03:30",
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show what the functions write, as it comes.")
    ] = False,
) -> None:
    """Run everything on this machine, in the foreground, until Ctrl-C or SIGTERM.

    Prints one line, `ready http://127.0.0.1:N`, when the doors answer.
    """
    environ = {**DEMO_SECRETS, **os.environ} if sandbox else dict(os.environ)
    if not playbooks.exists():
        raise fail(f"There is no {playbooks}.", 2)
    clock = _clock(data.resolve(), sandbox=sandbox)
    backup = daily_backup(backup_dir, backup_key, backup_at, database)
    found = good_ones(examine_all([playbooks], environment=environ, secrets_required=True))
    doors = port or _free_port()
    polled = [one.branch for one in found if one.telegram.mode == "polling"]
    with _sandbox(sandbox, sandbox_port, doors, polled, clock) as page:
        code = _serve(found, environ, data, doors, page, clock, database, backup, verbose=verbose)
    raise typer.Exit(code)


def _clock(folder: Path, *, sandbox: bool) -> Path | None:
    """The file by which the demo's clock is moved; beside the sandbox only.

    Without it everything would go back in time, and lie still until the moments come again.
    """
    file = folder / "clock"
    if not sandbox and file.exists():
        raise fail(
            f"The clock of {folder} was moved in the sandbox: take it up with --sandbox, "
            "or choose another folder.",
            2,
        )
    return file if sandbox else None


@contextmanager
def _sandbox(
    wanted: bool, port: int, doors: int, polled: Sequence[str], clock: Path | None
) -> Iterator[str | None]:
    """The sandbox's address while it runs; None where none is wanted."""
    if not wanted:
        yield None
        return
    try:
        free = port if _is_free(port) else 0
        process = SandboxProcess(free, _address(doors), polled=polled, clock=clock)
    except OSError as error:
        raise fail(f"The sandbox does not start: {error}") from None
    with process as url:
        yield url


def _serve(
    found: Sequence[Playbook],
    environ: Mapping[str, str],
    data: Path,
    port: int,
    page: str | None,
    clock: Path | None,
    database: str | None,
    backup: Daily | None,
    *,
    verbose: bool,
) -> int:
    from cli.polling.process import keep_polling
    from selfhosted.host import HostContext, HostOptions, serve

    playbooks = [with_sandbox(one, page, _address(port)) if page else one for one in found]
    secrets = _secrets_of(playbooks, environ)
    moved = {"SWITCHBOARD_CLOCK": str(clock)} if clock else {}
    folder = data.resolve()
    tables: dict[str, str] = {}

    async def publish(context: HostContext) -> None:
        tables.update(context.environment)
        tables["SETTINGS_TABLE"] = context.outputs["SettingsTable"]
        tables["DELIVERIES_TABLE"] = context.outputs["DeliveriesTable"]
        connection = Connection(environ=tables)
        store = PlaybookStore(connection.database(), connection.name("SETTINGS_TABLE"))
        for one in playbooks:
            version, changed = await asyncio.to_thread(store.publish, one, datetime.now(UTC))
            _progress(f"{one.branch}: version {version} {'is live' if changed else 'stays live'}")

    def ready(url: str) -> None:
        if page:
            _progress(f"open {page} to play it; Ctrl-C ends it")
        typer.echo(f"ready {url}")

    async def poll(url: str) -> None:
        await keep_polling(url, {**secrets, **tables}, folder, _progress)

    return serve(
        HostOptions(
            template=TEMPLATE,
            data=folder,
            port=port,
            database_endpoint=database,
            environment={**secrets, **moved},
            clock=clock,
            verbose=verbose,
            before_ready=publish,
            on_ready=ready,
            beside=poll,
            backup=backup,
        )
    )


def _secrets_of(playbooks: Sequence[Playbook], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the playbooks name. The functions see no other secret of this shell."""
    said = "".join(one.model_dump_json() for one in playbooks)
    names = re.findall(r'"env:([A-Z][A-Z0-9_]*)"', said)
    return {name: environ[name] for name in names if name in environ}


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
