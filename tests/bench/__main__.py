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

from tests.bench import calls, initialisation, inside, throughput
from tests.bench.branch import RunningHost
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, say, show

ROWS = ("inside", "start", "calls", "throughput")


def main() -> int:
    given = _arguments()
    chosen, effort = given.only or ROWS, Effort.QUICK if given.quick else Effort.FULL
    # So that the host and its folder go too when CI's patience ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, load = time.monotonic(), os.getloadavg()[0]
    try:
        findings = list(_measured(chosen, effort))
    except NotMeasured as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    met = show(findings, time.monotonic() - began, load)
    return 0 if met or not given.strict else 1


def _measured(chosen: tuple[str, ...], effort: Effort) -> Iterator[Finding]:
    # Before the host runs: it would take turns with what is measured.
    if "inside" in chosen:
        say("a press inside the handler")
        yield from inside.measured(effort)
    if set(chosen) == {"inside"}:
        return
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs: under 30 s, more noise")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    parser.add_argument("--only", nargs="+", choices=ROWS, help="these measurements alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
