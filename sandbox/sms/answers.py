"""SMSC's manner of speaking: forms in several charsets, HTTP 200 even for a refusal.

Source: smsc.ru/api/http.
"""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.faults import Fault
from sandbox.wire import CutOff, Json

CHARSETS = {"utf-8", "koi8-r", "windows-1251"}
REASONS = {
    1: "parameters error",
    2: "authorise error",
    3: "no money",
    4: "ip blocked",
    5: "invalid time",
    6: "message is denied",
    7: "invalid number",
    8: "can't to deliver",
    9: "duplicate request, wait a minute",
}


class SmscRefusal(Exception):
    """`id` is told for the refusals of a message that was taken in (3, 6, 7, 8)."""

    def __init__(self, code: int, message_id: str | None = None, reason: str | None = None) -> None:
        super().__init__(reason or REASONS[code])
        self.code = code
        self.message_id = message_id


async def form(request: Request) -> Json:
    """Query and form in the charset that they name; SMSC's default is windows-1251."""
    raw = "&".join((request.url.query, (await request.body()).decode("latin-1")))
    named = dict(parse_qsl(raw, keep_blank_values=True)).get("charset", "").lower()
    charset = named if named in CHARSETS else "windows-1251"
    return dict(parse_qsl(raw, keep_blank_values=True, encoding=charset, errors="replace"))


def told(form: Json, body: Json) -> Response:
    if form.get("fmt") == "3":
        return JSONResponse(body)
    if "error_code" in body:
        return PlainTextResponse(f"ERROR = {body['error_code']} ({body['error']})")
    if "status" in body:
        return PlainTextResponse(f"Status = {body['status']}, check_time = {body['last_date']}")
    return PlainTextResponse(f"OK - {body['cnt']} SMS, ID - {body.get('id')}")


def refused(form: Json, refusal: SmscRefusal) -> Response:
    body: Json = {"error": str(refusal), "error_code": refusal.code}
    if refusal.message_id is not None:
        body["id"] = refusal.message_id
    return told(form, body)


def struck(fault: Fault) -> Response:
    if fault.kind == "abort":
        return CutOff()
    status = 500 if fault.kind == "server_error" else 503
    return PlainTextResponse("Service Unavailable", status)
