"""Calls to one 1C: Basic auth, and what an answer means before anybody looks at its content.

Between 1C and us stands a web server, which has pages of its own: HTML where JSON should be says
that 1C did not answer (the base is being updated, no licence is free), and a 404 in HTML that the
address leads nowhere. 1C's own words are kept out of the reasons: they may name a client.
"""

from base64 import b64encode
from typing import Any

import httpx

from switchboard.crm.generic import paths
from switchboard.crm.line import Line, Unanswered
from switchboard.domain.errors import Misconfigured, Refused

_NO_PATH = frozenset({httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED})
_HTML = (b"<!doctype html", b"<html")


class Calls:
    """One publication. Every call may raise Postponed, Refused or Misconfigured."""

    def __init__(self, line: Line, login: str, password: str) -> None:
        self._line = line
        # 1C's users have names in Cyrillic, and it reads them as UTF-8 (RFC 7617, 2.1).
        credentials = b64encode(f"{login}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}

    @property
    def provider(self) -> str:
        return self._line.provider

    def read(self, path: str) -> httpx.Response:
        """The answer, be it 2xx or 4xx."""
        return self._checked("GET", self._line.send("GET", path, headers=self._headers))

    def write(self, method: str, path: str, body: Any, key: str) -> httpx.Response:
        """The same; an answer that is lost leaves a doubt."""
        headers = self._headers | {"Idempotency-Key": key}
        try:
            sent = self._line.send(method, path, headers=headers, body=body)
            return self._checked(method, sent)
        except Unanswered as lost:
            lost.doubt = True
            raise

    def json(self, response: httpx.Response) -> Any:
        """The answer's JSON, with or without a byte order mark, which 1C likes to write."""
        try:
            return paths.loads(response.content)
        except ValueError:
            raise Unanswered(self.provider, "the answer is not JSON") from None

    def refusal(self, method: str, response: httpx.Response, code: str = "") -> Refused:
        """What a 4xx means that has no other meaning."""
        reason = f"{self.provider}: {method}: {response.status_code} {code}".rstrip()
        if response.status_code in _NO_PATH:
            return Misconfigured(f"{reason}: 1C has nothing at this path")
        return Refused(reason)

    def _checked(self, method: str, response: httpx.Response) -> httpx.Response:
        reason = f"{self.provider}: {method}: {response.status_code}"
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"{reason}: the login or the password is not accepted")
        if _is_page(response):
            if response.status_code in _NO_PATH:
                raise Misconfigured(f"{reason}: nothing is published at this path")
            if response.is_success:
                raise Unanswered(self.provider, f"{method}: an HTML page instead of an answer")
        return response


def _is_page(response: httpx.Response) -> bool:
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        return True
    return response.content[:100].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_HTML)
