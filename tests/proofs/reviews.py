"""`make proof-reviews`: from a closed deal to a score, a review and a bonus, as promised."""

import argparse
import asyncio
import sys
from dataclasses import replace

from tests.proofs.play import Rows, play
from tests.proofs.report import Progress
from tests.proofs.rows import (
    reviews_bad_input,
    reviews_crawlers,
    reviews_onec,
    reviews_peeking,
    reviews_people,
    reviews_presses,
    reviews_story,
)
from tests.proofs.setting import Setting

ROWS: Rows = {
    "1": (reviews_story.NAME, reviews_story.prove),
    "2": (reviews_crawlers.NAME, reviews_crawlers.prove),
    "3": (reviews_presses.NAME, reviews_presses.prove),
    "4": (reviews_peeking.NAME, reviews_peeking.prove),
    "5": (reviews_people.NAME, reviews_people.prove),
    "6": (reviews_bad_input.NAME, reviews_bad_input.prove),
    "7": (reviews_onec.NAME, reviews_onec.prove),
}
_KILLS = 20
_QUICK = Setting(experiments=100, clients=12, kills=4, seconds_without_1c=3)
_QUICK_ROWS = ("5", "1", "6", "7", "4")
"""Rows 2 and 3 run small with the tests. The longest begins."""
_AT_ONCE = 4


def main() -> int:
    given = _arguments()
    progress = Progress()
    if given.quick:
        setting = replace(
            _QUICK, seed=given.seed, say=progress.say, alone=asyncio.Semaphore(_AT_ONCE)
        )
        return play(ROWS, _QUICK_ROWS, given.only, setting, progress)
    setting = Setting(
        links=given.links,
        visits=given.visits,
        presses=given.presses,
        experiments=given.experiments,
        clients=given.clients,
        kills=given.kills,
        seconds_without_1c=given.seconds_without_1c,
        seed=given.seed,
        say=progress.say,
    )
    return play(ROWS, tuple(ROWS), given.only, setting, progress)


def _arguments() -> argparse.Namespace:
    standard = Setting(kills=_KILLS)
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.reviews", description=__doc__)
    for name, what in (
        ("links", "row 2: links that crawlers open"),
        ("visits", "row 2: visits to them"),
        ("presses", "row 3: presses on one link at once"),
        ("experiments", "row 4: experiments in each scene"),
        ("clients", "row 5: clients who are asked"),
        ("kills", "row 5: processes killed"),
        ("seconds-without-1c", "row 7: how long 1C does not answer"),
        ("seed", "of everything that is left to chance"),
    ):
        number = getattr(standard, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=number, help=f"{what} ({number})")
    parser.add_argument("--quick", action="store_true", help="rows 1 and 4 to 7, small; as CI does")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), help="these rows alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
