"""`make sim SEEDS=n`: many runs, or one again with its trace."""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter

from tests.simulation.run import Report, run


def main() -> int:
    given = _arguments()
    if given.seed is not None:
        return _again(given.seed, trace=given.trace)
    began = time.monotonic()
    faults: Counter[str] = Counter()
    failed: list[Report] = []
    risks = done = 0
    seeds = range(given.first, given.first + given.seeds)
    with multiprocessing.Pool(given.workers) as pool:
        for report in pool.imap_unordered(run, seeds, chunksize=10):
            done += 1
            faults += report.faults
            risks += report.risks
            if report.violations:
                failed.append(report)
            if done % 100 == 0 or done == given.seeds:
                seconds = time.monotonic() - began
                print(f"\r{done} runs, {len(failed)} failed, {seconds:.0f} s", end="", flush=True)
    print()
    _summary(failed, faults, risks, done, time.monotonic() - began)
    return int(bool(failed))


def _again(seed: int, *, trace: bool) -> int:
    report = run(seed, trace=trace)
    print("\n".join(report.trace))
    print(f"seed {seed}: {report.seconds:.0f} simulated seconds, faults {dict(report.faults)}")
    for violation in report.violations[:20]:
        print(f"  VIOLATION {violation}")
    return int(bool(report.violations))


def _summary(
    failed: list[Report], faults: Counter[str], risks: int, done: int, seconds: float
) -> None:
    print(f"runs           {done} in {seconds:.1f} s ({60 * done / seconds:.0f} a minute)")
    print(f"faults         {sum(faults.values())}")
    for name, times in faults.most_common():
        print(f"  {name:<20} {times}")
    print(f"residual risk  {risks} messages came twice where nothing could be read back")
    print(f"violations     {len(failed)} runs")
    for report in sorted(failed, key=lambda one: one.seed)[:20]:
        print(f"  seed {report.seed}: {report.violations[0][:300]}")
    if failed:
        first = min(report.seed for report in failed)
        print(f"see one again: make sim ARGS='--seed {first} --trace'")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=int(os.environ.get("SEEDS") or 1000))
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, help="run one seed alone")
    parser.add_argument("--trace", action="store_true", help="and show everything it did")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
