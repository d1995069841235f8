"""Functions, the processes that run them, and the wire between a process and everything else.

A process runs one invocation at a time, as in Lambda and in the self-hosted profile, keeps what it
remembers between them, and loses it when it dies. Every call over the wire takes time on its way
there and on its way back; in between anybody else may run, and the process may die.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple, TypeVar

from tests.simulation.clock import Clock
from tests.simulation.faults import AWS, Fate, Faults
from tests.simulation.trace import Trace

T = TypeVar("T")

_TRAVEL = {
    "dynamodb": (0.002, 0.01),
    "sqs": (0.003, 0.015),
    "scheduler": (0.01, 0.05),
    "telegram": (0.03, 0.2),
    "amocrm": (0.05, 0.3),
    "onec": (0.1, 0.5),
    "smsc": (0.05, 0.3),
    "whatsapp": (0.05, 0.4),
    "time": (0.0, 0.0),
}
"""Seconds that a call is on its way: the least, and how much may be added."""
_ATTEMPTS = 4
"""runtime/clients.py: botocore's standard mode, with three retries."""
_LONGEST_STALL = 45.0


class Died(BaseException):
    """Nothing in the process can catch this, as nothing in it can catch SIGKILL."""


class Ended(NamedTuple):
    """What came of an invocation: `died` and `error` exclude an answer."""

    answer: Any = None
    died: bool = False
    error: BaseException | None = None


class Context:
    """Lambda's context, as much as the functions use of it."""

    def __init__(self, process: "Process", deadline: float, request: str) -> None:
        self._process = process
        self._deadline = deadline
        self.aws_request_id = request

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - self._process.clock.now) * 1000)


class Process:
    """One process of one function. `handler` is made at its first invocation and dies with it."""

    def __init__(self, function: "Function", number: int, skew: float) -> None:
        self.function = function
        self.name = f"{function.name} {number}"
        self.clock = function.clock
        self.skew = skew
        self.handler: Callable[[Any, Any], Any] | None = None
        self.busy = False
        self.dead = False
        self.deadline = 0.0
        self.effect = ""
        """The id of the delivery that was begun last, for the providers' books alone."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now + self.skew, UTC)

    def monotonic(self) -> float:
        return self.clock.now

    def sleep(self, seconds: float) -> None:
        self._travel(seconds)

    def run(self, event: Any, request: str) -> Ended:
        """One invocation, from within a greenlet of its own."""
        self.deadline = self.clock.now + self.function.timeout
        try:
            if self.handler is None:
                self.handler = self.function.make(self)
            return Ended(self.handler(event, Context(self, self.deadline, request)))
        except Died:
            self.dead = True
            return Ended(died=True)
        except Exception as error:
            return Ended(error=error)

    def reach(
        self,
        to: str,
        what: str,
        detail: Any,
        act: Callable[[], T],
        lost: Callable[[], Exception],
        refused: Callable[[], Exception],
        wait: Callable[[], Exception] | None = None,
    ) -> T:
        """Carries one call over the wire. AWS's client tries again by itself; others do not."""
        faults, trace = self.function.faults, self.function.trace
        for left in range(_ATTEMPTS if to in AWS else 1, 0, -1):
            fate = faults.fate(to, self.clock.now)
            if trace.on:
                trace.call(self.name, to, what, detail, fate)
            self._set_out(to, fate)
            error: Exception | None = None
            if fate == "refused":
                error = refused()
            elif fate == "told to wait" and wait is not None:
                raise wait()
            else:
                answer, error = self._carried_out(to, act, fate)
                if fate != "answer lost":
                    if trace.on:
                        trace.answer(self.name, to, what, error or answer)
                    if error is not None:
                        raise error
                    return answer  # type: ignore[return-value]
                error = lost()
            if left == 1:
                raise error
            self._travel(0.1)
        raise AssertionError

    def _set_out(self, to: str, fate: Fate) -> None:
        chance = self.function.chance
        self._travel(self._way(to))
        if fate == "stall":
            self._travel(chance.random() ** 2 * _LONGEST_STALL)
        if fate == "crash before":
            raise Died

    def _carried_out(
        self, to: str, act: Callable[[], T], fate: Fate
    ) -> tuple[T | None, Exception | None]:
        answer, error = None, None
        try:
            answer = act()
        except Exception as raised:
            error = raised
        # Most answers are back before anybody else could do anything.
        if fate or self.function.chance.random() < 0.3:
            self._travel(self._way(to))
        if fate == "crash after":
            raise Died
        return answer, error

    def _way(self, to: str) -> float:
        """Seconds."""
        faults, chance = self.function.faults, self.function.chance
        least, more = _TRAVEL[to]
        seconds = least + more * chance.random()
        return seconds * (1 + faults.rates.slow * chance.random() ** 4 if faults.on else 1)

    def _travel(self, seconds: float) -> None:
        self.clock.pause(seconds)
        if self.dead or self.clock.now > self.deadline:
            self.function.trace.tell(self.name, "is ended")
            raise Died


class Function:
    """A function with its processes: started when they are needed, up to a number of them."""

    def __init__(
        self,
        name: str,
        make: Callable[[Process], Callable[[Any, Any], Any]],
        timeout: float,
        ceiling: int,
        clock: Clock,
        faults: Faults,
        chance: Random,
        trace: Trace,
        failed: Callable[[Process, BaseException], None],
    ) -> None:
        self.name = name
        self.make = make
        self._failed = failed
        self.timeout = timeout
        self.clock = clock
        self.faults = faults
        self.chance = chance
        self.trace = trace
        self._ceiling = ceiling
        self._processes: list[Process] = []
        self._retired: list[Process] = []
        self._started = 0

    @property
    def free(self) -> bool:
        return any(not one.busy for one in self._processes) or len(self._processes) < self._ceiling

    def invoke(self, event: Any, request: str, then: Callable[[Ended], None]) -> bool:
        """Starts an invocation; False when every process is busy."""
        process = self._idle()
        if process is None:
            return False
        process.busy = True

        def run() -> None:
            ended = process.run(event, request)
            process.busy = False
            if ended.error is not None:
                self._failed(process, ended.error)
            if process.dead:
                self.trace.tell(process.name, "is dead")
                if process in self._processes:
                    self._processes.remove(process)
            then(ended)

        self.clock.start(run)
        return True

    def replace(self, *, abruptly: bool) -> None:
        """A deployment: what runs is finished, or killed; what comes next meets a new process."""
        for process in self._processes:
            process.dead = abruptly and process.busy
        self._processes = []

    def _idle(self) -> Process | None:
        idle = [one for one in self._processes if not one.busy]
        if idle and (self.chance.random() < 0.8 or len(self._processes) >= self._ceiling):
            return self.chance.choice(idle)
        if len(self._processes) >= self._ceiling:
            return None
        self._started += 1
        skew = self.faults.rates.skew * self.chance.uniform(-1, 1)
        process = Process(self, self._started, skew)
        self._processes.append(process)
        return process
