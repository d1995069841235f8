"""Events as API Gateway hands them to a function (HTTP API, payload format 2.0)."""

import json
import time
from typing import Any
from uuid import uuid4

from tests.deploy.branch import BRANCH, SECRET
from tests.deploy.places import ROOT

Json = dict[str, Any]
_PRESS = ROOT / "events" / "telegram" / "press_claim.json"


def request(
    verb: str,
    path: str,
    parts: dict[str, str],
    body: str = "",
    headers: dict[str, str] | None = None,
) -> Json:
    return {
        "version": "2.0",
        "routeKey": f"{verb} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers or {},
        "requestContext": {
            "http": {"method": verb, "path": path, "sourceIp": "127.0.0.1"},
            "requestId": str(uuid4()),
        },
        "pathParameters": parts,
        "body": body,
        "isBase64Encoded": False,
    }


def press(data: str, chat: int) -> Json:
    """Somebody who never pressed before presses the button with this data: the captured update."""
    update = json.loads(json.loads(_PRESS.read_text(encoding="utf-8"))["body"])
    query = update["callback_query"]
    query["id"] = str(time.time_ns())
    query["data"] = data
    query["message"]["chat"]["id"] = chat
    headers = {
        "content-type": "application/json",
        "x-telegram-bot-api-secret-token": SECRET,
    }
    return request("POST", f"/telegram/{BRANCH}", {"branch": BRANCH}, json.dumps(update), headers)
