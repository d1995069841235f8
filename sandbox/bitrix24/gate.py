"""What stands before the methods: faults, both limits, the webhook's code, and the log."""

import asyncio
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.bitrix24 import errors, php
from sandbox.bitrix24.batch import Batch
from sandbox.bitrix24.dates import written
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.items import Method
from sandbox.bitrix24.pace import LeakyBucket, Operating
from sandbox.bitrix24.selection import Answer
from sandbox.clock import now
from sandbox.faults import Fault, Faults
from sandbox.feed import Feed
from sandbox.settings_tyres import TyresSettings
from sandbox.wire import CutOff, Json

OUTAGE_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass
class Call:
    """One request for the log. `error` is Bitrix24's code; batch has its commands in `params`."""

    method: str
    status: int
    error: str | None
    params: Any = None
    verb: str = "POST"
    at: float = field(default_factory=now)


class Gate:
    """Finds the method, or answers in the portal's name.

    `closed` is a code of errors.CLOSED while the portal refuses everything. `reset_in_refusals`
    puts `operating_reset_at` into a 429; the real one has it only in answers that succeed.
    """

    def __init__(
        self, settings: TyresSettings, faults: Faults, feed: Feed, methods: Mapping[str, Method]
    ) -> None:
        self._settings = settings
        self._faults = faults
        self._feed = feed
        self._methods = methods
        self.bucket = LeakyBucket(settings.bitrix24_pace)
        self.operating = Operating(settings.bitrix24_pace)
        self.reset_in_refusals = False
        self.closed: str | None = None
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()

    async def handle(self, request: Request) -> Response:
        """/rest/{user}/{code}/{method} and /rest/{method}."""
        began = now()
        await asyncio.sleep(self._faults.latency["bitrix24"])
        method = request.path_params["method"].strip("/").removesuffix(".json").lower()
        params = await php.parameters(request)
        fault = self._faults.strike("bitrix24")
        if fault and fault.kind != "lost_answer":
            answer, code = _struck(fault)
            return self._log(request, method, params, answer, code)
        try:
            self._admit(request, method)
            found = self._perform(method, params)
        except RestError as error:
            answer = JSONResponse(error.to_json(), error.status)
            return self._log(request, method, params, answer, error.code)
        answer = JSONResponse(self._envelope(method, found, began))
        self._log(request, method, params, CutOff() if fault else answer, None)
        return CutOff() if fault else answer

    def _admit(self, request: Request, method: str) -> None:
        if not self.bucket.takes(request.client.host if request.client else ""):
            raise errors.too_many_requests()
        # Bitrix24 looks for the method before it looks at the credentials.
        if method != "batch" and method not in self._methods:
            raise errors.method_not_found()
        if self.closed is not None:
            raise errors.closed(self.closed)
        user, code = request.path_params.get("user"), request.path_params.get("code")
        if user is None or code is None:
            raise errors.no_credentials()
        right = self._settings.bitrix24_code.encode()
        if user != str(self._settings.bitrix24_user_id) or not hmac.compare_digest(
            code.encode(), right
        ):
            raise errors.wrong_credentials()

    def _perform(self, method: str, params: Json) -> Answer:
        self._unblocked(method)
        # A batch is charged to `batch`, not to the methods in it (b24jssdk, pull request 539).
        self.operating.charge(method)
        if method != "batch":
            return self._methods[method](params)
        return Batch(self._command, lambda: self._time("batch", now())).perform(params)

    def _command(self, method: str, params: Json) -> Answer:
        found = self._methods.get(method.lower())
        if found is None:
            raise errors.method_not_found()
        self._unblocked(method.lower())
        return found(params)

    def _unblocked(self, method: str) -> None:
        if self.operating.blocks(method):
            told = {"time": self._time(method, now())} if self.reset_in_refusals else {}
            raise errors.blocked(**told)

    def _envelope(self, method: str, found: Answer, began: float) -> Json:
        body: Json = {"result": found.result}
        if found.next is not None:
            body["next"] = found.next
        if found.total is not None:
            body["total"] = found.total
        return {**body, "time": self._time(method, began)}

    def _time(self, method: str, began: float) -> Json:
        finish = now()
        return {
            "start": began,
            "finish": finish,
            "duration": finish - began,
            "processing": finish - began,
            "date_start": written(began),
            "date_finish": written(finish),
            "operating_reset_at": self.operating.reset_at(method),
            "operating": self.operating.seconds(method),
        }

    def _log(
        self, request: Request, method: str, params: Json, answer: Response, code: str | None
    ) -> Response:
        status = 0 if isinstance(answer, CutOff) else answer.status_code
        self.calls.append(Call(method, status, code, params, request.method))
        self.counts[f"{method} {status}"] += 1
        if status >= 400 or status == 0:
            what = f"{method}: {status or 'обрыв связи'} {code or ''}".strip()
            self._feed.tell("fault", f"Битрикс24 отказывает Switchboard · {what}", bad=True)
        return answer


def _struck(fault: Fault) -> tuple[Response, str | None]:
    if fault.kind == "abort":
        return CutOff(), None
    if fault.kind == "outage":
        return HTMLResponse(OUTAGE_PAGE, 502), None
    if fault.kind == "too_many_requests":
        error = errors.too_many_requests()
    else:
        error = RestError("INTERNAL_SERVER_ERROR", "Internal server error", 500)
    return JSONResponse(error.to_json(), error.status), error.code
