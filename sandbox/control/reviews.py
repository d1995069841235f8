"""Control of what opens review links, and the count of who came to the sites."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.reviews.robots import open_with_all
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, door_client, json_object
from sandbox.world import World


class ReviewControl:
    """Handlers under /control/reviews and /control/robots."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [("GET", "/reviews", self._sites), ("POST", "/robots", self._robots)]

    async def _sites(self, request: Request) -> Response:
        del request
        sites = self._world.reviews.sites.values()
        return JSONResponse({"sites": [asdict(site) for site in sites]})

    async def _robots(self, request: Request) -> Response:
        """{url}: one of Switchboard's own links, opened by eight programs at once."""
        url = str(json_object(await request.body()).get("url"))
        doors = self._world.settings.doors
        if not url.startswith(f"{doors}/"):
            raise Impossible(f"url must begin with {doors}/")
        async with door_client(self._world.settings, timeout=10) as client:
            opened = await open_with_all(client, url)
        said = ", ".join(f"{one['robot']} {one['status'] or 'без ответа'}" for one in opened)
        self._world.feed.tell("fault", f"Ссылку открыли роботы: {said}")
        return JSONResponse({"opened": opened})
