"""Presses a second through the self-hosted door, against raw conditional updates a second.

The floor is what boto3 alone reaches on the same database: as many processes as the door has, as
many calls under way as there are connections, and requests that are ready before the clock starts.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import uvloop

from switchboard.domain.identity import Worker
from switchboard.store.database import Request
from switchboard.store.jobs import press_request
from tests.bench.branch import BRANCH, DOOR, SECRET, RunningHost, press, taken, update
from tests.bench.cpu import Clock
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, pairs
from tests.bench.pressing import Load, storm
from tests.bench.raw_updates import RawUpdates

CONNECTIONS = 8
_A_JOB = 60
"""Presses on one job: no more, since an item that grows makes every write to it slower."""
_GOAL = 0.4
_WARMING = 8


class Window(NamedTuple):
    rate: float
    """Presses a second."""
    load: float
    """The share of the machine's CPU that went into asking for them."""
    spent: Mapping[str, float]
    """Milliseconds of CPU a press, by role."""


def measured(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    processes = _warm(host, effort)
    ours: list[Window] = []
    floor: list[Window] = []
    with RawUpdates(host.aws, processes, CONNECTIONS // processes) as raw:
        _raw_window(host, raw, 2 * CONNECTIONS)
        for _ in effort.rounds(effort.windows):
            ours.append(_window(host, effort.presses))
            floor.append(_raw_window(host, raw, effort.presses))
    found = pairs([one.rate for one in ours], [one.rate for one in floor])
    yield Finding(
        "presses a second through the door / raw conditional updates",
        f"{found.ours:.0f}/s",
        f"{found.floor:.0f}/s",
        f"{found.ratio:.2f}",
        f"≥ {_GOAL}",
        found.ratio >= _GOAL,
        (
            f"{CONNECTIONS} connections, {processes} door processes; {found.spread}",
            f"CPU of a press: {_costs(ours)}; of a raw update: {_costs(floor)}",
            f"making the load took {fmean(one.load for one in ours):.1%} of the machine",
        ),
    )


def _costs(windows: Sequence[Window]) -> str:
    roles = {role for window in windows for role in window.spent}
    means = {role: fmean(one.spent.get(role, 0.0) for one in windows) for role in roles}
    dearest_first = sorted(means, key=lambda role: -means[role])
    return ", ".join(f"{role} {means[role]:.2f} ms" for role in dearest_first)


def _warm(host: RunningHost, effort: Effort) -> int:
    """Presses until the host starts no more processes; how many its door has then."""
    before: set[int] = set()
    for _ in range(_WARMING):
        _window(host, effort.presses // 2)
        now = {pid: role for role, pid in host.processes()}
        if now.keys() == before:
            return sum(role == DOOR for role in now.values())
        before = set(now)
        # One that was started a moment ago still imports its modules.
        time.sleep(1.0)
    raise NotMeasured("the host starts new processes all the while")


def _window(host: RunningHost, presses: int) -> Window:
    requests = [_request(update(job)) for job in _jobs(host, presses)]
    clock = Clock({pid: _role(name) for name, pid in host.processes()})
    load = uvloop.run(storm(host.url, requests, CONNECTIONS))
    spent = clock.spent_on_each(presses)
    _check(load, presses)
    return Window(presses / load.seconds, load.cpu_share, spent)


def _raw_window(host: RunningHost, raw: RawUpdates, number: int) -> Window:
    requests = _updates(host, number)
    database = {pid: name for name, pid in host.processes() if name == "database"}
    clock = Clock(database | dict.fromkeys(raw.pids, "boto3"))
    rate = raw.rate(requests)
    return Window(rate, 0.0, clock.spent_on_each(number))


def _check(load: Load, presses: int) -> None:
    told = sum("Иван" in answer.decode() for answer in load.answers)
    if told != presses:
        raise NotMeasured(f"{presses - told} of {presses} presses were not told who has the job")


def _jobs(host: RunningHost, presses: int) -> list[str]:
    """The job of each press: all jobs in turn, as when several posts stand in the chat."""
    jobs = [taken(host.jobs) for _ in range(-(-presses // _A_JOB))]
    return [jobs[number % len(jobs)] for number in range(presses)]


def _request(body: str) -> bytes:
    head = (
        f"POST /telegram/{BRANCH} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _updates(host: RunningHost, number: int) -> list[Request]:
    """The door's own write, for other jobs."""
    return [
        press_request(
            host.jobs_table, BRANCH, press(job, Worker(id=992_000_000 + n, first_name="Пётр"))
        )
        for n, job in enumerate(_jobs(host, number))
    ]


def _role(name: str) -> str:
    if name == DOOR:
        return "door"
    return name if name in ("host", "database") else "workers"
