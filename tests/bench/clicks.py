"""Review links that are opened and pressed, and requests for them as API Gateway hands them on."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.domain.effects import LinkTo
from switchboard.domain.visits import Visit
from switchboard.store.links import Links, Page, code_of
from tests.bench.branch import BRANCH

DOOR = "ClickFunction"
SITE = "http://127.0.0.1:9/reviews"
AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
_HOST = "127.0.0.1"
_numbers = itertools.count(1)


def linked(links: Links, *, bonus: int = 0, opened: bool = True) -> str:
    """A new link, its code. `opened`: a person has followed it before, so nobody has to be told."""
    number, now = next(_numbers), datetime.now(UTC)
    code = code_of("bench", BRANCH, f"link-{number}")
    link = LinkTo(
        purpose="review",
        survey=f"bitrix24-{number}",
        run=1,
        client="c-bench",
        playbook=1,
        expires_at=now + timedelta(days=30),
        site="Яндекс Карты",
        url=SITE,
        bonus=bonus,
    )
    links.put(code, link, BRANCH, Page("Шинный центр", "ru", {}))
    links.sent(code, now - timedelta(minutes=1))
    if opened:
        links.visit(code, visit())
    return code


def visit() -> Visit:
    """A person's, as the door makes it of a request."""
    return Visit(f"visit-{next(_numbers)}", datetime.now(UTC), "GET", AGENT, "", "person", "")


def event(code: str, method: str = "GET") -> dict[str, Any]:
    """The request for a link (HTTP API, payload format 2.0)."""
    path = f"/r/{code}"
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1"}
    headers = {"host": _HOST, "user-agent": AGENT, "accept-language": "ru"}
    if method == "POST":
        headers |= {"origin": f"https://{_HOST}", "sec-fetch-site": "same-origin"}
        headers["content-type"] = "application/x-www-form-urlencoded"
    return {
        "version": "2.0",
        "routeKey": f"{method} /r/{{code}}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": http, "requestId": f"request-{next(_numbers)}"},
        "pathParameters": {"code": code},
        "isBase64Encoded": False,
    }


def request(code: str) -> bytes:
    """The same over HTTP."""
    head = f"GET /r/{code} HTTP/1.1\r\nHost: {_HOST}\r\nUser-Agent: {AGENT}\r\n\r\n"
    return head.encode()
