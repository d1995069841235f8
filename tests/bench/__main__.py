"""`make bench`: ratios, each against a floor that is measured in the same run.

Numbers of seconds say more about a machine than about us; a ratio holds on any. What each one
means, its goal and how it stood last: docs/benchmarks.md.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import calls, cost, initialisation, inside, queue_work, throughput
from tests.bench.branch import RunningHost
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, say, show

ROWS = ("cost", "inside", "start", "calls", "throughput", "click", "queue")
_WITH_HOST = {"start", "calls", "throughput", "click"}


def main() -> int:
    given = _arguments()
    chosen, effort = given.only or ROWS, Effort.QUICK if given.quick else Effort.FULL
    # So that the host and its folder go too when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, load = time.monotonic(), os.getloadavg()[0]
    try:
        findings = list(_measured(chosen, effort, given.minutes))
    except NotMeasured as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    met = show(findings, time.monotonic() - began, load)
    return 0 if met or not given.strict else 1


def _measured(chosen: tuple[str, ...], effort: Effort, minutes: float | None) -> Iterator[Finding]:
    if "cost" in chosen:
        say("the cost of a job on AWS")
        yield from cost.measured()
    # Before the host runs: it would take turns with what is measured.
    if "inside" in chosen:
        say("a press inside the handler")
        yield from inside.measured(effort)
    if _WITH_HOST & set(chosen):
        yield from _measured_on_host(chosen, effort)
    if "queue" in chosen:
        say("queue work")
        yield from queue_work.measured(effort.work if minutes is None else minutes * 60)


def _measured_on_host(chosen: tuple[str, ...], effort: Effort) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory(prefix="switchboard-bench-") as folder:
        say("starting the host")
        with RunningHost(Path(folder)) as host:
            if "start" in chosen:
                say("starts of the Telegram door")
                yield from initialisation.measured(host, effort)
            if "calls" in chosen:
                say("calls to AWS")
                yield from calls.measured(host)
            if "throughput" in chosen:
                say("presses through the door")
                yield from throughput.measured(host, effort)
            if "click" in chosen:
                yield from _measured_clicks(host, effort)


def _measured_clicks(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    say("starts of the click door")
    yield from initialisation.measured_clicks(host, effort)
    say("a click's calls to AWS")
    yield from calls.measured_clicks(host)
    say("clicks through the door")
    yield from throughput.measured_clicks(host, effort)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: a minute, more noise")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    parser.add_argument("--only", nargs="+", choices=ROWS, help="these measurements alone")
    parser.add_argument("--minutes", type=float, help="of queue work: hours show a slow leak")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
