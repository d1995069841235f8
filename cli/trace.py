"""`switchboard trace`: the story of one webhook, from the door to its last effect."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import Connection, Data
from cli.jobs import AsJson
from cli.log_lines import Line, lines
from cli.problems import Problem, told_plainly
from cli.trace_aws import ask, query
from cli.trace_words import Told, of_entry, of_line
from selfhosted.errors import HostError
from switchboard.domain.journal import Entry
from switchboard.store.deliveries import Deliveries
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal

app = typer.Typer(add_completion=False)

_ID = re.compile(r"[A-Za-z0-9_=.:-]{4,128}\Z")


@app.command()
def trace(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="The trace: `journal show`, a log line, or the header apigw-requestid.",
        ),
    ],
    data: Data = None,
    stack: Annotated[
        str | None, typer.Option(metavar="NAME", help="The stack on AWS; else STACK.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Ask CloudWatch, with the credentials of this shell.")
    ] = False,
    days: Annotated[int, typer.Option(help="How far CloudWatch looks back.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Tell what came of one webhook, step by step."""
    with told_plainly():
        if not _ID.match(wanted):
            raise Problem(f"{wanted} is no trace")
        if data is not None:
            found, steps = _here(data, wanted)
        elif run:
            if stack is None:
                raise Problem("Name the stack by --stack")
            found = ask(Connection().client("logs"), stack, wanted, datetime.now(UTC), days)
            steps = []
        else:
            _print_question(wanted, stack)
            return
        if not found and not steps:
            raise Problem(f"Nothing is known of {wanted}")
    if as_json:
        for line in found:
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    for told in sorted([*steps, *filter(None, map(of_line, found))], key=lambda one: one.at):
        typer.echo(f"{told.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {told.where:<16}  {told.what}")


def _here(data: Path, wanted: str) -> tuple[list[Line], list[Told]]:
    """The log's lines, and what the tables add to them while the host runs."""
    found = [line for line in lines(data, wanted) if line.get("trace") == wanted]
    try:
        connection = Connection(data)
        return found, [*_journal(connection, wanted, found), *_dead(connection, wanted, found)]
    except HostError as error:
        typer.echo(f"{error}: this is what the log alone tells.", err=True)
        return found, []


def _journal(connection: Connection, wanted: str, found: Iterable[Line]) -> Iterator[Told]:
    database = connection.database()
    jobs = Jobs(database, connection.name("JOBS_TABLE"))
    journal = Journal(database, connection.name("JOURNAL_TABLE"))
    for branch, job in dict.fromkeys(_jobs(found)):
        entries = {entry.seq: entry for entry in journal.of(branch, job)}
        # What has not been carried to the journal yet stands in the job's own item.
        record = jobs.load(branch, job)
        entries = {entry.seq: entry for entry in record.lines} | entries
        yield from (of_entry(job, entry) for entry in entries.values() if entry.trace == wanted)
        for one in record.waiting:
            if one.press.trace == wanted and one.seq not in entries:
                waits = Entry(
                    id=one.press.id,
                    seq=one.seq,
                    at=one.press.at,
                    what=one.press.action,
                    outcome="is written and waits to be settled",
                )
                yield of_entry(job, waits)


def _jobs(found: Iterable[Line]) -> Iterator[tuple[str, str]]:
    for line in found:
        branch, job = line.get("branch"), line.get("job") or line.get("subject")
        if branch and job and not str(job).startswith(("worker-", "chat-")):
            yield str(branch), str(job)


def _dead(connection: Connection, wanted: str, found: Iterable[Line]) -> Iterator[Told]:
    deliveries = Deliveries(connection.database(), connection.name("DELIVERIES_TABLE"))
    for branch in dict.fromkeys(str(line["branch"]) for line in found if line.get("branch")):
        for letter in deliveries.dead(branch):
            if f'"{wanted}"' in letter.body:
                what = f"{letter.id} lies with the dead letters of {letter.queue}: {letter.reason}"
                yield Told(letter.died_at, "dead letters", what)


def _print_question(wanted: str, stack: str | None) -> None:
    typer.echo(
        "On this machine: --data DIR. On AWS: --run --stack NAME asks for you; or ask in CloudWatch"
        f" Logs Insights, of all log groups that begin with {stack or 'NAME'}-:\n",
        err=True,
    )
    typer.echo(query(wanted))
