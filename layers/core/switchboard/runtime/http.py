"""HTTP as API Gateway hands it to a function (HTTP API, payload format 2.0), and back."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BODY = 1_000_000
"""Bytes. The largest webhook that a provider sends us is some tens of kilobytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are in lower case, the method in upper; the body is as it came over the wire.

    A parameter that stands in the query more than once has its values joined by commas.
    """

    path: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    id: str
    method: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


def request(event: Mapping[str, Any]) -> Request:
    """The request of an event. A body whose base64 is broken reads as empty."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
    else:
        raw = body.encode("utf-8", "surrogatepass")
    context = event.get("requestContext", {})
    return Request(
        path=event.get("pathParameters") or {},
        headers=event.get("headers") or {},
        body=raw,
        id=context.get("requestId", ""),
        method=context.get("http", {}).get("method", ""),
        query=event.get("queryStringParameters") or {},
    )


def answer(status: int, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A JSON answer."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body or {}, ensure_ascii=False, separators=(",", ":")),
    }


def text(status: int, words: str) -> dict[str, Any]:
    """Plain words, which no browser takes for anything else."""
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": words}


def html(status: int, page: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """A page, with headers of its own beside its type."""
    kind = {"content-type": "text/html; charset=utf-8"}
    return {"statusCode": status, "headers": {**kind, **headers}, "body": page}


def redirect(status: int, location: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """On to another address, which must be ASCII as every header must."""
    return {"statusCode": status, "headers": {"location": location, **headers}, "body": ""}
