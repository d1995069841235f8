"""A backup every day at the same local time, or soon after the start where that was missed."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from selfhosted import backup_state, children
from selfhosted.backup_folder import Retention
from selfhosted.backup_order import Order, told

# After the start, functions and queues come first, in seconds.
FIRST_LOOK: Final = 3.0
# Looks instead of one long sleep: clocks are set, and laptops sleep.
LOOK: Final = 20.0
RETRY: Final = timedelta(minutes=15)
PATIENCE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Daily:
    """The order for every day: `at` is this machine's local time, `keys` are public keys of age."""

    folder: Path
    keys: tuple[str, ...]
    at: time = time(3, 30)
    retention: Retention = field(default_factory=Retention)


def due(at: time, last_success: datetime | None, last_try: datetime | None, now: datetime) -> bool:
    """Whether a backup should be made `now`; moments know their time zone."""
    if last_try is not None and now - RETRY < last_try <= now:
        return False
    # One from the future was made by a clock that was wrong.
    return last_success is None or not _latest(at, now) <= last_success <= now


class DailyBackup:
    def __init__(
        self,
        daily: Daily,
        data: Path,
        stack: str,
        report: Callable[[str], None],
        *,
        first_look: float = FIRST_LOOK,
    ) -> None:
        self._at = daily.at
        self._order = Order(data, daily.folder, daily.keys, stack, daily.retention)
        self._report = report
        self._first_look = first_look
        self._last_try: datetime | None = None

    async def run(self) -> None:
        """Until cancelled. A backup that fails is reported and tried again."""
        await asyncio.sleep(self._first_look)
        while True:
            now = datetime.now(UTC)
            if due(self._at, backup_state.last_success(self._order.data), self._last_try, now):
                self._last_try = now
                await self._make()
            await asyncio.sleep(LOOK)

    async def _make(self) -> None:
        try:
            said = await self._run_process()
        except OSError as error:
            said = str(error)
        outcome = _outcome(said)
        if "file" in outcome:
            self._report(f"backup: {told(outcome)}")
            return
        reason = outcome.get("reason")
        if reason is None:
            reason = f"it ended before it was done: {said.strip()[-200:]}"
            backup_state.note(self._order.data, backup_state.FAILURE, reason=reason)
        minutes = int(RETRY.total_seconds() / 60)
        self._report(f"the backup has failed: {reason}; it is tried again in {minutes} minutes")

    async def _run_process(self) -> str:
        said = bytearray()
        child = await children.start(
            [sys.executable, "-m", "selfhosted.backup_process", self._order.as_json()],
            folder=self._order.data,
            environment={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(Path(__file__).parents[1]),
            },
            on_output=said.extend,
            on_exit=lambda: None,
        )
        try:
            await asyncio.shield(child.ended)
        finally:
            await child.stop(PATIENCE)
        return said.decode(errors="replace")


def _latest(at: time, now: datetime) -> datetime:
    """The last time before `now` that the local clock showed `at`."""
    today = now.astimezone().date()
    moment = datetime.combine(today, at).astimezone()
    if moment <= now:
        return moment
    return datetime.combine(today - timedelta(days=1), at).astimezone()


def _outcome(said: str) -> dict[str, Any]:
    """What the process answered in its last line; empty where it did not."""
    try:
        answer = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}
