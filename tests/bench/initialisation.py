"""From the start of a function's process to its first answer, under AWS's own runtime client.

The layer and the functions are those of `make layer-local`: what is shipped, with its bytecode, for
this machine's interpreter. -S keeps everything else that is installed here out of sight.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import clicks
from tests.bench.branch import DOOR, ROOT, RunningHost, event, offered, taken, update
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, Pairs, pairs

_BUILT = ROOT / ".make" / "local"
_LAYER = _BUILT / "opt" / "python"
_TELEGRAM = _BUILT / "functions" / "telegram_webhook"
_CLICK = _BUILT / "functions" / "click"
_FLOOR = Path(__file__).parent / "floor"
# What Lambda's image has beside the standard library.
_RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
_GOAL = 1.5
_LIMIT = 30.0


class Start(NamedTuple):
    """Milliseconds since the process was started: when it asked for work, when it answered.

    `cpu` are the milliseconds of CPU that it took in all.
    """

    asked: float
    answered: float
    cpu: float


def measured(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    variables = _variables(host, DOOR)
    losers: list[Start] = []
    winners: list[Start] = []
    floors: list[Start] = []
    for run in effort.rounds(effort.starts + 1):
        starts = (
            _start(_TELEGRAM, variables, event(update(taken(host.jobs))), "Иван"),
            _start(_TELEGRAM, variables, event(update(offered(host.jobs))), "answerCallbackQuery"),
            _start(_FLOOR, variables, event(update("amocrm-0")), "200"),
        )
        # The first of each only fills the machine's caches.
        if run > 0:
            for kind, one in zip((losers, winners, floors), starts, strict=True):
                kind.append(one)
    yield _finding(
        "start of the door until a press is answered / two boto3 clients",
        losers,
        floors,
        ("where the press wins", winners),
    )


def measured_clicks(host: RunningHost, effort: Effort) -> Iterator[Finding]:
    """The same for the click door; the floor is the same one."""
    variables = _variables(host, clicks.DOOR)
    visits: list[Start] = []
    presses: list[Start] = []
    floors: list[Start] = []
    for run in effort.rounds(effort.starts + 1):
        plain = clicks.linked(host.links)
        bonus = clicks.linked(host.links, bonus=300)
        starts = (
            _start(_CLICK, variables, clicks.event(plain), "302"),
            _start(_CLICK, variables, clicks.event(bonus, "POST"), "303"),
            _start(_FLOOR, variables, clicks.event(plain), "200"),
        )
        if run > 0:
            for kind, one in zip((visits, presses, floors), starts, strict=True):
                kind.append(one)
    yield _finding(
        "start of the click door until a click is led on / two boto3 clients",
        visits,
        floors,
        ("where it is the first press", presses),
    )


def _finding(
    name: str, ours: list[Start], floors: list[Start], dearer: tuple[str, list[Start]]
) -> Finding:
    """Judged by `ours`; `dearer` are starts that also open SQS, and are only told of."""
    found, asked, cpu = _compared(ours, floors)
    when, starts = dearer
    beside, _, _ = _compared(starts, floors)
    return Finding(
        name,
        f"{found.ours:.0f} ms",
        f"{found.floor:.0f} ms",
        f"{found.ratio:.2f}",
        f"≤ {_GOAL}",
        found.ratio <= _GOAL,
        (
            f"{found.spread}; CPU {cpu.ours:.0f} ms against {cpu.floor:.0f} ms: "
            f"{cpu.ratio:.2f} ({cpu.spread})",
            f"asks for its first event after {asked.ours:.0f} ms against {asked.floor:.0f} ms: "
            f"{asked.ratio:.2f}",
            f"{when}, which takes a message to SQS: {beside.ours:.0f} ms, "
            f"{beside.ratio:.2f} ({beside.spread})",
        ),
    )


def _compared(ours: list[Start], floors: list[Start]) -> tuple[Pairs, Pairs, Pairs]:
    """By when it answered, by when it asked for work, and by CPU."""
    return (
        pairs([one.answered for one in ours], [one.answered for one in floors]),
        pairs([one.asked for one in ours], [one.asked for one in floors]),
        pairs([one.cpu for one in ours], [one.cpu for one in floors]),
    )


def _variables(host: RunningHost, door: str) -> dict[str, str]:
    if not (_LAYER / "switchboard").is_dir():
        raise NotMeasured(f"there is no layer in {_LAYER.relative_to(ROOT)}: run make layer-local")
    runtime = host.data.parent / f"runtime-{door}"
    runtime.mkdir()
    for name in _RUNTIME:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise NotMeasured(f"{name} is not installed")
        origin = Path(found.origin)
        here = origin.parent if origin.name == "__init__.py" else origin
        (runtime / here.name).symlink_to(here)
    return host.door_environment(door) | {"PYTHONPATH": f"{_LAYER}:{runtime}"}


def _start(folder: Path, variables: dict[str, str], asked_for: Any, expected: str) -> Start:
    """Starts a process, gives it one event, and ends it when it has answered.

    `expected` stands in its body, or in the whole answer where there is none.
    """
    payload = json.dumps(asked_for).encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(_LIMIT)
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", "handler.handler"],
            cwd=folder,
            env={
                **variables,
                "AWS_LAMBDA_RUNTIME_API": address,
                "LAMBDA_TASK_ROOT": str(folder),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with listening.accept()[0] as connection:
                connection.settimeout(_LIMIT)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if b"/runtime/invocation/next" not in connection.recv(65536):
                    raise NotMeasured(f"{folder.name} does not start")
                asked = time.monotonic()
                connection.sendall(_invocation(payload))
                answer = _request(connection)
                answered = time.monotonic()
        except OSError as error:
            raise NotMeasured(f"{folder.name} does not answer: {error}") from None
        finally:
            process.kill()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    # The runtime client escapes what is not ASCII, and the handler's body is JSON within JSON.
    if expected not in (json.loads(answer).get("body") or answer.decode()):
        raise NotMeasured(f"{folder.name} answered {answer.decode()}")
    cpu = used.ru_utime + used.ru_stime
    return Start((asked - began) * 1e3, (answered - began) * 1e3, cpu * 1e3)


def _invocation(payload: bytes) -> bytes:
    """The Runtime API's answer to a function that asks for its next event."""
    deadline = int((time.time() + _LIMIT) * 1000)
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:bench"
        f"\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def _request(connection: socket.socket) -> bytes:
    """The body of the request that comes next."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < length:
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the process ended")
    return received
