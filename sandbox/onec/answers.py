"""How the OData interface says things: JSON when asked for, else atom-xml, which is its default."""

from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.wire import Json

METADATA = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"
ATOM = "http://www.w3.org/2005/Atom"


class OdataRefusal(Exception):
    """`code` is 1C's own number of the error, told beside the HTTP status."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class OdataJson(JSONResponse):
    media_type = "application/json;charset=utf-8"


def wants_json(request: Request) -> bool:
    asked = request.query_params.get("$format", request.headers.get("accept", ""))
    return "json" in asked


def refused(request: Request, refusal: OdataRefusal) -> Response:
    if wants_json(request):
        told = {"code": str(refusal.code), "message": {"lang": "ru", "value": str(refusal)}}
        return OdataJson({"odata.error": told}, refusal.status)
    body = (
        f'<m:error xmlns:m="{METADATA}"><m:code>{refusal.code}</m:code>'
        f"<m:message>{escape(str(refusal))}</m:message></m:error>"
    )
    return Response(body, refusal.status, media_type="application/xml")


def collection(request: Request, table: str, rows: list[Json], count: int | None) -> Response:
    if not wants_json(request):
        entries = "".join(_entry(table, row) for row in rows)
        return _atom("feed", entries)
    head: Json = {"odata.metadata": _metadata(request, table)}
    if count is not None:
        head["odata.count"] = str(count)
    return OdataJson(head | {"value": rows})


def entity(request: Request, table: str, row: Json, status: int = 200) -> Response:
    if wants_json(request):
        head = {"odata.metadata": f"{_metadata(request, table)}/@Element"}
        answer: Response = OdataJson(head | row, status)
    else:
        answer = _atom("entry", _properties(row), status)
    if status == 201:
        answer.headers["location"] = quote(f"{_root(request)}{table}(guid'{row['Ref_Key']}')", ":/")
    return answer


def _root(request: Request) -> str:
    base = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
    return f"{base}/odata/standard.odata/"


def _metadata(request: Request, table: str) -> str:
    return f"{_root(request)}$metadata#{table}"


def _atom(kind: str, inside: str, status: int = 200) -> Response:
    names = f'xmlns="{ATOM}" xmlns:d="{DATA}" xmlns:m="{METADATA}"'
    body = f'<?xml version="1.0" encoding="UTF-8"?><{kind} {names}>{inside}</{kind}>'
    return Response(body, status, media_type=f"application/atom+xml;type={kind};charset=utf-8")


def _entry(table: str, row: Json) -> str:
    term = quoteattr(f"StandardODATA.{table}")
    return f"<entry><category term={term}/>{_properties(row)}</entry>"


def _properties(row: Json) -> str:
    inside = "".join(f"<d:{name}>{_text(value)}</d:{name}>" for name, value in row.items())
    return f'<content type="application/xml"><m:properties>{inside}</m:properties></content>'


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
