"""API Gateway's HTTP API, payload format 2.0: requests into events, answers into responses.

Source: docs.aws.amazon.com/apigateway/latest/developerguide,
http-api-develop-integrations-lambda. What that page leaves open was measured on the real service
by others: which bodies are text (ministackorg/ministack#766), and that rawPath is decoded while
rawQueryString is not (middleapi/standard-server#93, ministackorg/ministack#1035).
"""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from selfhosted.locality import ACCOUNT
from selfhosted.routes import Match

# Forms and bodies without a type arrive base64-encoded, however much text they are.
TEXT_TYPES: Final = frozenset({"application/json", "application/xml", "application/javascript"})

JSON_TYPE: Final = (b"content-type", b"application/json")
TEXT_TYPE: Final = (b"content-type", b"text/plain;charset=UTF-8")
# What the server itself writes.
FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`path` is percent-decoded, `query` is not; header names are lower case."""

    method: str
    path: str
    query: str
    protocol: str
    source: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class MalformedAnswerError(ValueError):
    """The function returned something that API Gateway cannot make a response of."""


def event(request: HttpRequest, match: Match, request_id: str) -> bytes:
    """The function's event as JSON."""
    headers, cookies = _joined(request.headers)
    now = time.time()
    method, route = request.method, match.route
    key = f"{route.method} {route.path}"
    host = headers.get("host", "localhost")
    domain = host.partition(":")[0]
    document: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        document["cookies"] = cookies
    if match.parameters:
        document["pathParameters"] = match.parameters
    if request.query:
        document["queryStringParameters"] = _query(request.query)
    if request.body:
        document["body"], document["isBase64Encoded"] = _body(
            request.body, headers.get("content-type", "")
        )
    return json.dumps(document).encode()


def response(payload: bytes) -> HttpResponse:
    """What the caller gets for a function's answer. Raises MalformedAnswerError."""
    try:
        answer = json.loads(payload or b"null")
    except ValueError as error:
        raise MalformedAnswerError("not JSON") from error
    if not isinstance(answer, dict) or "statusCode" not in answer:
        # The inference rule: anything else is the body of a 200.
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return HttpResponse(200, [JSON_TYPE], text.encode())
    try:
        return _explicit(answer)
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedAnswerError(str(error)) from error


def message(status: int, text: str) -> HttpResponse:
    """A response of the gateway itself."""
    return HttpResponse(status, [JSON_TYPE], json.dumps({"message": text}).encode())


def _explicit(answer: Mapping[str, Any]) -> HttpResponse:
    status = int(answer["statusCode"])
    if not 100 <= status <= 599:
        raise MalformedAnswerError(f"status {status}")
    given = answer.get("headers") or {}
    headers = [
        (name.lower().encode("latin-1"), _header_value(value))
        for name, value in given.items()
        if name.lower() not in FRAMING
    ]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append(TEXT_TYPE)
    cookies = answer.get("cookies") or ()
    headers.extend((b"set-cookie", _header_value(cookie)) for cookie in cookies)
    content = answer.get("body")
    text = content if isinstance(content, str) else "" if content is None else json.dumps(content)
    body = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
    return HttpResponse(status, headers, body)


def _header_value(value: Any) -> bytes:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\r" in text or "\n" in text:
        raise MalformedAnswerError("a header has a line break")
    return text.encode("latin-1")


def _joined(headers: list[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Headers with repeated names joined by commas, and cookies apart from them."""
    joined: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in headers:
        if name == "cookie":
            cookies.extend(part.strip() for part in value.split(";") if part.strip())
        elif name in joined:
            joined[name] = f"{joined[name]},{value}"
        else:
            joined[name] = value
    return joined, cookies


def _query(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
