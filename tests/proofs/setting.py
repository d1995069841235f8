"""The sizes of a run, and what the rows share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


def _silently(row: str, what: str) -> None:
    del row, what


@dataclass(frozen=True)
class Setting:
    """`alone` is held while a row loads the machine or measures: a row that only waits for time to
    pass lets go of it, so that another may work meanwhile. Where no row measures, a semaphore lets
    several work at once."""

    rounds: int = 10
    presses: int = 1000
    deals: int = 30
    outage_seconds: int = 60
    jobs: int = 200
    kills: int = 60
    retry_after: int = 20
    spread: float = 1.5
    """Seconds over which the copies of one webhook come."""
    links: int = 40
    visits: int = 10_000
    experiments: int = 2000
    clients: int = 150
    seconds_without_1c: int = 12
    seed: int = 1
    say: Callable[[str, str], None] = _silently
    alone: asyncio.Lock | asyncio.Semaphore = field(default_factory=asyncio.Lock)
