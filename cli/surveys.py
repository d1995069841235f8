"""`switchboard surveys`: the surveys of a branch, and how they stand."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import Connection, Data
from cli.problems import told_plainly
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import State
from switchboard.playbook.store import PlaybookStore
from switchboard.store.subjects import SubjectTable

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def surveys() -> None:
    """Surveys and how they stand."""


@app.command(name="list")
def list_surveys(
    data: Data = None,
    branch: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this branch alone; else of every branch.")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, for a program.")
    ] = False,
) -> None:
    """List surveys: who is waited for, who has answered, and why somebody was not asked."""
    with told_plainly():
        connection = Connection(data)
        database = connection.database()
        store = SubjectTable(database, connection.name("SURVEYS_TABLE"), Survey)
        playbooks = PlaybookStore(database, connection.name("SETTINGS_TABLE"))
        found = [
            (name, survey)
            for name in ([branch] if branch else playbooks.branches())
            for survey in store.of_branch(name)
            if state is None or survey.state is state
        ]
    if as_json:
        for name, survey in found:
            typer.echo(json.dumps({"branch": name, **survey.model_dump(mode="json")}))
        return
    Console().print(_table(found))


def _table(found: list[tuple[str, Survey]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("branch", "survey", "state", "variant", "channel", "average", "review"):
        table.add_column(heading, overflow="ellipsis")
    for name, survey in found:
        why = f" ({survey.reason})" if survey.reason else ""
        average = "" if survey.average is None else f"{survey.average:g}"
        review = f"{survey.site}{' ✓' if survey.pressed_at or survey.visited_at else ''}"
        table.add_row(
            name,
            survey.id,
            f"{survey.state}{why}",
            survey.variant,
            survey.channel or "",
            average,
            review,
        )
    table.caption = f"{len(found)} in all" if found else "There are no surveys."
    return table
