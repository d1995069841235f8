"""What a measurement came to, and the table of all of them."""

import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

_NOISY = 0.2
"""A middle half that is wider than this part of the ratio says little about the ratio."""


class NotMeasured(Exception):
    """A measurement could not be made; that is no missed goal, but an error."""


@dataclass(frozen=True)
class Finding:
    """One row. `notes` stand below the table: what the number is made of."""

    name: str
    ours: str
    floor: str
    ratio: str
    goal: str
    met: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pairs:
    """Ours and its floor, measured in turns. The ratio is the median of the pairs' own ratios,
    so that what slows the machine for a while slows both sides of a pair."""

    ours: float
    floor: float
    ratio: float
    low: float
    high: float
    number: int

    @property
    def spread(self) -> str:
        """The middle half of the pairs' ratios, and whether the machine was too busy for them."""
        noise = ": noisy, measure again" if self.high - self.low > _NOISY * self.ratio else ""
        return f"{self.number} pairs {self.low:.2f}…{self.high:.2f}{noise}"


def pairs(ours: Sequence[float], floor: Sequence[float]) -> Pairs:
    ratios = [one / other for one, other in zip(ours, floor, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    medians = statistics.median(ours), statistics.median(floor)
    return Pairs(*medians, middle, low, high, len(ratios))


def say(what: str) -> None:
    """Progress, for whoever waits."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}…", end="", file=sys.stderr, flush=True)
    else:
        print(f"{what}…", file=sys.stderr, flush=True)


def show(findings: Sequence[Finding], seconds: float, load: float) -> bool:
    """The table, its notes, and the summary as the last line. Whether every goal is met."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table()
    table.add_column("benchmark", overflow="fold")
    for heading in ("ours", "floor", "ratio", "goal"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for one in findings:
        verdict = "[green]met" if one.met else "[bold red]MISSED"
        table.add_row(one.name, one.ours, one.floor, one.ratio, one.goal, verdict)
    console.print(table)
    for one in findings:
        console.print(f"{one.name}", markup=False, highlight=False)
        for note in one.notes:
            console.print(f"  {note}", markup=False, highlight=False)
    met = sum(one.met for one in findings)
    print(
        f"{met} of {len(findings)} goals met, {seconds:.0f} s, "
        f"{os.cpu_count()} cores with a load of {load:.1f} before the run"
    )
    return met == len(findings)
