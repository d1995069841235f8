"""`switchboard backup`: copies of the data folder, sealed for a key that its owner keeps."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.jobs import AsJson
from cli.problems import fail
from selfhosted.backup_archive import Manifest
from selfhosted.backup_folder import DAYS, WEEKS, Retention, listed, soundness
from selfhosted.errors import HostError

app = typer.Typer(no_args_is_help=True, add_completion=False)

Data = Annotated[Path, typer.Option(metavar="DIR", help="The data folder of `switchboard up`.")]
Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="The folder of backups.")]
Key = Annotated[
    str,
    typer.Option(metavar="FILE|age1…", help="The public key, or a file with one in each line."),
]
Identity = Annotated[
    Path, typer.Option(metavar="FILE", help="The secret key; - reads it from standard input.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
Daily = Annotated[int, typer.Option(min=1, help="Days whose last backup is kept.")]
Weekly = Annotated[int, typer.Option(min=0, help="Weeks whose last backup is kept.")]


@app.callback()
def backup() -> None:
    """Back up the data folder, and restore it."""


@app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the secret key is written.")],
) -> None:
    """Make a key pair: the secret one goes into FILE, the public one is printed."""
    from selfhosted import backup_keys

    with _plainly():
        public = backup_keys.make_identity(file)
    typer.echo(public)
    typer.echo(f"Keep {file} off this machine: without it no backup can be opened.", err=True)


@app.command()
def create(
    data: Data,
    folder: Folder,
    key: Key,
    keep_daily: Daily = DAYS,
    keep_weekly: Weekly = WEEKS,
) -> None:
    """Make a backup now, while everything runs, and remove the oldest ones."""
    from selfhosted import backup, backup_keys
    from selfhosted.backup_order import Order, told

    with _plainly():
        keys = backup_keys.recipients(key)
        order = Order(data, folder, keys, retention=Retention(keep_daily, keep_weekly))
        made = backup.create(order)
    typer.echo(told(made.details()))


@app.command(name="list")
def list_backups(folder: Folder, as_json: AsJson = False) -> None:
    """List backups, the newest first, and whether each still agrees with its checksum."""
    with _plainly():
        found = [(one, soundness(one.file)) for one in listed(folder)]
    for one, state in found:
        if as_json:
            line = {"file": str(one.file), "made_at": one.made_at.isoformat()}
            typer.echo(json.dumps({**line, "size": one.size, "state": state}))
        else:
            made = f"{one.made_at.astimezone():%Y-%m-%d %H:%M}"
            typer.echo(f"{made}  {one.size / (1 << 20):>9.1f} MiB  {state:<9}  {one.file}")
    if not found and not as_json:
        typer.echo("There are no backups.")


@app.command()
def verify(file: File, identity: Identity) -> None:
    """Open a backup and compare all of it with what it says of itself. Changes nothing."""
    from selfhosted import backup

    with _plainly():
        manifest = backup.verify(file, identity)
    typer.echo(f"whole: {_said(manifest)}")
    for name, content in manifest.tables.items():
        typer.echo(f"  {name}: {content.items}")


@app.command()
def restore(file: File, data: Data, identity: Identity) -> None:
    """Put a backup into an empty folder, once all of it is checked."""
    from selfhosted import backup

    with _plainly():
        manifest = backup.restore(file, data, identity)
    typer.echo(f"restored into {data}: {_said(manifest)}")


def _said(manifest: Manifest) -> str:
    made = datetime.fromisoformat(manifest.made_at).astimezone()
    counts = f"{manifest.items} items in {len(manifest.tables)} tables"
    return f"{counts}, as of {made:%Y-%m-%d %H:%M:%S %z}, by {manifest.product}"


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except HostError as error:
        raise fail(f"{error}.", error.exit_code) from None
    except OSError as error:
        raise fail(f"{error}.") from None
