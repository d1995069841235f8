"""One call of a function, and how it can end."""

import asyncio
import json
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How an invocation ended."""

    ANSWERED = "answered"
    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payload`: the function's JSON where it ANSWERED, else Lambda's error document."""

    kind: Kind
    payload: bytes


def problem(kind: Kind, error: str, message: str) -> Outcome:
    document = {"errorType": error, "errorMessage": message}
    return Outcome(kind, json.dumps(document).encode())


@dataclass(slots=True)
class Invocation:
    request_id: str
    payload: bytes
    outcome: asyncio.Future[Outcome]

    def end(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)
