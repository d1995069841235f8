"""What `switchboard status` looks at: how something stands, and whether that is well.

The limits are those of the alarms in template.yaml.
"""

import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from cli.connection import Connection
from cli.log_lines import lines, moment
from cli.status_queues import depths
from selfhosted import backup_state
from selfhosted import connection as host
from selfhosted.errors import HostError
from switchboard.playbook.store import PlaybookStore
from switchboard.store.deliveries import Deliveries
from switchboard.store.jobs import Jobs

OLDEST = 300.0
"""Seconds that something may wait."""
PROVIDER_ERRORS = 10
"""In five minutes; one that goes by itself needs nobody."""
BACKUP_AGE = timedelta(hours=48)
UNREADABLE = "-"
"""The branch of dead letters that cannot be read."""


class Check(NamedTuple):
    """`figures` are for programs; `said` is for a person."""

    name: str
    well: bool
    said: str
    figures: dict[str, Any]


def checks(data: Path, now: datetime) -> Iterator[Check]:
    """What can be seen. Without a running host that is the log and the last backup."""
    try:
        state = host.state(data)
        connection = Connection(data)
    except HostError as error:
        yield Check("host", False, str(error), {})
    else:
        yield _host(state, now)
        yield _doors(state["doors"])
        yield from _of_database(connection, now)
        yield _restarts(state)
    yield _providers(data, now)
    yield _backup(data, now)


def _host(state: dict[str, Any], now: datetime) -> Check:
    since = datetime.fromisoformat(state["since"])
    said = f"runs since {since.astimezone():%Y-%m-%d %H:%M}, pid {state['pid']}"
    seconds = round((now - since).total_seconds())
    return Check("host", True, said, {"pid": state["pid"], "seconds": seconds})


def _doors(address: str) -> Check:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/health", timeout=5) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        return Check("doors", False, f"{address} does not answer", {"address": address})
    said = f"{address} answers {status}"
    return Check("doors", status == 200, said, {"address": address, "status": status})


def _of_database(connection: Connection, now: datetime) -> Iterator[Check]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = [*_queues(connection, now), _pending(connection, now), _dead(connection)]
    except (BotoCoreError, ClientError) as error:
        yield Check("database", False, f"does not answer: {type(error).__name__}", {})
        return
    yield Check("database", True, "answers", {})
    yield from found


def _queues(connection: Connection, now: datetime) -> Iterator[Check]:
    for depth in depths(connection, now):
        said = f"{depth.waiting} waiting"
        if depth.waiting:
            said += f", the oldest for {depth.oldest_seconds:.0f} s"
        if depth.dead:
            said += f"; {depth.dead} given up after a hundred attempts"
        well = depth.oldest_seconds <= OLDEST and not depth.dead
        figures = {"waiting": depth.waiting, "oldest_seconds": depth.oldest_seconds}
        yield Check(f"queue {depth.name}", well, said, {**figures, "dead": depth.dead})


def _pending(connection: Connection, now: datetime) -> Check:
    """Presses that are not settled and outboxes that are not handed over."""
    jobs = Jobs(connection.database(), connection.name("JOBS_TABLE"))
    # A press of this very moment is no trouble, but it counts as one that waits.
    since = [one.since for one in jobs.pending_since(now + timedelta(minutes=1))]
    oldest = max(0.0, (now - min(since)).total_seconds()) if since else 0.0
    said = f"{len(since)} with something to settle"
    if since:
        said += f", the oldest for {oldest:.0f} s"
    figures = {"waiting": len(since), "oldest_seconds": round(oldest)}
    return Check("jobs", oldest <= OLDEST, said, figures)


def _dead(connection: Connection) -> Check:
    database = connection.database()
    deliveries = Deliveries(database, connection.name("DELIVERIES_TABLE"))
    branches = PlaybookStore(database, connection.name("SETTINGS_TABLE")).branches()
    count = sum(1 for name in (*branches, UNREADABLE) for _ in deliveries.dead(name))
    said = f"{count}; `switchboard dead list` tells why" if count else "none"
    return Check("dead letters", count == 0, said, {"count": count})


def _restarts(state: dict[str, Any]) -> Check:
    ended = {name: count for name, count in state["restarts"].items() if count}
    named = ", ".join(f"{name} {count}" for name, count in ended.items())
    said = f"ended by themselves and were started anew: {named}" if ended else "none was restarted"
    # A crash is mended by the restart; whoever watches sees the figure grow.
    return Check("processes", True, said, {"restarts": sum(ended.values()), "functions": ended})


def _providers(data: Path, now: datetime) -> Check:
    failures = list(_failures(data, now - timedelta(hours=1)))
    lately = sum(at > now - timedelta(minutes=5) for at, _ in failures)
    by_name = dict(Counter(name for _, name in failures))
    named = ", ".join(f"{name} {count}" for name, count in by_name.items())
    said = f"errors in the last hour: {named}" if failures else "no errors in the last hour"
    figures = {"last_hour": by_name, "last_five_minutes": lately}
    return Check("providers", lately <= PROVIDER_ERRORS, said, figures)


def _failures(data: Path, since: datetime) -> Iterator[tuple[datetime, str]]:
    for line in lines(data, '"provider failed"'):
        at = moment(line)
        if at is not None and at > since:
            yield at, str(line.get("provider", "unknown"))


def _backup(data: Path, now: datetime) -> Check:
    known = backup_state.read(data)
    last, failure = backup_state.last_success(data), known.get(backup_state.FAILURE)
    failed = _failed_since(failure, last)
    if last is None:
        said, well = "none is known", not failed
    else:
        said, well = f"of {last.astimezone():%Y-%m-%d %H:%M}", now - last <= BACKUP_AGE
    if failed:
        said += f"; the last attempt failed: {failed}"
    figures = {"at": last.astimezone(UTC).isoformat() if last else None, "failed": bool(failed)}
    return Check("backup", well and not failed, said, figures)


def _failed_since(failure: Any, last: datetime | None) -> str:
    """The reason of the last failure, where no success came after it."""
    if not isinstance(failure, dict):
        return ""
    try:
        at = datetime.fromisoformat(failure["at"])
    except (KeyError, TypeError, ValueError):
        return ""
    return str(failure.get("reason") or "no reason given") if last is None or at > last else ""
