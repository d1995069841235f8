"""Presses and clicks a second through the self-hosted doors, against raw conditional updates.

The floor is what boto3 alone reaches on the same database: as many processes as the door has, as
many calls under way as there are connections, and requests that are ready before the clock starts.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import uvloop

from switchboard.domain.identity import Worker
from switchboard.store.database import Request
from switchboard.store.jobs import press_request
from switchboard.store.links import visit_request
from tests.bench import clicks
from tests.bench.branch import BRANCH, DOOR, SECRET, RunningHost, press, taken, update
from tests.bench.cpu import Clock
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, pairs
from tests.bench.pressing import Load, storm
from tests.bench.raw_updates import RawUpdates

CONNECTIONS = 8
_A_JOB = 60
"""Presses on one job: no more, since an item that grows makes every write to it slower."""
_A_LINK = 20
"""Clicks on one link, for the same reason; from the 26th on each is two writes."""
_GOAL = 0.4
_WARMING = 8


class Window(NamedTuple):
    rate: float
    """Presses a second."""
    load: float
    """The share of the machine's CPU that went into asking for them."""
    spent: Mapping[str, float]
    """Milliseconds of CPU a press, by role."""


class Way(NamedTuple):
    """What is asked for through which door, and the write that it comes to."""

    name: str
    what: str
    door: str
    requests: Callable[[RunningHost, int], list[bytes]]
    updates: Callable[[RunningHost, int], list[Request]]
    is_good: Callable[[bytes], bool]


def measured(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    yield _measured(host, effort, PRESSES)


def measured_clicks(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    yield _measured(host, effort, CLICKS)


def _measured(host: RunningHost, effort: Effort, way: Way) -> Finding:
    processes = _warm(host, effort, way)
    ours: list[Window] = []
    floor: list[Window] = []
    with RawUpdates(host.aws, processes, CONNECTIONS // processes) as raw:
        _raw_window(host, raw, way, 2 * CONNECTIONS)
        for _ in effort.rounds(effort.windows):
            ours.append(_window(host, way, effort.presses))
            floor.append(_raw_window(host, raw, way, effort.presses))
    found = pairs([one.rate for one in ours], [one.rate for one in floor])
    return Finding(
        f"{way.name} a second through the door / raw conditional updates",
        f"{found.ours:.0f}/s",
        f"{found.floor:.0f}/s",
        f"{found.ratio:.2f}",
        f"≥ {_GOAL}",
        found.ratio >= _GOAL,
        (
            f"{CONNECTIONS} connections, {processes} door processes; {found.spread}",
            f"CPU of {way.what}: {_costs(ours)}; of a raw update: {_costs(floor)}",
            f"making the load took {fmean(one.load for one in ours):.1%} of the machine",
        ),
    )


def _costs(windows: Sequence[Window]) -> str:
    roles = {role for window in windows for role in window.spent}
    means = {role: fmean(one.spent.get(role, 0.0) for one in windows) for role in roles}
    dearest_first = sorted(means, key=lambda role: -means[role])
    return ", ".join(f"{role} {means[role]:.2f} ms" for role in dearest_first)


def _warm(host: RunningHost, effort: Effort, way: Way) -> int:
    """Asks until the host starts no more processes; how many its door has then."""
    before: set[int] = set()
    for _ in range(_WARMING):
        _window(host, way, effort.presses // 2)
        now = {pid: role for role, pid in host.processes()}
        if now.keys() == before:
            return sum(role == way.door for role in now.values())
        before = set(now)
        # One that was started a moment ago still imports its modules.
        time.sleep(1.0)
    raise NotMeasured("the host starts new processes all the while")


def _window(host: RunningHost, way: Way, number: int) -> Window:
    requests = way.requests(host, number)
    clock = Clock({pid: _role(name, way) for name, pid in host.processes()})
    load = uvloop.run(storm(host.url, requests, CONNECTIONS))
    spent = clock.spent_on_each(number)
    _check(load, way, number)
    return Window(number / load.seconds, load.cpu_share, spent)


def _raw_window(host: RunningHost, raw: RawUpdates, way: Way, number: int) -> Window:
    requests = way.updates(host, number)
    database = {pid: name for name, pid in host.processes() if name == "database"}
    clock = Clock(database | dict.fromkeys(raw.pids, "boto3"))
    rate = raw.rate(requests)
    return Window(rate, 0.0, clock.spent_on_each(number))


def _check(load: Load, way: Way, number: int) -> None:
    good = sum(map(way.is_good, load.answers))
    if good != number:
        raise NotMeasured(f"{number - good} of {number} {way.name} were answered otherwise")


def _role(name: str, way: Way) -> str:
    if name == way.door:
        return "door"
    return name if name in ("host", "database") else "workers"


def _in_turns(made: list[str], number: int) -> list[str]:
    """All in turn, as when several stand in the chat."""
    return [made[n % len(made)] for n in range(number)]


def _jobs(host: RunningHost, presses: int) -> list[str]:
    return _in_turns([taken(host.jobs) for _ in range(-(-presses // _A_JOB))], presses)


def _links(host: RunningHost, number: int) -> list[str]:
    made = [clicks.linked(host.links) for _ in range(-(-number // _A_LINK))]
    return _in_turns(made, number)


def _presses(host: RunningHost, number: int) -> list[bytes]:
    return [_request(update(job)) for job in _jobs(host, number)]


def _clicks(host: RunningHost, number: int) -> list[bytes]:
    return [clicks.request(code) for code in _links(host, number)]


def _request(body: str) -> bytes:
    head = (
        f"POST /telegram/{BRANCH} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _press_updates(host: RunningHost, number: int) -> list[Request]:
    """The door's own write, for other jobs."""
    return [
        press_request(
            host.jobs_table, BRANCH, press(job, Worker(id=992_000_000 + n, first_name="Пётр"))
        )
        for n, job in enumerate(_jobs(host, number))
    ]


def _click_updates(host: RunningHost, number: int) -> list[Request]:
    return [visit_request(host.links_table, code, clicks.visit()) for code in _links(host, number)]


PRESSES = Way(
    "presses",
    "a press",
    DOOR,
    _presses,
    _press_updates,
    lambda answer: "Иван" in answer.decode(),
)
CLICKS = Way(
    "clicks",
    "a click",
    clicks.DOOR,
    _clicks,
    _click_updates,
    lambda answer: answer.startswith(b"HTTP/1.1 302") and clicks.SITE.encode() in answer,
)
