"""Browsers, previews and scanners at the doors behind links."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit

from tests.simulation.processes import Ended
from tests.simulation.reviewed import HOST
from tests.simulation.telegram import http_event
from tests.simulation.world import World

Who = Literal["client", "friend", "crawler", "another site"]

_BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/128.0 Mobile Safari/537.36"
_CRAWLERS: tuple[Mapping[str, str], ...] = (
    {},
    {"user-agent": "TelegramBot (like TwitterBot)"},
    {"user-agent": "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"},
    {"user-agent": _BROWSER, "sec-purpose": "prefetch"},
    {"user-agent": _BROWSER},
)
"""The last one cannot be told from a person by what it says."""
_PATIENCE = 4
"""How often a person tries to load a page that does not come."""


@dataclass
class Visit:
    """One request, and the status that its visitor was shown; 0 for none."""

    id: str
    who: Who
    method: str
    code: str
    at: float
    form: Mapping[str, str]
    status: int = 0
    ended: float = 0.0


Then = Callable[[Visit], None]


class Web:
    def __init__(self, world: World) -> None:
        self._world = world
        self.visits: list[Visit] = []

    def crawl(self, url: str) -> None:
        headers = self._world.chance.choice(_CRAWLERS)
        method = self._world.chance.choice(("GET", "GET", "HEAD"))
        self._ask(url, "crawler", method, headers, {}, lambda _: None, 0)

    def open(self, url: str, who: Who, then: Then) -> None:
        self._ask(url, who, "GET", {"user-agent": _BROWSER, "host": HOST}, {}, then, _PATIENCE)

    def send(self, url: str, who: Who, form: Mapping[str, str], then: Then) -> None:
        """The page's button is pressed, with whatever stands in its form."""
        site = "cross-site" if who == "another site" else "same-origin"
        headers = {
            "user-agent": _BROWSER,
            "host": HOST,
            "origin": f"https://{HOST}",
            "sec-fetch-site": site,
            "content-type": "application/x-www-form-urlencoded",
        }
        self._ask(url, who, "POST", headers, form, then, _PATIENCE)

    def _ask(
        self,
        url: str,
        who: Who,
        method: str,
        headers: Mapping[str, str],
        form: Mapping[str, str],
        then: Then,
        tries: int,
    ) -> None:
        _, way, code = urlsplit(url).path.split("/")
        clock = self._world.clock
        visit = Visit(f"web-{len(self.visits)}", who, method, code, clock.now, form)
        self.visits.append(visit)
        self._world.visits += 1

        def ended(came: Ended) -> None:
            visit.status, visit.ended = came.answer["statusCode"] if came.answer else 500, clock.now
            self._world.visits -= 1
            said = f"{visit.id}: {who} {method} /{way}/{code}: {visit.status}"
            self._world.trace.tell("web", said)
            if visit.status >= 500 and tries > 1:
                again = (url, who, method, headers, form, then, tries - 1)
                clock.after(self._world.chance.uniform(1, 20), lambda: self._ask(*again))
            else:
                then(visit)

        event = http_event(visit.id, {"code": code}, urlencode(form), method, headers)
        self._knock("click" if way == "r" else "survey", event, visit.id, ended)

    def _knock(
        self, door: str, event: Mapping[str, object], request: str, then: Callable[[Ended], None]
    ) -> None:
        if not self._world.functions[door].invoke(event, request, then):
            self._world.clock.after(0.2, lambda: self._knock(door, event, request, then))
