"""`switchboard jobs`: the jobs of a branch, and how they stand."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import Connection, Data
from cli.problems import told_plainly
from switchboard.flows.claim.job import Job, standing
from switchboard.flows.claim.table import State
from switchboard.playbook.store import PlaybookStore
from switchboard.store.jobs import Jobs

app = typer.Typer(no_args_is_help=True, add_completion=False)

Branch = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of this branch alone; else of every branch.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for a program.")]


@app.callback()
def jobs() -> None:
    """Jobs and how they stand."""


@app.command(name="list")
def list_jobs(
    data: Data = None,
    branch: Branch = None,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    as_json: AsJson = False,
) -> None:
    """List jobs: who has taken them, and how often they were offered."""
    with told_plainly():
        connection = Connection(data)
        database = connection.database()
        store = Jobs(database, connection.name("JOBS_TABLE"))
        playbooks = PlaybookStore(database, connection.name("SETTINGS_TABLE"))
        found = [
            (name, job)
            for name in ([branch] if branch else playbooks.branches())
            for job in (standing(*one) for one in store.of_branch(name))
            if state is None or job.state is state
        ]
    if as_json:
        for name, job in found:
            typer.echo(json.dumps({"branch": name, **job.model_dump(mode="json")}))
        return
    Console().print(_table(found))


def _table(found: list[tuple[str, Job]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("branch", "job", "state", "offer", "worker", "title"):
        table.add_column(heading, overflow="fold" if heading == "title" else "ellipsis")
    for name, job in found:
        worker = job.worker.full_name if job.worker else ""
        table.add_row(name, job.id, job.state, str(job.offer), worker, job.facts.title)
    table.caption = f"{len(found)} in all" if found else "There are no jobs."
    return table
