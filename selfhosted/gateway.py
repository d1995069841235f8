"""The public doors: an ASGI application that answers by functions, as API Gateway does."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from selfhosted.functions import Pool
from selfhosted.gateway_events import (
    HttpRequest,
    HttpResponse,
    MalformedAnswerError,
    event,
    message,
    response,
)
from selfhosted.invocations import Kind, Outcome
from selfhosted.routes import Match, Router
from selfhosted.runtime_api import PAYLOAD_LIMIT, new_request_id
from selfhosted.template import Route

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# API Gateway's own limit of a request; Lambda's of an event is lower and counts after encoding.
BODY_LIMIT: Final = 10 * 1024 * 1024

_PROBLEMS: Final = {
    Kind.RAISED: (500, "Internal Server Error"),
    Kind.CRASHED: (502, "Bad Gateway"),
    Kind.REFUSED: (503, "Service Unavailable"),
    Kind.TIMED_OUT: (504, "Gateway Timeout"),
}


class CallerGoneError(Exception):
    """The caller hung up in the middle of its request: half a body is nobody's event."""


class Gateway:
    def __init__(
        self,
        routes: Iterable[Route],
        pools: Mapping[str, Pool],
        report: Callable[[str], None],
    ) -> None:
        self._router = Router(routes)
        self._pools = pools
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    *answer.headers,
                    (b"content-length", str(len(answer.body)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        try:
            path = unquote_to_bytes(scope["raw_path"]).decode()
        except UnicodeDecodeError:
            return message(400, "Bad Request")
        match = self._router.find(scope["method"], path)
        if match is None:
            return message(404, "Not Found")
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]
        try:
            body = await _read(headers, receive)
        except CallerGoneError:
            return message(400, "Bad Request")
        if body is None:
            return message(413, "Request Entity Too Large")
        request = HttpRequest(
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            protocol=f"HTTP/{scope['http_version']}",
            source=scope["client"][0] if scope.get("client") else "127.0.0.1",
            headers=headers,
            body=body,
        )
        return await self._invoke(request, match)

    async def _invoke(self, request: HttpRequest, match: Match) -> HttpResponse:
        request_id = new_request_id()
        payload = event(request, match, request_id)
        if len(payload) > PAYLOAD_LIMIT:
            return message(413, "Request Entity Too Large")
        outcome = await self._pools[match.route.function].invoke(payload)
        answer = self._response(outcome, match)
        answer.headers.append((b"apigw-requestid", request_id.encode()))
        return answer

    def _response(self, outcome: Outcome, match: Match) -> HttpResponse:
        if outcome.kind is Kind.ANSWERED:
            try:
                return response(outcome.payload)
            except MalformedAnswerError as error:
                self._report(f"{match.route.function} answered what is no response: {error}")
                return message(500, "Internal Server Error")
        return message(*_PROBLEMS[outcome.kind])


async def _read(headers: list[tuple[str, str]], receive: Receive) -> bytes | None:
    """The body; None as soon as it is known to be too large."""
    announced = next((value for name, value in headers if name == "content-length"), "0")
    if announced.isdecimal() and int(announced) > BODY_LIMIT:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise CallerGoneError
        parts.append(part.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            return None
        if not part.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
