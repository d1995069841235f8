"""`make proof-dispatch`: what the dispatch promises, under storms, outages and kills."""

import argparse
import sys

from tests.proofs.play import Row, play
from tests.proofs.report import Progress
from tests.proofs.rows import kills, outage, race, repeats, slow_group
from tests.proofs.setting import Setting

ROWS: dict[str, tuple[str, Row]] = {
    "1": (race.NAME, race.prove),
    "2": (repeats.NAME, repeats.prove),
    "3": (outage.NAME, outage.prove),
    "4": (kills.NAME, kills.prove),
    "5": (slow_group.NAME, slow_group.prove),
}
# The outage is mostly waiting: begun first, it waits while the others work.
_ORDER = ("3", "1", "2", "4", "5")


def main() -> int:
    given = _arguments()
    progress = Progress()
    setting = Setting(
        rounds=given.rounds,
        presses=given.presses,
        deals=given.deals,
        outage_seconds=given.outage_seconds,
        jobs=given.jobs,
        kills=given.kills,
        retry_after=given.retry_after,
        seed=given.seed,
        say=progress.say,
    )
    return play(ROWS, _ORDER, given.only, setting, progress)


def _arguments() -> argparse.Namespace:
    standard = Setting()
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.dispatch", description=__doc__)
    for name, what in (
        ("rounds", "row 1: jobs that are raced for"),
        ("presses", "row 1: workers who press at once"),
        ("deals", "row 2: deals that go through their stages"),
        ("outage-seconds", "row 3: how long amoCRM is down"),
        ("jobs", "row 4: jobs during which processes are killed"),
        ("kills", "row 4: processes killed"),
        ("retry-after", "row 5: seconds that Telegram asks for"),
        ("seed", "of everything that is left to chance"),
    ):
        number = getattr(standard, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=number, help=f"{what} ({number})")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), help="these rows alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
