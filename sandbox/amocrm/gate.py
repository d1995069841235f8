"""What stands before the API: faults, the limit of 7 requests a second, tokens, and the log."""

import asyncio
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.amocrm.oauth import OAuthRefusal, Tokens
from sandbox.amocrm.shapes import HalResponse, ProblemResponse, problem
from sandbox.faults import Fault, Faults
from sandbox.feed import Feed
from sandbox.wire import BadBody, CutOff, Handler, parameters

# amoCRM's limiter stands before the application and answers with a page, not with JSON.
LIMITER_PAGE = "<html><head><title>429 Too Many Requests</title></head><body>429</body></html>"
OUTAGE_PAGE = "<html><head><title>503</title></head><body>Service Unavailable</body></html>"


@dataclass
class Call:
    """One API call for the log."""

    method: str
    path: str
    status: int
    body: Any = None
    at: float = field(default_factory=time.time)


class Gate:
    """Lets a request through to its handler, or answers in amoCRM's name."""

    def __init__(self, per_second: int, faults: Faults, feed: Feed, tokens: Tokens) -> None:
        self._per_second = per_second
        self._faults = faults
        self._feed = feed
        self._tokens = tokens
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.enforced = True
        self._recent: deque[float] = deque()

    def guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            await asyncio.sleep(self._faults.latency["amocrm"])
            fault = self._faults.strike("amocrm")
            if fault and fault.kind != "lost_answer":
                return await self._log(request, _struck(fault))
            if self._too_many():
                return await self._log(request, HTMLResponse(LIMITER_PAGE, 429))
            if not self._tokens.valid(request.headers.get("authorization", "")):
                return await self._log(request, problem(401, "Unauthorized"))
            try:
                answer = await handler(request)
            except ValueError as error:
                answer = problem(400, str(error))
            answer = await self._log(request, answer)
            return CutOff() if fault else answer

        return guarded

    def _too_many(self) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.enforced and len(self._recent) >= self._per_second:
            return True
        self._recent.append(now)
        return False

    async def _log(self, request: Request, answer: Response) -> Response:
        status = 0 if isinstance(answer, CutOff) else answer.status_code
        path = request.url.path.partition("/api/v4")[2]
        body = (await request.body()).decode("utf-8", "replace") or None
        self.calls.append(Call(request.method, path, status, body))
        self.counts[f"{request.method} {re.sub(r'[0-9]+', 'N', path)} {status}"] += 1
        if status >= 400 or status == 0:
            what = f"{request.method} {path}: {status or 'обрыв связи'}"
            self._feed.tell("fault", f"amoCRM отказывает Switchboard · {what}", bad=True)
        return answer

    async def access_token(self, request: Request) -> Response:
        await asyncio.sleep(self._faults.latency["amocrm"])
        fault = self._faults.strike("amocrm")
        if fault and fault.kind != "lost_answer":
            return _struck(fault)
        try:
            granted = self._tokens.exchange(await parameters(request))
        except BadBody as error:
            return problem(400, str(error))
        except OAuthRefusal as refused:
            self._feed.tell("fault", f"amoCRM не выдала токен: {refused.hint}", bad=True)
            return ProblemResponse(refused.to_json(), refused.status)
        self._feed.tell("crm", "amoCRM выдала Switchboard новую пару токенов")
        return CutOff() if fault else HalResponse(granted)


def _struck(fault: Fault) -> Response:
    if fault.kind == "abort":
        return CutOff()
    if fault.kind == "too_many_requests":
        return HTMLResponse(LIMITER_PAGE, 429)
    return HTMLResponse(OUTAGE_PAGE, 500 if fault.kind == "server_error" else 503)
