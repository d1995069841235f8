"""What a row came to, how the run is shown while it goes on, and the table at its end."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

_EVERY = 5.0
"""Seconds between two lines of the same stage where the terminal cannot overwrite one."""
_MOST_SHOWN = 5


@dataclass
class Checks:
    """Collects what does not hold; a row goes on after a failure, so that all of them are seen."""

    failures: list[str] = field(default_factory=list)

    def hold(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.failures.append(otherwise)

    def equal(self, what: str, found: Any, expected: Any) -> None:
        self.hold(found == expected, f"{what}: {found!r} instead of {expected!r}")


@dataclass(frozen=True)
class Finding:
    """One row of the table: what was done and what was found, in numbers."""

    did: str
    found: str
    failures: tuple[str, ...] = ()


class Progress:
    """One line on stderr that says what is going on and since when."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown: dict[str, float] = {}

    def say(self, row: str, what: str) -> None:
        now = time.monotonic()
        line = f"{now - self._began:5.0f} s  {row}: {what}"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line[:110]}", end="", file=sys.stderr, flush=True)
            return
        # Numbers and what waits elsewhere change all the time: not every change is worth a line.
        stage = f"{row} {re.sub('[0-9]+', 'n', what)}"
        if stage not in self._shown or now - self._shown[stage] >= _EVERY:
            self._shown[stage] = now
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def show(rows: Sequence[tuple[str, Finding]], seconds: float) -> None:
    """The table, every failure below it, and the summary as the last line."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(show_lines=True)
    for heading in ("proof", "done", "found", ""):
        table.add_column(heading, overflow="fold", no_wrap=heading == "")
    for name, finding in rows:
        verdict = "[bold red]FAILED" if finding.failures else "[green]ok"
        table.add_row(name, finding.did, finding.found, verdict)
    console.print(table)
    for name, finding in rows:
        for failure in finding.failures[:_MOST_SHOWN]:
            console.print(f"{name}: {failure}", style="red", markup=False)
        if len(finding.failures) > _MOST_SHOWN:
            print(f"{name}: and {len(finding.failures) - _MOST_SHOWN} more")
    good = sum(not finding.failures for _, finding in rows)
    print(f"{good} of {len(rows)} proofs hold, {seconds:.0f} s")
