"""A CRM with a plain JSON API: nested deals, comments with an Idempotency-Key, JSON hooks."""

import asyncio
import hmac
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.clock import now
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.settings import SandboxSettings
from sandbox.wire import BadBody, CutOff, Handler, Json, door_client, json_object


def sample_deal(number: int) -> Json:
    """A deal whose interesting values lie at different depths."""
    return {
        "id": f"G-{number}",
        "title": f"Пробная доставка № {number}",
        "stage": "new",
        "updated_at": now(),
        "terms": {
            "text": "Забрать на складе, отвезти клиенту",
            "pay": {"amount": 1500, "currency": "RUB"},
        },
        "schedule": {"deadline": "2030-01-15T15:00:00+03:00"},
        "tags": [{"name": "Курьер"}],
        "client": {"name": "Пробный Клиент", "phones": ["+7 900 000-00-21"]},
        "assignee": None,
        "comments": [],
    }


class GenericCrm:
    """State, API and hooks. Comments with the same Idempotency-Key are made once."""

    def __init__(self, settings: SandboxSettings, faults: Faults, feed: Feed) -> None:
        self._settings = settings
        self._faults = faults
        self._feed = feed
        self._client = door_client(settings, timeout=10)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keys: dict[str, Json] = {}
        self.deals: dict[str, Json] = {f"G-{n}": sample_deal(n) for n in (1, 2, 3)}
        self.calls: list[Json] = []
        self.hooks: list[Json] = []

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def put(self, deal_id: str, values: Json, event: str) -> Json:
        """Create or change a deal and announce it."""
        known = self.deals.setdefault(deal_id, {"id": deal_id, "comments": []})
        merge(known, values)
        known["updated_at"] = now()
        task = asyncio.create_task(self._announce(deal_id, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._feed.tell("crm", f"Прочая CRM: сделка {deal_id}, событие {event}")
        return known

    async def _announce(self, deal_id: str, event: str) -> None:
        body = {"deal": {"id": deal_id}, "event": event}
        try:
            answer = await self._client.post(self._settings.generic_door, json=body)
            status: int | str = answer.status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        self.hooks.append({"body": body, "status": status, "at": now()})
        self._feed.changed()

    def routes(self) -> list[Route]:
        """To be mounted at /generic."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/deals", self._list),
            ("GET", "/deals/{id}", self._read),
            ("PATCH", "/deals/{id}", self._change),
            ("POST", "/deals/{id}/comments", self._comment),
        ]
        return [
            Route(path, self._guarded(handler), methods=[verb]) for verb, path, handler in table
        ]

    def _guarded(self, handler: Handler) -> Handler:
        expected = f"Bearer {self._settings.generic_token}".encode()

        async def guarded(request: Request) -> Response:
            await asyncio.sleep(self._faults.latency["generic"])
            fault = self._faults.strike("generic")
            if fault and fault.kind == "abort":
                return CutOff()
            if fault and fault.kind != "lost_answer":
                status = {"too_many_requests": 429, "server_error": 500}.get(fault.kind, 503)
                return PlainTextResponse("unavailable", status)
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, expected):
                return JSONResponse({"error": "unauthorized"}, 401)
            try:
                answer = await handler(request)
            except BadBody as error:
                answer = JSONResponse({"error": str(error)}, 400)
            self.calls.append(
                {"method": request.method, "path": request.url.path, "status": answer.status_code}
            )
            return CutOff() if fault else answer

        return guarded

    def _found(self, request: Request) -> Json | None:
        return self.deals.get(request.path_params["id"])

    async def _list(self, request: Request) -> Response:
        since = float(request.query_params.get("updated_since", "0"))
        return JSONResponse({"deals": [d for d in self.deals.values() if d["updated_at"] >= since]})

    async def _read(self, request: Request) -> Response:
        deal = self._found(request)
        return JSONResponse(deal) if deal else JSONResponse({"error": "no such deal"}, 404)

    async def _change(self, request: Request) -> Response:
        deal = self._found(request)
        if deal is None:
            return JSONResponse({"error": "no such deal"}, 404)
        merge(deal, json_object(await request.body()))
        deal["updated_at"] = now()
        self._feed.tell("switchboard", f"Switchboard меняет сделку {deal['id']} в прочей CRM")
        return JSONResponse(deal)

    async def _comment(self, request: Request) -> Response:
        deal = self._found(request)
        if deal is None:
            return JSONResponse({"error": "no such deal"}, 404)
        body = json_object(await request.body())
        if not isinstance(body.get("text"), str):
            return JSONResponse({"error": "text is required"}, 400)
        key = request.headers.get("idempotency-key")
        if key and key in self._keys:
            return JSONResponse(self._keys[key], 200)
        comment = {"id": len(deal["comments"]) + 1, "text": body["text"]}
        deal["comments"].append(comment)
        if key:
            self._keys[key] = comment
        self._feed.changed()
        return JSONResponse(comment, 201)


def merge(into: Json, values: Json) -> None:
    """Objects are merged, everything else is replaced."""
    for key, value in values.items():
        known: Any = into.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        else:
            into[key] = value
