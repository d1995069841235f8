"""Review sites: they say thanks and count who came. What is written there is kept nowhere."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.feed import Feed

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


@dataclass
class ReviewSite:
    """One site. `came` counts openings of its page, `written` the forms that were sent."""

    slug: str
    name: str
    place: str
    color: str
    came: int = 0
    written: int = 0


class ReviewSites:
    """Two sites that differ in their names alone; both are `/reviews/<slug>`."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent), autoescape=True
        )
        self.sites = {
            "yandex": ReviewSite("yandex", "Яндекс Карты", "Шинный центр", "#c23b22"),
            "google": ReviewSite("google", "Google Карты", "Шинный центр", "#1d6fa5"),
        }

    def routes(self) -> list[Route]:
        """To be mounted at /reviews."""
        return [
            Route("/{site}", self._page, methods=["GET"]),
            Route("/{site}", self._written, methods=["POST"]),
            Route("/{site}/thanks", self._thanks, methods=["GET"]),
        ]

    def _asked(self, request: Request) -> ReviewSite | None:
        return self.sites.get(request.path_params["site"])

    async def _page(self, request: Request) -> Response:
        site = self._asked(request)
        if site is None:
            return Response(status_code=404)
        # Starlette answers HEAD with the same handler; nobody comes by that.
        if request.method == "GET":
            site.came += 1
            self._feed.tell("person", f"На «{site.name}» открыли страницу для отзыва")
        return self._shown(site, thanks=False)

    async def _written(self, request: Request) -> Response:
        site = self._asked(request)
        if site is None:
            return Response(status_code=404)
        site.written += 1
        self._feed.tell("person", f"На «{site.name}» отправили отзыв")
        return RedirectResponse(f"{request.url.path}/thanks", 303)

    async def _thanks(self, request: Request) -> Response:
        site = self._asked(request)
        return Response(status_code=404) if site is None else self._shown(site, thanks=True)

    def _shown(self, site: ReviewSite, *, thanks: bool) -> Response:
        text = self._templates.get_template("site.html.j2").render(site=site, thanks=thanks)
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(text, headers=headers)
