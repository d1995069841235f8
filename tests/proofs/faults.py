"""`make proof-faults`: the self-hosted profile under violence, with real processes."""

import argparse
import sys

from tests.proofs.play import Rows, play
from tests.proofs.report import Progress
from tests.proofs.rows import full_disk, host_kills, port_taken, slow_database, two_hosts
from tests.proofs.setting import Setting

ROWS: Rows = {
    "1": (host_kills.NAME, host_kills.prove),
    "2": (two_hosts.NAME, two_hosts.prove),
    "3": (port_taken.NAME, port_taken.prove),
    "4": (slow_database.NAME, slow_database.prove),
    "5": (full_disk.NAME, full_disk.prove),
}
_KILLS = 100
_QUICK_KILLS = 15
_JOBS = 40


def main() -> int:
    given = _arguments()
    progress = Progress()
    kills = _QUICK_KILLS if given.quick else given.kills
    setting = Setting(kills=kills, jobs=given.jobs, seed=given.seed, say=progress.say)
    return play(ROWS, tuple(ROWS), given.only, setting, progress)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.faults", description=__doc__)
    for name, number, what in (
        ("kills", _KILLS, "row 1: how often something is killed"),
        ("jobs", _JOBS, "row 2: jobs that two hosts share"),
        ("seed", 1, "of everything that is left to chance"),
    ):
        parser.add_argument(f"--{name}", type=int, default=number, help=f"{what} ({number})")
    parser.add_argument("--quick", action="store_true", help=f"row 1 with {_QUICK_KILLS} kills")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), help="these rows alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
