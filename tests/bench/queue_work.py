"""Messages a second through the host's queues, against raw conditional updates a second.

A message is sent, handed to a function that does nothing, and deleted: three conditional writes.
The floor is what boto3 alone reaches on the same database, so a host as dear as boto3, and with
nothing to do beside its writes, would reach a third of it. Both take turns for as long as one
likes: a host that slows down shows in the last third of the run beside the first, and one that
takes more and more memory in what it has at the end.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from switchboard.store.database import Request
from tests.bench.finding import Finding, NotMeasured, pairs, say
from tests.bench.raw_updates import RawUpdates
from tests.selfhosted.running_host import RunningHost

WRITES = 3
"""PutItem to send, UpdateItem to lease, PutItem of a memory in place of the message to delete."""
_GOAL = 0.33
_STEADY = 0.8
_GROWN = 1.5
_ENOUGH = 30
"""Turns from which on a difference between the thirds of a run is no mere chance."""
_TEMPLATE = Path(__file__).with_name("queue_project") / "template.yaml"
_MESSAGES = 500
_UPDATES = 400
_GROUPS = 40
_SENDERS = 4
_AT_ONCE = 10
_RAW_PROCESSES, _RAW_CALLS = 2, 4
_BODY = json.dumps(
    {"kind": "settle", "branch": "bench", "job": "amocrm-41000001", "more": "x" * 200}
)
_LOOK = 0.05
_STUCK = 60.0


class Turn(NamedTuple):
    """Messages and raw updates a second, one after the other."""

    messages: float
    updates: float


def measured(seconds: float) -> Iterator[Finding]:
    """Runs for about so long, besides starting and stopping."""
    with tempfile.TemporaryDirectory(prefix="switchboard-bench-") as folder:
        host = RunningHost(Path(folder) / "data", template=_TEMPLATE)
        try:
            host.wait_ready()
            yield from _findings(host, seconds)
        finally:
            host.close()


def _findings(host: RunningHost, seconds: float) -> Iterator[Finding]:
    work = _Work(host)
    with RawUpdates(host.variables, _RAW_PROCESSES, _RAW_CALLS) as raw:
        _turn(work, raw)  # Processes start and modules are read.
        before, began = _memory(host), time.monotonic()
        turns: list[Turn] = []
        while time.monotonic() - began < seconds or len(turns) < 6:
            turns.append(_turn(work, raw))
            if len(turns) % 100 == 0:
                say(f"queue work, {(time.monotonic() - began) / 60:.0f} minutes")
        lasted, after = time.monotonic() - began, _memory(host)
    yield _throughput(turns, lasted)
    if len(turns) >= _ENOUGH:
        yield _drift(turns)
    yield _growth(before, after)


def _throughput(turns: list[Turn], lasted: float) -> Finding:
    found = pairs([one.messages for one in turns], [one.updates for one in turns])
    return Finding(
        "messages a second through the host's queue / raw conditional updates",
        f"{found.ours:.0f}/s",
        f"{found.floor:.0f}/s",
        f"{found.ratio:.2f}",
        f"≥ {_GOAL}",
        found.ratio >= _GOAL,
        (
            f"sent, given to a function, deleted: {WRITES} conditional writes, so the host makes"
            f" {found.ratio * WRITES:.2f} times as many as boto3 does; {found.spread}",
            f"{_MESSAGES * len(turns)} messages in {lasted / 60:.1f} min; last third / first third"
            f" {_change(turns):.2f}{'' if len(turns) >= _ENOUGH else ': too short to judge by'}",
        ),
    )


def _drift(turns: list[Turn]) -> Finding:
    first, last = _thirds(turns)
    return Finding(
        "the same, last third of the run / first third",
        f"{last:.3f}",
        f"{first:.3f}",
        f"{last / first:.2f}",
        f"≥ {_STEADY}",
        last / first >= _STEADY,
    )


def _growth(before: dict[str, float], after: dict[str, float]) -> Finding:
    sizes = ", ".join(f"{who} {before[who]:.0f} → {after[who]:.0f} MB" for who in before)
    grown = after["host"] / before["host"]
    return Finding(
        "memory of the host after queue work / before",
        f"{after['host']:.0f} MB",
        f"{before['host']:.0f} MB",
        f"{grown:.2f}",
        f"≤ {_GROWN}",
        grown <= _GROWN,
        (f"resident: {sizes}",),
    )


def _change(turns: list[Turn]) -> float:
    first, last = _thirds(turns)
    return last / first


def _thirds(turns: list[Turn]) -> tuple[float, float]:
    """The ratio to the floor in the first and in the last third of the run."""
    third = len(turns) // 3
    return _ratio(turns[:third]), _ratio(turns[-third:])


def _ratio(turns: list[Turn]) -> float:
    return median(one.messages / one.updates for one in turns)


def _turn(work: "_Work", raw: RawUpdates) -> Turn:
    messages = work.rate(_MESSAGES)
    return Turn(messages, raw.rate(work.updates(_UPDATES)))


class _Work:
    def __init__(self, host: RunningHost) -> None:
        self._sqs = host.client("sqs")
        self._url = host.queue("work.fifo")
        self._sent = 0
        self._updated = 0

    def rate(self, messages: int) -> float:
        """Messages a second, from the first one's sending to the last one's deletion."""
        numbers = range(self._sent, self._sent + messages)
        self._sent += messages
        batches = [numbers[at : at + _AT_ONCE] for at in range(0, messages, _AT_ONCE)]
        began = time.monotonic()
        with ThreadPoolExecutor(_SENDERS) as pool:
            for answer in pool.map(self._send, batches):
                if answer.get("Failed"):
                    raise NotMeasured(f"the queue refuses messages: {answer['Failed']}")
        while self._waiting():
            if time.monotonic() - began > _STUCK:
                raise NotMeasured("the queue does not become empty")
            time.sleep(_LOOK)
        return messages / (time.monotonic() - began)

    def updates(self, number: int) -> list[Request]:
        """Conditional updates of as many items as there are groups, as large as a message."""
        numbers = range(self._updated, self._updated + number)
        self._updated += number
        return [
            {
                "TableName": "raw",
                "Key": {"pk": {"S": "raw"}, "sk": {"S": str(n % _GROUPS)}},
                "UpdateExpression": "SET attempts = :next, body = :body",
                "ConditionExpression": "attribute_not_exists(attempts) OR attempts <> :next",
                "ExpressionAttributeValues": {":next": {"N": str(n)}, ":body": {"S": _BODY}},
            }
            for n in numbers
        ]

    def _send(self, numbers: range) -> Any:
        entries = [
            {
                "Id": str(n),
                "MessageBody": _BODY,
                "MessageGroupId": f"bench#{n % _GROUPS}",
                "MessageDeduplicationId": str(n),
            }
            for n in numbers
        ]
        return self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)

    def _waiting(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


def _memory(host: RunningHost) -> dict[str, float]:
    """Resident megabytes of the host, its database, and all processes of its function."""
    state = host.state()
    functions = sum(_resident(pid) for pids in state["functions"].values() for pid in pids)
    return {
        "host": _resident(state["pid"]),
        "database": _resident(state["database_pid"]),
        "functions": functions,
    }


def _resident(pid: int) -> float:
    """proc(5), `status`; 0 for a process that has ended."""
    try:
        said = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    return int(lines.get("VmRSS", "0 kB").split()[0]) / 1024
