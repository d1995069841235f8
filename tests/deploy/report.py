"""What a check came to, how the run is shown while it goes on, and the table at its end."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


class Failed(Exception):
    """A check does not hold; the text says what was found instead."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `verdict` is ok, FAILED, skipped or not run."""

    check: str
    found: str
    verdict: str
    seconds: float = 0.0


def hold(holds: bool, otherwise: str) -> None:
    """Raises Failed with `otherwise` unless it holds."""
    if not holds:
        raise Failed(otherwise)


class Progress:
    """One line on stderr for each check that begins."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def say(self, what: str) -> None:
        print(f"{self.seconds:5.0f} s  {what}", file=sys.stderr, flush=True)


def run_in_turn(
    checks: Sequence[tuple[str, Callable[[], str]]], progress: Progress, rows: list[Row]
) -> None:
    """Appends a row for each check; after one that failed the others stand there as not run.

    Each check builds on what the ones before it have deployed.
    """
    broken = False
    for name, check in checks:
        if broken:
            rows.append(Row(name, "", "not run"))
            continue
        progress.say(name)
        began = time.monotonic()
        try:
            found, verdict = check(), "ok"
        except Failed as failure:
            found, verdict, broken = str(failure), "FAILED", True
        except Exception as error:
            found, verdict, broken = f"{type(error).__name__}: {error}", "FAILED", True
        rows.append(Row(name, found, verdict, time.monotonic() - began))


_STYLES = {"ok": "green", "FAILED": "bold red", "skipped": "yellow", "not run": "yellow"}


def show(rows: Sequence[Row], seconds: float) -> bool:
    """The table, and the summary as the last line. True when nothing failed."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(show_lines=True)
    for heading in ("check", "found", "s", ""):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"s", ""})
    for row in rows:
        took = f"{row.seconds:.0f}" if row.seconds else ""
        table.add_row(row.check, row.found, took, f"[{_STYLES[row.verdict]}]{row.verdict}")
    console.print(table)
    counted = {verdict: sum(row.verdict == verdict for row in rows) for verdict in _STYLES}
    good = not counted["FAILED"] and not counted["not run"]
    said = f"{counted['ok']} of {len(rows) - counted['skipped']} checks hold"
    print(f"{said}, {counted['skipped']} skipped by name, {seconds:.0f} s")
    return good
