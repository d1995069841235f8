"""Our own door, called as Telegram would call it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from switchboard.doors.telegram import SECRET_HEADER

_NEVER = frozenset({400, 413, 422})
"""What a door says of an update itself. All else is about the door: it does not know the branch or
the secret (401), is not there (404), has too much to do (429), fails (5xx)."""
_TIMEOUT = httpx.Timeout(35, connect=3, pool=None)
"""Longer than any function may run: who hangs up earlier asks the same again while it runs."""


class Taken(NamedTuple):
    """The update is in safe hands; `method` is what the answer asks of Telegram, "" for nothing."""

    method: str = ""
    parameters: Mapping[str, Any] = {}


class Refused(NamedTuple):
    """The door will never take this update."""

    reason: str


class Later(NamedTuple):
    """Not now. `answered`: the door was there and said so; `seconds`: when to come again."""

    reason: str
    answered: bool = False
    seconds: float | None = None


class Door:
    """The door of one branch."""

    def __init__(self, http: httpx.AsyncClient, doors: str, branch: str, secret: str) -> None:
        self._http = http
        self._url = f"{doors}/telegram/{branch}"
        self._headers = {SECRET_HEADER: secret, "content-type": "application/json"}

    async def hand(self, update: bytes) -> Taken | Refused | Later:
        try:
            answer = await self._http.post(
                self._url, content=update, headers=self._headers, timeout=_TIMEOUT
            )
        except httpx.HTTPError as error:
            return Later(type(error).__name__)
        if answer.is_success:
            return _taken(answer)
        reason = f"the door answered {answer.status_code}"
        if answer.status_code in _NEVER:
            return Refused(reason)
        asked = answer.headers.get("retry-after", "")
        return Later(reason, answered=True, seconds=float(asked) if asked.isdecimal() else None)


def client() -> httpx.AsyncClient:
    """For doors on this machine: no proxy, and as many calls at once as Telegram would make."""
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
    return httpx.AsyncClient(limits=limits, trust_env=False)


def _taken(answer: httpx.Response) -> Taken:
    try:
        said = json.loads(answer.content)
    except ValueError:
        return Taken()
    if not isinstance(said, dict) or not isinstance(said.get("method"), str):
        return Taken()
    return Taken(said.pop("method"), said)
