"""The pages in a real browser, whose own rules decide whether a press arrives and leads on.

Chromium holds every redirect after a form to the page's policy, and says where a form comes from.
"""

import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from switchboard.runtime import http as gateway
from tests.doors.crawler_agents import SAFARI
from tests.doors.link_house import LinkHouse, link_event
from tests.store.conftest import Tables

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


class Site(http.server.ThreadingHTTPServer):
    """The doors under `/r/` and `/s/`; elsewhere a site that sends its visitors to `onward`."""

    house: LinkHouse
    onward = ""

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self.address = f"http://{host}:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        kind, _, code = self.path.partition("?")[0].strip("/").partition("/")
        if kind in ("r", "s"):
            self._answer(self._at_our_door(kind, code))
        elif self.server.onward:
            self._answer(gateway.redirect(302, self.server.onward, {}))
        else:
            self._answer(gateway.html(200, "<title>The site</title>", {}))

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass

    def _at_our_door(self, kind: str, code: str) -> dict[str, Any]:
        house = self.server.house
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        event = link_event(self.command, code, headers, body=body)
        return (house.click if kind == "r" else house.survey)(gateway.request(event))

    def _answer(self, answer: dict[str, Any]) -> None:
        body = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> LinkHouse:
    return LinkHouse(moto, moto_tables("links"), moto_tables("settings"))


class Hosts(NamedTuple):
    ours: str
    reviews: str


@pytest.fixture
def hosts(house: LinkHouse) -> Iterator[Hosts]:
    """Our own host, and the first of a review site's two, which leads on to the second."""
    with ExitStack() as stack:
        sites = []
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            site = stack.enter_context(Site(host))
            threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(site.shutdown)
            sites.append(site)
        ours, reviews, elsewhere = sites
        ours.house = house
        reviews.onward = f"{elsewhere.address}/org/1"
        yield Hosts(ours.address, f"{reviews.address}/org/1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed on this machine")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIET))
        yield launched
        launched.close()


@pytest.fixture(params=[390, 1200])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone's or a computer's. Whatever the page complains of fails the test."""
    size = {"width": request.param, "height": 844}
    with browser.new_context(viewport=size, user_agent=SAFARI) as context:  # type: ignore[arg-type]
        opened = context.new_page()
        complaints: list[str] = []
        opened.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        yield opened
        assert [text for text in complaints if "403" not in text] == []


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_press_arrives_and_leads_on_wherever_the_site_sends_him(
    house: LinkHouse, hosts: Hosts, page: Page
) -> None:
    code = house.link(url=hosts.reviews)
    page.goto(f"{hosts.ours}/r/{code}?url=http://evil.example/")
    assert _fits(page)
    page.click("button")
    page.wait_for_url("http://127.0.0.3:*/org/1")
    assert [event["kind"] for event in house.queue.events] == ["link_pressed"]


def test_another_sites_form_does_not_press(house: LinkHouse, hosts: Hosts, page: Page) -> None:
    code = house.link(url=hosts.reviews)
    page.goto(hosts.reviews)
    page.set_content(f'<form method="post" action="{hosts.ours}/r/{code}"><button>x</button>')
    with page.expect_response(lambda answer: answer.url.startswith(hosts.ours)) as answered:
        page.click("button")
    assert answered.value.status == 403
    assert house.queue.messages == []
    # Our own page came for an answer, and a person who wants to may press there.
    page.click("button")
    page.wait_for_url("http://127.0.0.3:*/org/1")
    assert [event["kind"] for event in house.queue.events] == ["link_pressed"]


def test_the_survey_is_filled_in_by_finger_and_by_keyboard(
    house: LinkHouse, hosts: Hosts, page: Page
) -> None:
    page.goto(f"{hosts.ours}/s/{house.survey_link()}")
    assert _fits(page)
    page.click("button")
    # The browser itself asks for the first answer that is missing.
    assert page.evaluate("document.activeElement.name") == "quality"
    assert house.queue.messages == []
    page.get_by_label("9", exact=True).first.check()
    page.locator("input[name=speed][value='10']").check()
    page.locator("input[name=friends][value='0']").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Не знаю <пока>").check()
    page.get_by_label("Что нам исправить?").fill("\nВсё\nхорошо")
    page.click("button")
    page.get_by_text("Спасибо!").wait_for()
    (event,) = house.queue.events
    assert event["answers"] == {
        "quality": "9",
        "speed": "10",
        "friends": "1",
        "again": "Не знаю <пока>",
        "words": "Всё\nхорошо",
    }
