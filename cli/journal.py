"""`switchboard journal`: what happened to a job, in the order in which it took effect."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import Connection, Data
from cli.jobs import AsJson, Branch
from cli.problems import Problem, told_plainly
from switchboard.domain.journal import Entry
from switchboard.playbook.store import PlaybookStore
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def journal() -> None:
    """Who pressed, when, and with what outcome."""


@app.command()
def show(
    job: Annotated[str, typer.Argument(help="The job's id, or the deal's number in the CRM.")],
    data: Data = None,
    branch: Branch = None,
    as_json: AsJson = False,
) -> None:
    """Show everything that happened to a job, press by press."""
    with told_plainly():
        connection = Connection(data)
        database = connection.database()
        jobs = Jobs(database, connection.name("JOBS_TABLE"))
        name, job_id = _find(database, connection.name("SETTINGS_TABLE"), jobs, branch, job)
        lines = Journal(database, connection.name("JOURNAL_TABLE")).of(name, job_id)
        # Presses that have not been stepped yet stand in the job's own item.
        record = jobs.load(name, job_id)
    known = {line.id for line in lines}
    waiting = [one for one in record.waiting if one.press.id not in known]
    lines += [line for line in record.lines if line.id not in known]
    if as_json:
        for line in sorted(lines, key=lambda one: one.seq):
            typer.echo(line.model_dump_json())
        return
    console = Console()
    console.print(_table(sorted(lines, key=lambda one: one.seq)))
    if waiting:
        console.print(f"{len(waiting)} more presses are written and will be shown in a minute.")


def _find(
    database: Database, settings: str, jobs: Jobs, branch: str | None, wanted: str
) -> tuple[str, str]:
    for name in [branch] if branch else PlaybookStore(database, settings).branches():
        for job, _ in jobs.of_branch(name):
            if wanted in (job.id, job.deal):
                return name, job.id
    raise Problem(f"There is no job {wanted}")


def _table(lines: list[Entry]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("#", "when", "what", "outcome", "offer", "worker", "trace"):
        table.add_column(heading, no_wrap=heading != "trace", overflow="fold")
    for line in lines:
        when = line.at.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        worker = f"{line.worker.full_name} ({line.worker.id})" if line.worker else ""
        said = (line.what, line.outcome, str(line.offer), worker, line.trace)
        table.add_row(str(line.seq + 1), when, *said)
    return table
