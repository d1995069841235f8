"""The sandbox as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from sandbox.control.routes import routes as control_routes
from sandbox.page.routes import routes as page_routes
from sandbox.settings import SandboxSettings
from sandbox.world import Entrance, World


def create(settings: SandboxSettings) -> Starlette:
    """The application. Its World is `app.state.world`, for those who run it in their process."""
    world = World(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        await world.close()

    async def health(request: Request) -> Response:
        del request
        return JSONResponse({"ok": True})

    entrances = [Mount(f"/{name}", app=Entrance(world, name)) for name in world.routers]
    people = [Mount("/control", routes=control_routes(world)), *page_routes(world)]
    app = Starlette(
        routes=[Route("/health", health), *entrances, *(people if settings.control else [])],
        lifespan=lifespan,
    )
    app.state.world = world
    return app
