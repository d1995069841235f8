"""The door behind review links: a visit is kept, a press counts once, and it leads to one address.

A link without a bonus leads on at once. Where a bonus hangs on it, a page with a button comes
first: previews and scanners open links, and none of them has been seen to press a button.

One call to the links table answers each of them; the inbox is told of the first press and of the
first visit that looks like a person's.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from switchboard.domain.visits import Visit
from switchboard.doors import notices
from switchboard.doors.addresses import location
from switchboard.doors.visits import foreign, visit_of
from switchboard.pages import frame
from switchboard.pages.review import review_page
from switchboard.runtime import http
from switchboard.runtime.http import Request
from switchboard.store.links import Link, NotPressed, Pressed

if TYPE_CHECKING:
    # Only what goes into the inbox needs them, and most requests put nothing there.
    from switchboard.domain.events import Envelope

CODE = re.compile(r"[0-9A-Za-z]{12}")
LARGEST = 4096
"""Bytes of a press: its form has no fields."""


class Links(Protocol):
    def visit(self, code: str, visit: Visit) -> Link | None: ...
    def press(self, code: str, visit: Visit) -> Pressed | NotPressed | None: ...


class Inbox(Protocol):
    def put(self, envelope: "Envelope", once: str) -> None: ...


class Log(Protocol):
    def info(self, message: str, **keys: Any) -> None: ...
    def warning(self, message: str, **keys: Any) -> None: ...


class ClickDoor:
    """`inbox` opens the inbox: a door that has nothing to tell does without its client."""

    def __init__(
        self,
        links: Links,
        inbox: Callable[[], Inbox],
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._links = links
        self._inbox = inbox
        self._now = now
        self._log = log

    def __call__(self, request: Request) -> dict[str, Any]:
        code = request.path.get("code", "")
        if CODE.fullmatch(code) is None:
            return self._nothing(404, "unknown", "malformed code", request)
        if len(request.body) > LARGEST:
            return self._nothing(413, "refused", "too large", request)
        visit = visit_of(request, self._now())
        match request.method:
            case "GET" | "HEAD":
                return self._visited(code, visit, request)
            case "POST":
                return self._pressed(code, visit, request)
            case _:
                return notices.wrong_method(self._log, request)

    def _visited(self, code: str, visit: Visit, request: Request) -> dict[str, Any]:
        link = self._links.visit(code, visit)
        if link is None:
            return self._nothing(404, "unknown", "unknown code", request)
        if link.until <= visit.at:
            return self._over(link, request)
        if not link.bonus and location(link.url) is None:
            return self._nothing(404, "unknown", "no address", request)
        if not link.bonus and _is_first_person(link, visit):
            self._tell(link, visit, request)
        self._say("visit", link, outcome="page" if link.bonus else "redirected", visit=visit)
        if not link.bonus:
            return self._onward(link, 302, request)
        page = "" if request.method == "HEAD" else review_page(link)
        return http.html(200, page, frame.headers(link.url))

    def _pressed(self, code: str, visit: Visit, request: Request) -> dict[str, Any]:
        if foreign(request.headers):
            visit = visit._replace(verdict="scanner", reason="another site")
        if visit.verdict == "scanner":
            return self._not_believed(code, visit, request)
        pressed = self._links.press(code, visit)
        if pressed is None:
            return self._nothing(404, "unknown", "unknown code", request)
        link = pressed.link
        if link.until <= visit.at:
            return self._over(link, request)
        if isinstance(pressed, Pressed):
            if pressed.first:
                self._tell(link, visit, request)
            self._say("press", link, outcome="first" if pressed.first else "again", visit=visit)
        return self._onward(link, 303, request)

    def _not_believed(self, code: str, visit: Visit, request: Request) -> dict[str, Any]:
        """The page once more: a person can press again, and what is no person does not."""
        link = self._links.visit(code, visit)
        if link is None:
            return self._nothing(404, "unknown", "unknown code", request)
        if link.until <= visit.at:
            return self._over(link, request)
        self._say("press", link, outcome="not_believed", visit=visit)
        if not link.bonus:
            return self._nothing(403, "refused", "no button", request)
        return http.html(403, review_page(link, again=True), frame.headers(link.url))

    def _onward(self, link: Link, status: int, request: Request) -> dict[str, Any]:
        to = location(link.url)
        if to is None:
            return self._nothing(404, "unknown", "no address", request)
        return http.redirect(status, to, frame.REDIRECT)

    def _over(self, link: Link, request: Request) -> dict[str, Any]:
        words = frame.Words(link.page.language, link.page.texts)
        return notices.refused(self._log, 410, "expired", words, "expired", request)

    def _nothing(self, status: int, key: str, why: str, request: Request) -> dict[str, Any]:
        return notices.nothing(self._log, status, key, why, request)

    def _tell(self, link: Link, visit: Visit, request: Request) -> None:
        """Into the inbox. A press that does not get there is found in its item by the sweeper."""
        from switchboard.domain.events import Envelope, LinkPressed, LinkVisited

        kind = LinkPressed if link.bonus else LinkVisited
        event = kind(code=link.code, survey=link.survey, at=visit.at)
        envelope = Envelope(branch=link.branch, trace=request.id, event=event)
        try:
            self._inbox().put(envelope, once=f"{link.code}.{event.kind}")
        except Exception as fault:
            self._log.warning("inbox unavailable", reason=type(fault).__name__)

    def _say(self, message: str, link: Link, outcome: str, visit: Visit) -> None:
        self._log.info(
            message,
            branch=link.branch,
            outcome=outcome,
            survey=link.survey,
            verdict=visit.verdict,
            reason=visit.reason,
        )


def _is_first_person(link: Link, visit: Visit) -> bool:
    """Of two at once both may seem so: the inbox and the survey take it once."""
    sent = link.sent_at
    if visit.verdict != "person" or sent is None or visit.at < sent:
        return False
    return not any(
        other.verdict == "person" and other.at >= sent and other.id != visit.id
        for other in link.visits
    )
