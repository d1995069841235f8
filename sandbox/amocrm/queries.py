"""Filters, pages and batches of the API."""

import re

from starlette.requests import Request
from starlette.responses import Response

from sandbox.amocrm.records import Lead
from sandbox.amocrm.shapes import HalResponse
from sandbox.wire import BadBody, Json, json_object

LARGEST_BATCH = 50
LARGEST_PAGE = 250


def batch(raw: bytes) -> list[Json]:
    wrapped = json_object(b'{"list":' + raw + b"}")["list"]
    if not isinstance(wrapped, list) or not all(isinstance(one, dict) for one in wrapped):
        raise BadBody("the body is not an array of objects")
    if not 1 <= len(wrapped) <= LARGEST_BATCH:
        raise BadBody(f"the body must hold 1 to {LARGEST_BATCH} objects")
    return wrapped


def matches(lead: Lead, query: dict[str, str]) -> bool:
    since = query.get("filter[updated_at][from]") or query.get("filter[updated_at]")
    until = query.get("filter[updated_at][to]")
    if since and lead.updated_at < int(since):
        return False
    if until and lead.updated_at > int(until):
        return False
    pairs = _statuses(query)
    if pairs and (str(lead.pipeline_id), str(lead.status_id)) not in pairs:
        return False
    ids = {value for key, value in query.items() if key.startswith("filter[id]")}
    return not ids or str(lead.id) in ids


def _statuses(query: dict[str, str]) -> set[tuple[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in query.items():
        match = re.fullmatch(r"filter\[statuses\]\[(\d+)\]\[(pipeline_id|status_id)\]", key)
        if match:
            found.setdefault(match.group(1), {})[match.group(2)] = value
    return {(one.get("pipeline_id", ""), one.get("status_id", "")) for one in found.values()}


def page(request: Request, base: str, name: str, items: list[Json]) -> Response:
    """One page; 204 without a body when it is empty."""
    query = request.query_params
    number = max(1, int(query.get("page", "1")))
    limit = min(LARGEST_PAGE, max(1, int(query.get("limit", "50"))))
    shown = items[(number - 1) * limit : number * limit]
    if not shown:
        return Response(status_code=204)
    links: Json = {"self": {"href": str(request.url)}}
    if len(items) > number * limit:
        links["next"] = {"href": f"{base}/api/v4/{name}?page={number + 1}&limit={limit}"}
    return HalResponse({"_page": number, "_links": links, "_embedded": {name: shown}})
