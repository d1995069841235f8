"""The page, its files and its stream of changes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.control.routes import is_local
from sandbox.page.view import view
from sandbox.wire import refusal
from sandbox.world import World

HERE = Path(__file__).parent
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


def routes(world: World) -> list[BaseRoute]:
    """/ is the page, /events its Server-Sent Events, /view the same as one answer."""
    templates = Environment(loader=FileSystemLoader(HERE), autoescape=True)

    async def page(request: Request) -> Response:
        if not is_local(request):
            return refusal("only from this machine", 403)
        # A breath of the state in the page itself: it is complete before the first event.
        start = json.dumps(view(world), ensure_ascii=False).replace("<", "\\u003c")
        text = templates.get_template("page.html.j2").render(start=start, settings=world.settings)
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})

    async def events(request: Request) -> Response:
        if not is_local(request):
            return refusal("only from this machine", 403)
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_stream(world), media_type="text/event-stream", headers=headers)

    async def now(request: Request) -> Response:
        if not is_local(request):
            return refusal("only from this machine", 403)
        return JSONResponse(view(world))

    return [
        Route("/", page),
        Route("/events", events),
        Route("/view", now),
        Mount("/static", app=StaticFiles(directory=HERE / "static")),
    ]


async def _stream(world: World) -> AsyncIterator[str]:
    async for _ in world.feed.changes():
        yield f"data: {json.dumps(view(world), ensure_ascii=False)}\n\n"
