"""`switchboard status`: how the host of a data folder stands."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.problems import told_plainly
from cli.status_checks import checks

app = typer.Typer(add_completion=False)


@app.command()
def status(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data folder of `switchboard up`.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object, for a program.")
    ] = False,
) -> None:
    """Show how the host stands: doors, database, queues, dead letters, providers, backup.

    Exit code 0 when all is well, 1 when something wants a person's eye.
    """
    with told_plainly():
        found = list(checks(data.resolve(), datetime.now(UTC)))
    well = all(check.well for check in found)
    if as_json:
        said = [
            {"name": one.name, "well": one.well, "said": one.said, **one.figures} for one in found
        ]
        typer.echo(json.dumps({"well": well, "checks": said}, ensure_ascii=False))
    else:
        for check in found:
            mark = "ok" if check.well else typer.style("!!", fg=typer.colors.RED, bold=True)
            typer.echo(f"{mark}  {check.name:<15} {check.said}")
    if not well:
        raise typer.Exit(1)
