"""A door under its request's trace."""

from collections.abc import Callable
from typing import Any

from switchboard.runtime.http import Request
from switchboard.runtime.logs import Log

Door = Callable[[Request], dict[str, Any]]


def traced(door: Door, log: Log) -> Door:
    """API Gateway's id of the request is the trace of everything that follows from it."""

    def answered(request: Request) -> dict[str, Any]:
        with log.invocation(trace=request.id):
            return door(request)

    return answered
