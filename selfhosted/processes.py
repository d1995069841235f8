"""One process of a function under AWS's runtime client, from its start to its end."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from selfhosted import children
from selfhosted.invocations import Invocation, Kind, Outcome, problem
from selfhosted.locality import REGION
from selfhosted.runtime_api import PAYLOAD_LIMIT, RuntimeConnection, listen
from selfhosted.template import Function

# Lambda gives a function ten seconds to initialise; a loaded small box is given more.
INIT_LIMIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all function processes share: variables, packages, where their lines go."""

    environment: Mapping[str, str]
    layers: tuple[Path, ...]
    output: Callable[[bytes], None]
    report: Callable[[str], None]


class Owner(Protocol):
    """The pool that a process belongs to, as the process sees it."""

    function: Function
    surroundings: Surroundings
    arn: str

    def offered(self, process: "Process") -> None: ...
    def withdrawn(self, process: "Process") -> None: ...
    def lost(self, process: "Process", *, expected: bool) -> None: ...


class Process:
    """One process of a function, from its start to its end."""

    def __init__(self, owner: Owner, *, extra: bool) -> None:
        self._owner = owner
        self.extra = extra
        self.ready = False
        self.settled = asyncio.Event()
        self.at_rest = asyncio.Event()
        self.init_error: str | None = None
        self.idle_since = 0.0
        self._invocation: Invocation | None = None
        self._connection: RuntimeConnection | None = None
        self._serving: RuntimeConnection | None = None
        self._server: asyncio.Server | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._child: children.Child | None = None
        self._timed_out = False
        self._over = False

    @property
    def pid(self) -> int:
        return self._child.pid if self._child is not None else 0

    @property
    def busy(self) -> bool:
        return self._invocation is not None

    async def start(self) -> None:
        self._server, port = await listen(self)
        function = self._owner.function
        self._child = await children.start(
            [sys.executable, "-m", "awslambdaric", function.handler],
            folder=function.folder,
            environment=variables(function, self._owner.surroundings, port),
            on_output=self._owner.surroundings.output,
            on_exit=self._ended,
        )
        self._deadline = asyncio.get_running_loop().call_later(INIT_LIMIT, self.kill)

    def run(self, invocation: Invocation) -> None:
        """Gives an idle process something to do."""
        connection, self._connection = self._connection, None
        assert connection is not None  # noqa: S101 - only idle processes are given work
        self._invocation = invocation
        self._serving = connection
        self.at_rest.clear()
        timeout = self._owner.function.timeout
        self._deadline = asyncio.get_running_loop().call_later(timeout, self._time_out)
        connection.deliver(
            invocation.request_id,
            self._owner.arn,
            int((time.time() + timeout) * 1000),
            invocation.payload,
        )

    def wants_work(self, connection: RuntimeConnection) -> None:
        self._stop_clock()
        self._connection = connection
        self.ready = True
        self.settled.set()
        self.idle_since = time.monotonic()
        self._owner.offered(self)

    def answered(self, request_id: str, body: bytes) -> bool:
        if len(body) > PAYLOAD_LIMIT:
            message = f"Response payload size exceeded maximum allowed size ({PAYLOAD_LIMIT} bytes)"
            return self._finish(
                request_id, problem(Kind.RAISED, "Function.ResponseSizeTooLarge", message)
            )
        return self._finish(request_id, Outcome(Kind.ANSWERED, body))

    def failed(self, request_id: str, body: bytes) -> bool:
        return self._finish(request_id, Outcome(Kind.RAISED, body))

    def could_not_start(self, body: bytes) -> None:
        try:
            self.init_error = str(json.loads(body).get("errorMessage"))
        except ValueError:
            self.init_error = "it said nothing readable"

    def hung_up(self, connection: RuntimeConnection) -> None:
        """The runtime client holds one connection all its life: without it the process is lost."""
        if connection is self._connection or (self.busy and connection is self._serving):
            self._connection = None
            self._owner.withdrawn(self)
            self.kill()

    def kill(self) -> None:
        if self._child is not None:
            self._child.send(signal.SIGKILL)

    async def stop(self, patience: float) -> None:
        self._over = True
        if self._child is not None:
            await self._child.stop(patience)

    def _finish(self, request_id: str, outcome: Outcome) -> bool:
        invocation = self._invocation
        if invocation is None or invocation.request_id != request_id:
            return False
        self._invocation = None
        self.at_rest.set()
        self._stop_clock()
        invocation.end(outcome)
        return True

    def _time_out(self) -> None:
        self._timed_out = True
        self.kill()

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _ended(self) -> None:
        self._stop_clock()
        self.settled.set()
        self.at_rest.set()
        self._connection = None
        if self._server is not None:
            self._server.close()
        invocation, self._invocation = self._invocation, None
        if invocation is not None:
            invocation.end(self._last_words(invocation.request_id))
        self._owner.lost(self, expected=self._over)

    def _last_words(self, request_id: str) -> Outcome:
        if self._timed_out:
            seconds = self._owner.function.timeout
            return problem(
                Kind.TIMED_OUT,
                "Sandbox.Timedout",
                f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds",
            )
        return problem(
            Kind.CRASHED,
            "Runtime.ExitError",
            f"RequestId: {request_id} Error: Runtime exited without providing a reason",
        )


def variables(function: Function, surroundings: Surroundings, port: int) -> dict[str, str]:
    """The environment of a process, as Lambda sets it."""
    reserved = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"local/{port}",
        "AWS_LAMBDA_LOG_FORMAT": "JSON" if function.json_logs else "Text",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.folder),
        "_HANDLER": function.handler,
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(layer) for layer in surroundings.layers),
    }
    return {**surroundings.environment, **function.environment, **reserved}
