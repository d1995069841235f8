"""`switchboard results`: what the variants of a survey have come to, and which one is better."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import Connection, Data
from cli.problems import fail, told_plainly
from switchboard.experiments.results import results as evaluated
from switchboard.experiments.split import SplitVerdict
from switchboard.experiments.table import Comparison, Figure, Metric, Results, Seen, Terms
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import State
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore
from switchboard.store.subjects import SubjectTable

app = typer.Typer(add_completion=False)

_FOR_CLICKS = timedelta(days=3)
"""After the last answer may have come, so long a click is waited for."""


@app.command()
def results(
    data: Data = None,
    branch: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this branch alone; else of every branch.")
    ] = None,
    deciding: Annotated[
        Metric, typer.Option(help="Which figure decides the experiment.")
    ] = Metric.RESPONSE,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
) -> None:
    """Show the A/B results of surveys: rates with 95 % intervals, the split, a verdict.

    It may be looked at every day: the verdict's chance of being wrong stays below 5 % all the same.
    """
    with told_plainly():
        connection = Connection(data)
        database = connection.database()
        playbooks = PlaybookStore(database, connection.name("SETTINGS_TABLE"))
        surveys = SubjectTable(database, connection.name("SURVEYS_TABLE"), Survey)
        shown = 0
        for name in [branch] if branch else playbooks.branches():
            snapshot = playbooks.snapshot(name)
            if snapshot is None:
                raise fail(f"There is no branch {name}.")
            found = of_branch(snapshot.playbook, surveys.of_branch(name), deciding, _now())
            if found is None:
                continue
            shown += 1
            if as_json:
                typer.echo(found.model_dump_json())
            else:
                _show(name, snapshot.playbook, found)
    if not shown and not as_json:
        typer.echo("No branch compares variants of a survey.")


def of_branch(
    playbook: Playbook, surveys: Iterable[Survey], deciding: Metric, now: datetime
) -> Results | None:
    """The present experiment's results; None where the branch compares nothing."""
    if playbook.reviews is None or not playbook.reviews.survey.variants:
        return None
    rules, zone = playbook.reviews.survey, ZoneInfo(playbook.timezone)
    delays = [rules.delay_minutes, *(one.delay_minutes or 0 for one in rules.variants)]
    longest = timedelta(minutes=max(delays), hours=rules.close_after_hours + 24) + _FOR_CLICKS
    window = math.ceil(longest / timedelta(days=1))
    seen = [
        _seen(survey, zone, timedelta(days=window))
        for survey in surveys
        if survey.variant and survey.experiment == rules.experiment and survey.asked_at
    ]
    weights = [(variant.name, variant.weight) for variant in rules.variants]
    terms = Terms(deciding=deciding, window_days=window)
    return evaluated(seen, weights, now.astimezone(zone).date(), terms)


def _seen(survey: Survey, zone: ZoneInfo, window: timedelta) -> Seen:
    opened = survey.visited_at or survey.pressed_at
    return Seen(
        client=survey.client,
        variant=survey.variant,
        at=_day(survey.begun_at, zone),
        answered=bool(survey.answers),
        completed=survey.state is State.COMPLETED,
        average=survey.average,
        invited=bool(survey.site),
        clicked=opened is not None and opened - survey.begun_at < window,
    )


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _now() -> datetime:
    return datetime.now(UTC)


def _show(branch: str, playbook: Playbook, found: Results) -> None:
    console = Console()
    table = Table(title=f"{branch}: {playbook.reviewing.survey.experiment}", title_justify="left")
    for heading in ("variant", "asked", "answered", "completed", "average", "clicked"):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for line in found.lines:
        rates = (line.response, line.completion)
        table.add_row(
            line.variant,
            str(line.n),
            *(_rate(figure) for figure in rates),
            _score(line.average),
            _rate(line.click),
        )
    console.print(table)
    if found.young:
        console.print(f"{found.young} more are too young to be counted.")
    if found.split.verdict is SplitVerdict.MISMATCH:
        console.print(
            "The clients are not split as planned, so the comparison means nothing: see "
            "docs/results.md."
        )
        return
    for comparison in found.comparisons:
        console.print(_said(comparison, deciding=comparison.metric is found.terms.deciding))


def _said(found: Comparison, *, deciding: bool) -> str:
    unit = 1 if found.metric is Metric.AVERAGE else 100
    sign = "points" if found.metric is Metric.AVERAGE else "percentage points"
    mark = "→" if deciding else " "
    return (
        f"{mark} {found.variant} against {found.control}, {found.metric}: {found.plain} "
        f"({found.lower * unit:+.1f} … {found.upper * unit:+.1f} {sign})"
    )


def _rate(figure: Figure) -> str:
    if figure.value is None:
        return "—"
    return f"{figure.value:.0%} ({figure.lower:.0%}–{figure.upper:.0%})"


def _score(figure: Figure) -> str:
    if figure.value is None:
        return "—"
    return f"{figure.value:.1f} ({figure.lower:.1f}–{figure.upper:.1f})"
