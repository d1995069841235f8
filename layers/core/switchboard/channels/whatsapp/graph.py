"""The Graph API's errors: decided by their code, for the HTTP status says less.

Codes: developers.facebook.com, business-messaging/whatsapp/support/error-codes. Only the code goes
into a reason, for `message` and `details` repeat the number that was written to.
"""

from typing import Any, NamedTuple

import httpx

from switchboard.crm.generic import paths
from switchboard.crm.line import Line, Unanswered
from switchboard.domain.errors import Misconfigured, Postponed, Refused, Unreachable

_UNREACHABLE = frozenset(
    {
        130472,  # he is in Meta's experiment and gets no marketing templates
        130497,  # we may not write to his country
        131021,  # the number is our own
        131026,  # not on WhatsApp, or has not accepted its terms
        131030,  # not among a test number's recipients
        131047,  # the 24 hours are over; templates are not bound to them, but so it is said
        131048,  # too many have blocked us: this number may not write now
        131049,  # Meta sends him no more marketing for a while
    }
)
"""Not now by WhatsApp; by SMS he still can be reached."""
_DECLINED = 131050
"""He has turned off our offers. To send them by SMS instead would be to ignore him."""
_HOLDS = {4: 60.0, 80007: 60.0, 130429: 5.0}
"""Seconds for which nobody calls: the application's, the account's, the number's rate."""
_PAIR = 131056
_PAIR_WAIT = 64.0
"""Seconds. Meta asks for 4^n after the nth refusal; we count none and wait the fourth at once."""
_AWAY = frozenset({1, 2, 131000, 131016, 131057, 133004})
_WRONG = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133006, 133010})
"""The token, its rights, the number's registration, the account's standing or its payment."""
_PERMISSIONS = range(200, 300)
_TEMPLATES = range(132000, 132100)


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
        if code in _HOLDS:
            self._line.hold(_HOLDS[code])
            return Postponed(reason, _HOLDS[code])
        if code == _PAIR:
            return Postponed(reason, _PAIR_WAIT)
        if code in _UNREACHABLE:
            return Unreachable(reason)
        if code == _DECLINED:
            return Refused(f"{reason}: he wants no offers by WhatsApp")
        if code in _WRONG or code in _PERMISSIONS or code in _TEMPLATES or error.no_such_number:
            return Misconfigured(reason)
        if code in _AWAY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Unanswered(self._line.provider, what)
        return Refused(reason)


def _read(response: httpx.Response) -> _Error | None:
    """The Graph API's error; None for an answer that some proxy made."""
    try:
        said = paths.loads(response.content)
    except ValueError:
        return None
    code, kind = paths.at(said, "error.code"), paths.at(said, "error.type")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    # Code 100 is a wrong parameter too; the type tells an address that is none of Graph's objects.
    return _Error(code, no_such_number=kind == "GraphMethodException")
