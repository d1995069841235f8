"""Lambda: every function in as many processes as it needs, and no more than the box bears."""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final

from selfhosted.invocations import Invocation, Kind, Outcome, problem
from selfhosted.locality import arn
from selfhosted.processes import Process, Surroundings
from selfhosted.runtime_api import PAYLOAD_LIMIT, new_request_id
from selfhosted.template import Function

# An event that finds every process busy for this long, in seconds, is worth another process. Less
# would start one for a burst that is over before the new process has imported its modules.
SCALE_AFTER: Final = 0.1
IDLE_END: Final = 300.0
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
WAITING_LIMIT: Final = 10_000


class Allowance:
    """How many processes beyond the first all pools that share it may have together."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        # Python's imports are CPU alone: more starts at once than cores only delay each other.
        self.starting = asyncio.Semaphore(os.cpu_count() or 1)

    def take(self) -> bool:
        if self._free == 0:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        self._free += 1


class Pool:
    """The processes of one function. `ceiling` is how many of them run at most."""

    def __init__(
        self, function: Function, surroundings: Surroundings, ceiling: int, allowance: Allowance
    ) -> None:
        self.function = function
        self.surroundings = surroundings
        self.ceiling = ceiling
        self.arn = arn("lambda", f"function:{function.name}")
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._allowance = allowance
        self._processes: list[Process] = []
        self._idle: list[Process] = []
        self._waiting: deque[Invocation] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._scaling: asyncio.TimerHandle | None = None
        self._launching = 0
        self._pause = 0.0
        self._closed = False
        self.ended_by_themselves = 0

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid]

    @property
    def available(self) -> bool:
        """False while nothing runs and the last start failed: waiting would only time out."""
        return self._pause == 0 or any(process.ready for process in self._processes)

    def start(self) -> None:
        """Starts the first process; `started` ends with its readiness or its failure."""
        self._launch(extra=False)

    def invoke(self, payload: bytes) -> asyncio.Future[Outcome]:
        """Calls the function with a JSON event; the future never raises."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if len(payload) > PAYLOAD_LIMIT:
            text = (
                f"{len(payload)} byte payload is too large for the limit of {PAYLOAD_LIMIT} bytes"
            )
            outcome.set_result(problem(Kind.REFUSED, "RequestTooLargeException", text))
            return outcome
        if self._closed or not self.available or len(self._waiting) >= WAITING_LIMIT:
            outcome.set_result(problem(Kind.REFUSED, "TooManyRequestsException", "Rate Exceeded."))
            return outcome
        invocation = Invocation(new_request_id(), payload, outcome)
        if self._idle:
            self._idle.pop().run(invocation)
        else:
            self._waiting.append(invocation)
            self._consider_scaling()
        return outcome

    def offered(self, process: Process) -> None:
        """`process` is ready for its next invocation."""
        self._pause = 0.0
        if not self.started.done():
            self.started.set_result(None)
        while self._waiting:
            invocation = self._waiting.popleft()
            if not invocation.outcome.done():
                process.run(invocation)
                return
        self._idle.append(process)

    def withdrawn(self, process: Process) -> None:
        """`process` no longer waits for work."""
        if process in self._idle:
            self._idle.remove(process)

    def lost(self, process: Process, *, expected: bool) -> None:
        """`process` has ended; it is replaced where it is missed."""
        if process in self._processes:
            self._processes.remove(process)
        self.withdrawn(process)
        if process.extra:
            self._allowance.give_back()
        if self._closed or expected:
            return
        self.ended_by_themselves += 1
        if process.ready:
            self._replace(process)
        else:
            self._start_failed(process)

    def retire_idle(self) -> None:
        """Ends what has had nothing to do for IDLE_END seconds, but for one process."""
        horizon = time.monotonic() - IDLE_END
        for process in [p for p in self._idle if p.extra and p.idle_since < horizon]:
            self._idle.remove(process)
            self._spawn(process.stop(2.0))

    async def close(self, patience: float) -> None:
        """Lets what runs finish within `patience` seconds, then ends every process."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().end(
                problem(Kind.REFUSED, "ServiceException", "the host is stopping")
            )
        resting = (process.at_rest.wait() for process in self._processes if process.busy)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*resting), patience)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(process.stop(1.0) for process in list(self._processes)))

    def _consider_scaling(self) -> None:
        if self._scaling is None and len(self._processes) + self._launching < self.ceiling:
            loop = asyncio.get_running_loop()
            self._scaling = loop.call_later(SCALE_AFTER, self._scale)

    def _scale(self) -> None:
        self._scaling = None
        if self._waiting and not self._closed and not self._launching:
            all_ready = all(process.ready for process in self._processes)
            if all_ready and self._allowance.take():
                self._launch(extra=True)
        if self._waiting:
            self._consider_scaling()

    def _replace(self, process: Process) -> None:
        if not process.extra:
            self._launch(extra=False)
        elif self._waiting:
            self._consider_scaling()

    def _start_failed(self, process: Process) -> None:
        reason = process.init_error or "its process ended before it asked for work"
        message = f"function {self.function.name} does not start: {reason}"
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        if not self.started.done():
            self.started.set_exception(RuntimeError(message))
        self.surroundings.report(f"{message} (next try in {self._pause:g} s)")
        if not self._processes:
            while self._waiting:
                self._waiting.popleft().end(problem(Kind.CRASHED, "Runtime.InitError", reason))
        if not process.extra:
            self._launch(extra=False)

    def _launch(self, *, extra: bool) -> None:
        self._launching += 1
        self._spawn(self._start_process(Process(self, extra=extra), self._pause))

    async def _start_process(self, process: Process, pause: float) -> None:
        await asyncio.sleep(pause)
        async with self._allowance.starting:
            # Listed before it runs: it may have ended before we hear that it has begun.
            self._processes.append(process)
            self._launching -= 1
            try:
                await process.start()
            except OSError as error:
                process.init_error = str(error)
                self.lost(process, expected=False)
            else:
                await process.settled.wait()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
