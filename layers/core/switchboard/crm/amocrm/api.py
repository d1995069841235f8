"""Calls to API v4: the token, and what its refusals mean."""

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from switchboard.crm.amocrm.answers import Problem
from switchboard.crm.amocrm.auth import Bearer
from switchboard.crm.line import Line
from switchboard.domain.errors import Misconfigured, Refused

Params = Mapping[str, str | int]


class Api:
    """One account. Every call may raise Postponed, Refused or Misconfigured."""

    def __init__(self, line: Line, bearer: Bearer) -> None:
        self._line = line
        self._bearer = bearer

    def get(self, path: str, params: Params | None = None) -> httpx.Response | None:
        """The answer, or None where there is nothing: 404, and 204 for an empty list."""
        response = self._call("GET", path, params=params)
        if response.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            return None
        return self._accepted("GET", response)

    def write(self, method: str, path: str, body: Any) -> None:
        self._accepted(method, self._call(method, path, body=body))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
    ) -> httpx.Response:
        token = self._bearer.token()
        response = self._line.send(method, path, headers=_headers(token), params=params, body=body)
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        # Rejected before it was read, so it may be sent again, once.
        token = self._bearer.renewed(token)
        return self._line.send(method, path, headers=_headers(token), params=params, body=body)

    def _accepted(self, method: str, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        reason = f"amocrm: {method}: {response.status_code}"
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"{reason}: the renewed token is not accepted either")
        raise Refused(f"{reason} {_where(response)}".rstrip())


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _where(response: httpx.Response) -> str:
    try:
        return Problem.model_validate_json(response.content).where
    except ValidationError:
        return ""
