"""Calls to the REST API through an inbound webhook, one by one or as a batch."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx
from pydantic import ValidationError

from switchboard.crm.bitrix24.answers import Problem, Time, part
from switchboard.crm.bitrix24.errors import BLOCKED, FULL, FULL_FOR, PROVIDER, meant
from switchboard.crm.line import Line, answer
from switchboard.domain.errors import Misconfigured, Postponed, Refused

_ACCEPT = {"Accept": "application/json"}
_NEARLY = 450.0
"""Seconds of one method within ten minutes after which we leave it alone. At 480 the account
blocks it for everybody, the customer's other programs included (limits.md)."""


class Command(NamedTuple):
    """One call of a batch. `params` may name what an earlier one found: `$result[deal][item]`."""

    method: str
    params: Mapping[str, str | int]


class Batch:
    """What came of each command. Reading one that failed raises what its error means."""

    def __init__(self, api: "Api", commands: Mapping[str, Command], said: Any) -> None:
        self._api = api
        self._commands = commands
        self._said = said

    def result(self, name: str) -> Any:
        method = self._commands[name].method
        time = _time(part(part(self._said, "result_time"), name))
        problem = part(part(self._said, "result_error"), name)
        if problem is not None:
            raise self._api.failure(method, _code(problem), httpx.codes.OK, time)
        self._api.note(method, time)
        return part(part(self._said, "result"), name)


class Api:
    """One account. Every call may raise Postponed, Refused, Misconfigured, and Gone for an item
    that there is not."""

    def __init__(self, line: Line, user: int, code: str, clock: Callable[[], datetime]) -> None:
        self._line = line
        self._root = f"/rest/{user}/{quote(code, safe='')}"
        self._clock = clock
        self._left_alone: dict[str, datetime] = {}

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """The method's `result`."""
        return self._ask(method, (method,), params)

    def batch(self, commands: Mapping[str, Command]) -> Batch:
        """All in one request, one after another. It counts once against the rate."""
        cmd = {name: f"{c.method}?{urlencode(c.params)}" for name, c in commands.items()}
        methods = [command.method for command in commands.values()]
        said = self._ask("batch", methods, {"halt": 0, "cmd": cmd})
        return Batch(self, commands, said)

    def failure(self, method: str, code: str, status: int, time: Time) -> Postponed | Refused:
        """What an error means; what it says of time is heeded by all that come after."""
        error = meant(method, code, status)
        if code.lower() == FULL:
            self._line.hold(FULL_FOR)
        if code.lower() == BLOCKED and isinstance(error, Postponed):
            error.seconds = time.wait or error.seconds
            self._leave_alone(method, error.seconds or 0)
        return error

    def note(self, method: str, time: Time) -> None:
        if time.operating >= _NEARLY and time.wait is not None:
            self._leave_alone(method, time.wait)

    def _ask(self, method: str, all_methods: "list[str] | tuple[str]", params: Any) -> Any:
        for one in all_methods:
            self._check_left_alone(one)
        path = f"{self._root}/{method}.json"
        response = self._line.ask("POST", path, headers=_ACCEPT, body=params)
        said = _json(response)
        if isinstance(said, dict) and "error" in said:
            self._raise(method, response, _code(said), _time(said.get("time")))
        self._line.judge(method, response)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"{PROVIDER}: {method}: 401: the inbound webhook is not known")
        if not response.is_success:
            raise Refused(f"{PROVIDER}: {method}: {response.status_code}")
        said = answer(response, PROVIDER)
        self.note(method, _time(part(said, "time")))
        return part(said, "result")

    def _raise(self, method: str, response: httpx.Response, code: str, time: Time) -> None:
        error = self.failure(method, code, response.status_code, time)
        if type(error) is Refused:
            # A code that we do not know says less than a status of 5xx or 429.
            self._line.judge(method, response)
        raise error

    def _leave_alone(self, method: str, seconds: float) -> None:
        self._left_alone[method] = self._clock() + timedelta(seconds=seconds)

    def _check_left_alone(self, method: str) -> None:
        until = self._left_alone.get(method)
        if until is None:
            return
        wait = (until - self._clock()).total_seconds()
        if wait > 0:
            raise Postponed(f"{PROVIDER}: {method}: the account's time for it is used up", wait)
        del self._left_alone[method]


def _json(response: httpx.Response) -> Any:
    """The body, be it an error's; None for what is no JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _code(said: Any) -> str:
    try:
        return Problem.model_validate(said).error
    except ValidationError:
        return ""


def _time(said: Any) -> Time:
    try:
        return Time.model_validate(said if isinstance(said, dict) else {})
    except ValidationError:
        return Time()
