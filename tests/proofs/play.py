"""Plays the rows of a proof, each in a folder of its own, and shows their table."""

import asyncio
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.proofs.report import Finding, Progress, show
from tests.proofs.setting import Setting

Row = Callable[[Setting, Path], Awaitable[Finding]]
Rows = Mapping[str, tuple[str, Row]]
"""By the row's number: its name, and what proves it."""


def play(
    rows: Rows,
    order: Sequence[str],
    only: Sequence[str] | None,
    setting: Setting,
    progress: Progress,
) -> int:
    """The exit code. `order` is that of the beginnings."""
    chosen = [key for key in order if not only or key in only]
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-proof-") as folder:
            found = asyncio.run(_all(rows, chosen, setting, Path(folder)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress.end()
        print("interrupted: nothing is proved", file=sys.stderr)
        return 130
    progress.end()
    table = [(rows[key][0], found[key]) for key in rows if key in found]
    show(table, time.monotonic() - began)
    return int(any(finding.failures for _, finding in table))


async def _all(
    rows: Rows, chosen: Sequence[str], setting: Setting, folder: Path
) -> dict[str, Finding]:
    whole = asyncio.current_task()
    assert whole is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)
    async with asyncio.TaskGroup() as group:
        tasks = {
            key: group.create_task(_row(rows[key][1], setting, folder / f"row{key}"))
            for key in chosen
        }
    return {key: task.result() for key, task in tasks.items()}


async def _row(prove: Row, setting: Setting, folder: Path) -> Finding:
    """A row that breaks off has failed; the others go on."""
    try:
        return await prove(setting, folder)
    except Exception as error:
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        return Finding("broke off", "", (what,))
