"""Shapes and small parsers that every stand-in shares."""

import json
from collections.abc import Awaitable, Callable
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.settings import SandboxSettings

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


class BadBody(ValueError):
    """The body is not what its Content-Type says; the message tells what is wrong."""


async def parameters(request: Request) -> Json:
    """Query and body as one flat dictionary, from JSON, a form or multipart."""
    found: Json = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return found
    if kind == "application/json":
        return found | json_object(body)
    if kind == "multipart/form-data":
        return found | _multipart(request.headers["content-type"], body)
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return found | dict(pairs)


def json_object(body: bytes) -> Json:
    """Raises BadBody unless the body is one JSON object."""
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise BadBody("the body is not JSON") from error
    if not isinstance(parsed, dict):
        raise BadBody("the body is not a JSON object")
    return parsed


def _multipart(content_type: str, body: bytes) -> Json:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    found: Json = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = payload.decode("utf-8", "replace")
    return found


def door_client(
    settings: SandboxSettings, *, timeout: float, connections: int = 100
) -> httpx.AsyncClient:
    """Calls Switchboard's doors, and keeps as many connections open as it uses."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    # Reading the certificates takes longer than a whole reset, and doors are usually plain HTTP.
    encrypted = settings.doors.startswith("https://")
    return httpx.AsyncClient(timeout=timeout, limits=limits, verify=encrypted, trust_env=False)


class CutOff(Response):
    """Starts an answer and breaks the connection: the caller cannot know what became of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", b"4096"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # A body shorter than its declared length makes the server close the connection.
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def refusal(reason: str, status: int = 400) -> JSONResponse:
    """The control API's answer to a wrong request."""
    return JSONResponse({"error": reason}, status)
