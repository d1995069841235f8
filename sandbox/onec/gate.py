"""What stands before 1C: the web server with its faults, the Basic password, and the log."""

import asyncio
import base64
import hmac
import re
from collections import Counter
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.clock import now
from sandbox.faults import Fault, Faults
from sandbox.feed import Feed
from sandbox.onec.settings import OneCSettings
from sandbox.wire import CutOff, Handler

REALM = {"WWW-Authenticate": 'Basic realm="1C:Enterprise 8.3"'}
PAGES = {
    "outage": (503, "Service Unavailable"),
    "server_error": (500, "Internal Server Error"),
    "too_many_requests": (429, "Too Many Requests"),
    "unauthorized": (401, "Unauthorized"),
    # What a proxy, a licence service or the web client shows in the place of the answer.
    "html": (200, "1С:Предприятие"),
}


@dataclass
class Call:
    """One request for the log. `status` 0: the connection was cut."""

    method: str
    path: str
    query: str
    status: int
    body: str | None
    at: float = field(default_factory=now)


class Gate:
    """Lets a request through to its handler, or answers as the web server before 1C does."""

    def __init__(self, settings: OneCSettings, faults: Faults, feed: Feed) -> None:
        self._faults = faults
        self._feed = feed
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()
        pair = f"{settings.login}:{settings.password}".encode()
        self._expected = b"Basic " + base64.b64encode(pair)

    def guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            await asyncio.sleep(self._faults.latency["onec"])
            fault = self._faults.strike("onec")
            if fault and fault.kind != "lost_answer":
                return await self._log(request, _struck(fault))
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, self._expected):
                return await self._log(request, Response(status_code=401, headers=REALM))
            answer = await self._log(request, await handler(request))
            return CutOff() if fault else answer

        return guarded

    async def _log(self, request: Request, answer: Response) -> Response:
        status = 0 if isinstance(answer, CutOff) else answer.status_code
        body = (await request.body()).decode("utf-8", "replace") or None
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        self.calls.append(Call(request.method, path, request.url.query, status, body))
        self.counts[f"{request.method} {_general(path)} {status}"] += 1
        if status >= 400 or status == 0:
            what = f"{request.method} {path}: {status or 'обрыв связи'}"
            self._feed.tell("fault", f"1С отказывает Switchboard · {what}", bad=True)
        return answer


def _general(path: str) -> str:
    """The path without what differs between requests."""
    return re.sub(r"guid'[^']*'|(?<=/bonuses/)[^/]+|(?<=/clients/)[^/]+", "…", path)


def _struck(fault: Fault) -> Response:
    if fault.kind == "abort":
        return CutOff()
    status, title = PAGES[fault.kind]
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    headers = REALM if status == 401 else None
    return HTMLResponse(page, status, headers)
