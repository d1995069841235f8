"""HTTP calls to one CRM: at its pace, with explicit time-outs, and its failures as our errors.

What an answer means to the business is the adapter's; here is only what every HTTP service shares.
Reasons name the provider, the method and the status. Addresses and bodies stay out of them: both
may hold personal data.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from switchboard.crm.pace import Pace
from switchboard.domain.errors import Misconfigured, Outage, Postponed

TIMEOUT = httpx.Timeout(10, connect=3)
"""Seconds. A function has 30; amoCRM answers in one, and in five on a bad day."""

_SLOW_DOWN = 5.0
"""Seconds for which all processes pause after a 429 that names no time."""
_BANNED = 900.0
"""Seconds to keep away from a CRM that has begun to block our address."""
_LONGEST = 3600.0

# Requests that never reached the CRM: the connection was not there.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# Requests that cannot be made as the playbook wants them.
_IMPOSSIBLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_AGAIN = frozenset({408, 425})


class Unanswered(Outage):
    """The call may have been carried out or not: its answer is lost."""


class Line:
    """Calls to one base URL. `provider` is how reasons call the other side."""

    def __init__(self, http: httpx.Client, base_url: str, provider: str, pace: Pace) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self.provider = provider
        self._pace = pace

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """An answer with a status of 2xx or 4xx that the adapter must judge (400, 401, 404 …).

        Raises Unanswered when the CRM may have acted without our hearing of it, any other
        Postponed when it certainly has not, and Misconfigured.
        """
        response = self.ask(method, path, headers=headers, params=params, body=body, form=form)
        self.judge(method, response)
        return response

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any answer, for an adapter that has words of its own for what HTTP says by statuses.

        What those words do not settle, it hands to `judge`.
        """
        self._pace.turn()
        try:
            return self._http.request(
                method,
                self._base_url + path,
                headers=headers,
                params=params,
                json=body,
                data=form,
                timeout=TIMEOUT,
                follow_redirects=False,
            )
        except _NEVER_SENT as error:
            raise Outage(self.provider, f"{method}: {type(error).__name__}") from None
        except _IMPOSSIBLE as error:
            why = f"{self.provider}: {method}: {type(error).__name__}"
            raise Misconfigured(why) from None
        except httpx.RequestError as error:
            raise Unanswered(self.provider, f"{method}: {type(error).__name__}") from None

    def hold(self, seconds: float) -> None:
        """Nobody calls for that long."""
        self._pace.hold(seconds)

    def judge(self, method: str, response: httpx.Response) -> None:
        """What the status alone says, as errors; nothing for 2xx and other 4xx.

        `method` is how the reasons call what was asked.
        """
        status = response.status_code
        what = f"{method}: {status}"
        reason = f"{self.provider}: {what}"
        if status == httpx.codes.TOO_MANY_REQUESTS:
            said = _retry_after(response)
            self._pace.hold(said or _SLOW_DOWN)
            raise Postponed(reason, said)
        if status == httpx.codes.FORBIDDEN:
            self._judge_forbidden(what)
        if status >= 500 or status in _AGAIN:
            raise Unanswered(self.provider, what, _retry_after(response))
        if status < 200 or 300 <= status < 400:
            raise Misconfigured(f"{reason}: the base URL leads elsewhere")
        if status == httpx.codes.PAYMENT_REQUIRED:
            raise Misconfigured(f"{reason}: the account is not paid for")

    def _judge_forbidden(self, what: str) -> None:
        # amoCRM: repeated 429s are followed by 403 for the whole address.
        if self._pace.was_told_to_slow_down():
            self._pace.hold(_BANNED)
            raise Outage(self.provider, f"{what}: blocked after too many requests", _BANNED)
        raise Misconfigured(f"{self.provider}: {what}: the token has no right to do this")


def answer(response: httpx.Response, provider: str) -> Any:
    """The answer's JSON. A page of HTML where JSON should be is an outage of some proxy."""
    try:
        return _whole(response.json(), response.content)
    except (ValueError, RecursionError):
        raise Unanswered(provider, "the answer is not JSON") from None


def _whole(said: Any, written: bytes) -> Any:
    """The same with a question mark for each half of an emoji: no queue takes such a text."""
    if b"\xed" not in written and b"\\ud" not in written.lower():
        return said
    return json.loads(json.dumps(said, ensure_ascii=False).encode(errors="replace"))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from a number or a date (RFC 9110, 10.2.3); None when nothing usable is said."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(max(float(said), 1.0), _LONGEST)
    try:
        # Both by the other side's clock.
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(response.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return min(max(wait.total_seconds(), 1.0), _LONGEST)
