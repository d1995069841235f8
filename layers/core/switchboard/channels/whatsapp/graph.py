"""The Graph API's errors: decided by their code, for the HTTP status says less.

Only the code goes into a reason, for `message` and `details` repeat the number that was written to.
"""

from typing import Any, NamedTuple

import httpx

from switchboard.channels.whatsapp.codes import HOLDS, verdict
from switchboard.crm.generic import paths
from switchboard.crm.line import Line, Unanswered
from switchboard.domain.errors import Misconfigured, Postponed, Refused, Unreachable

_PAIR_WAIT = 64.0
"""Seconds. Meta asks for 4^n after the nth refusal; we count none and wait the fourth at once."""


class _Error(NamedTuple):
    code: int
    no_such_number: bool


class Graph:
    """Calls to the Graph API for one number."""

    def __init__(self, line: Line, token: str) -> None:
        self._line = line
        self._headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any) -> httpx.Response:
        """An answer of 2xx. Raises Postponed, Refused, Misconfigured and Unreachable."""
        response = self._line.ask("POST", path, headers=self._headers, body=body)
        if response.is_success:
            return response
        error = _read(response)
        if error is not None:
            raise self._error(response.status_code, error)
        self._line.judge("POST", response)
        reason = f"{self._line.provider}: POST: {response.status_code}"
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"{reason}: the token is not accepted")
        raise Refused(reason)

    def _error(self, status: int, error: _Error) -> Exception:
        code = error.code
        what = f"POST: {status} code {code}"
        reason = f"{self._line.provider}: {what}"
        # Code 100 is a wrong parameter too; the type tells an address that is no object of theirs.
        said = "misconfigured" if error.no_such_number else verdict(code)
        match said:
            case "rate":
                self._line.hold(HOLDS[code])
                return Postponed(reason, HOLDS[code])
            case "pair":
                return Postponed(reason, _PAIR_WAIT)
            case "unreachable":
                return Unreachable(reason)
            case "declined":
                return Refused(f"{reason}: he wants no offers by WhatsApp")
            case "misconfigured":
                return Misconfigured(reason)
            case "refused" if status < httpx.codes.INTERNAL_SERVER_ERROR:
                return Refused(reason)
            case _:
                return Unanswered(self._line.provider, what)


def _read(response: httpx.Response) -> _Error | None:
    """The Graph API's error; None for an answer that some proxy made."""
    try:
        said = paths.loads(response.content)
    except ValueError:
        return None
    code, kind = paths.at(said, "error.code"), paths.at(said, "error.type")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return _Error(code, no_such_number=kind == "GraphMethodException")
