"""Initialisation of the Telegram door under the Lambda runtime emulator that the SAM CLI ships.

The emulator starts the runtime as Lambda does, hands it one request at a time, and reports how
long initialisation took (`INIT REPORT`: from the start of the process until it asks for its first
event) and the first request with it (`Duration` of its first `REPORT`; its `Init Duration` there
is no figure: it has begun before the process is started). The floor is a function that has clients
of DynamoDB and of SQS and does nothing; the door makes its clients with the first request, so that
the whole is what compares. No memory size is imposed: ratios count, not times.
"""

import json
import os
import platform
import re
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from selfhosted.children import dies_with
from tests.deploy.places import LOCAL, ROOT
from tests.deploy.report import Failed, hold

_LAYER = LOCAL / "opt" / "python"
_FLOOR = ROOT / "tests" / "bench" / "floor"
# What Lambda's image has beside the standard library.
_RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
_INVOKE = "/2015-03-31/functions/function/invocations"
_INIT = re.compile(rb"INIT REPORT\(durationMs: ([0-9.]+)\)")
_FIRST = re.compile(rb"REPORT RequestId: .*?Init Duration: .*?\tDuration: ([0-9.]+) ms")
_SECONDS = 20.0


class Start(NamedTuple):
    """Milliseconds of initialisation, and of it together with the first request."""

    initialised: float
    answered: float


def runtime_emulator() -> Path | None:
    """The SAM CLI's binary for this machine; None where it has none."""
    kind = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "none")
    pattern = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{kind}"
    return next((ROOT / ".venv-sam").glob(pattern), None)


def compared(
    program: Path,
    function: Path,
    variables: Mapping[str, str],
    event: Any,
    rounds: int,
    scratch: Path,
) -> tuple[list[Start], list[Start]]:
    """(the function's starts, the floor's), in turn, so that both meet the same machine.

    The first of each only fills the machine's caches and is left out.
    """
    environment = {**variables, "PYTHONPATH": f"{_LAYER}{os.pathsep}{_runtime(scratch)}"}
    ours: list[Start] = []
    floors: list[Start] = []
    for number in range(rounds + 1):
        pair = (
            _start(program, function, environment, event),
            _start(program, _FLOOR, environment, event),
        )
        if number:
            ours.append(pair[0])
            floors.append(pair[1])
    return ours, floors


def ratio(ours: list[float], floors: list[float]) -> str:
    """Medians, and the median of the pairs' ratios with its range."""
    ratios = [one / floor for one, floor in zip(ours, floors, strict=True)]
    return (
        f"{statistics.median(ours):.0f} ms against {statistics.median(floors):.0f} ms: "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def _runtime(scratch: Path) -> Path:
    """A folder with Lambda's own packages alone: everything else installed here stays unseen."""
    folder = scratch / "runtime"
    folder.mkdir(exist_ok=True)
    for name in _RUNTIME:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise Failed(f"{name} is not installed")
        origin = Path(found.origin)
        here = origin.parent if origin.name == "__init__.py" else origin
        if not (folder / here.name).exists():
            (folder / here.name).symlink_to(here)
    return folder


def _start(program: Path, folder: Path, environment: Mapping[str, str], event: Any) -> Start:
    door, runtime = _free_port(), _free_port()
    process = subprocess.Popen(
        [
            program,
            *("--runtime-interface-emulator-address", f"127.0.0.1:{door}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime}"),
            *(sys.executable, "-S", "-m", "awslambdaric", "handler.handler"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
            "LAMBDA_TASK_ROOT": str(folder),
            **environment,
        },
        start_new_session=True,
        preexec_fn=dies_with(os.getpid()),
    )
    try:
        answer = _invoked(f"http://127.0.0.1:{door}{_INVOKE}", event)
        hold(answer.get("statusCode") == 200, f"{folder.name} answered {answer}")
        printed = _printed_until(process, _FIRST)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return Start(*(float(one) for one in _figures(printed)))


def _invoked(url: str, event: Any) -> dict[str, Any]:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            answer: dict[str, Any] = httpx.post(
                url, content=json.dumps(event), timeout=_SECONDS
            ).json()
        except httpx.ConnectError:
            # The emulator listens a moment after its start; nothing has been handed over yet.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return answer


def _printed_until(process: "subprocess.Popen[bytes]", said: "re.Pattern[bytes]") -> bytes:
    """What it has printed when the pattern is there; the report comes after the answer."""
    assert process.stdout is not None
    printed = b""
    deadline = time.monotonic() + _SECONDS
    while not said.search(printed):
        ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
        more = os.read(process.stdout.fileno(), 65536) if ready else b""
        if not more:
            raise Failed(f"the runtime emulator reports no start: {printed[-500:].decode()}")
        printed += more
    return printed


def _figures(printed: bytes) -> Iterator[bytes]:
    for pattern in (_INIT, _FIRST):
        found = pattern.search(printed)
        if found is None:
            raise Failed(f"the runtime emulator reports no start: {printed[-500:].decode()}")
        yield found[1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
