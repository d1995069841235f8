"""`make fuzz`: spoilt bodies through every door and parser, or providers' spoilt answers through
every adapter, and what should not come of them."""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.fuzz import answers
from tests.fuzz.case import case
from tests.fuzz.doors import Doors
from tests.fuzz.examine import examine

_CHUNK = 500
_SHOWN = 10


class Finding(NamedTuple):
    number: int
    wrong: str


class Part(NamedTuple):
    """What a run of numbers came to."""

    bodies: int
    size: int
    came_to: Counter[str]
    findings: list[Finding]


def main() -> int:
    given = _arguments()
    if given.only is not None:
        return _again(given.of, given.seed, given.only)
    began, shown = time.monotonic(), 0.0
    total = Part(0, 0, Counter(), [])
    with multiprocessing.Pool(given.workers) as pool:
        parts = _parts(given.of, given.seed, given.first, given.bodies)
        for part in pool.imap_unordered(_examined, parts):
            for finding in part.findings[: max(0, _SHOWN - len(total.findings))]:
                _show(given.of, given.seed, finding)
            total = _sum(total, part)
            seconds = time.monotonic() - began
            if seconds - shown >= 5:
                shown = seconds
                print(f"{total.bodies} {given.of}, {seconds:.0f} s", flush=True)
            if given.seconds and seconds >= given.seconds:
                # Leaving the block ends the workers.
                break
    _summary(given.of, given.seed, total, time.monotonic() - began)
    return int(bool(total.findings))


@cache
def _doors() -> Doors:
    """One for each process: making them takes longer than a thousand bodies."""
    return Doors()


def _parts(of: str, seed: int, first: int, bodies: int) -> Iterator[tuple[str, int, range]]:
    end = first + bodies
    return ((of, seed, range(n, min(n + _CHUNK, end))) for n in range(first, end, _CHUNK))


def _examined(given: tuple[str, int, range]) -> Part:
    of, seed, numbers = given
    part = Part(len(numbers), 0, Counter(), [])
    size = 0
    for number in numbers:
        if of == "answers":
            outcome = answers.examine(seed, number)
        else:
            one = case(seed, number)
            outcome = examine(_doors(), one)
            size += len(one.body)
        part.came_to[outcome.what] += 1
        if outcome.wrong:
            part.findings.append(Finding(number, outcome.wrong))
    return part._replace(size=size)


def _sum(one: Part, other: Part) -> Part:
    came_to = one.came_to + other.came_to
    findings = one.findings + other.findings
    return Part(one.bodies + other.bodies, one.size + other.size, came_to, findings)


def _again(of: str, seed: int, number: int) -> int:
    if of == "answers":
        outcome = answers.examine(seed, number)
        print(f"came to   {outcome.what}")
        print(f"finding   {outcome.wrong or 'none'}")
        return int(bool(outcome.wrong))
    one = case(seed, number)
    outcome = examine(_doors(), one)
    print(f"door      {one.door}, {'admitted' if one.admitted else 'not admitted'}")
    print(f"event     {str(one.event)[:5000]}")
    print(f"body      {one.body[:5000]!r}")
    print(f"came to   {outcome.what}")
    print(f"finding   {outcome.wrong or 'none'}")
    return int(bool(outcome.wrong))


def _show(of: str, seed: int, finding: Finding) -> None:
    print(f"FINDING {finding.wrong}")
    print(f"  make fuzz ARGS='--of {of} --seed {seed} --only {finding.number}'", flush=True)


def _summary(of: str, seed: int, total: Part, seconds: float) -> None:
    for what, times in sorted(total.came_to.items()):
        print(f"  {what:<32} {times}")
    print(
        f"{total.bodies} {of} ({total.size / 1e6:.0f} MB) of seed {seed} in {seconds:.0f} s, "
        f"{total.bodies / seconds:.0f} a second: {len(total.findings)} findings"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--of", choices=["bodies", "answers"], default="bodies")
    parser.add_argument("--bodies", type=int, default=100_000, help="how many, answers too")
    parser.add_argument("--seconds", type=float, help="stop after so long, whatever is left")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first body")
    parser.add_argument("--only", type=int, help="examine this number alone, and show it")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
