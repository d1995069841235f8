"""`make proof-dispatch`: what the dispatch promises, under storms, outages and kills."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.proofs.report import Finding, Progress, show
from tests.proofs.rows import kills, outage, race, repeats, slow_group
from tests.proofs.setting import Setting

Row = Callable[[Setting, Path], Awaitable[Finding]]

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
    chosen = tuple(given.only) if given.only else tuple(ROWS)
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
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-proof-") as folder:
            found = asyncio.run(_all(setting, chosen, Path(folder)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress.end()
        print("interrupted: nothing is proved", file=sys.stderr)
        return 130
    progress.end()
    rows = [(ROWS[key][0], found[key]) for key in ROWS if key in found]
    show(rows, time.monotonic() - began)
    return int(any(finding.failures for _, finding in rows))


async def _all(setting: Setting, chosen: tuple[str, ...], folder: Path) -> dict[str, Finding]:
    whole = asyncio.current_task()
    assert whole is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)
    async with asyncio.TaskGroup() as group:
        tasks = {
            key: group.create_task(_row(key, setting, folder / f"row{key}"))
            for key in _ORDER
            if key in chosen
        }
    return {key: task.result() for key, task in tasks.items()}


async def _row(key: str, setting: Setting, folder: Path) -> Finding:
    """A row that breaks off has failed; the others go on."""
    _, prove = ROWS[key]
    try:
        return await prove(setting, folder)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        return Finding("broke off", "", (what,))


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
