"""What a request for a link may lead to, by the link as it was made and what the request says."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.doors.link_house import QUESTIONS
from tests.fuzz.branches import KNOWN, SURVEY, TYRES, Known
from tests.fuzz.case import Case
from tests.fuzz.doors import Happened, Write

_STATUSES = {
    "click": frozenset({200, 302, 303, 403, 404, 405, 410, 413}),
    "survey": frozenset({200, 400, 403, 404, 405, 410, 413, 422}),
}
_IDS = {question["id"] for question in QUESTIONS}


class _Asked(NamedTuple):
    """What a request says of itself."""

    code: str
    method: str
    link: Known | None

    @property
    def open(self) -> Known | None:
        """The link, if it is one of this door's and leads anywhere yet."""
        return None if self.link is None or self.link.over else self.link


def unexplained(one: Case, happened: Happened) -> str:
    """What is wrong with what came of it; empty where nothing is."""
    path = one.event.get("pathParameters") or {}
    link = KNOWN.get(path.get("code", ""))
    if link is not None and link.purpose != {"click": "review"}.get(one.door, "survey"):
        link = None
    method = one.event["requestContext"]["http"]["method"]
    asked = _Asked(path.get("code", ""), method, link)
    judge = _clicked if one.door == "click" else _filled
    return next(chain(_answered(one, happened, asked), judge(one, happened, asked)), "")


def _answered(one: Case, happened: Happened, asked: _Asked) -> Iterator[str]:
    status, headers = happened.answer["statusCode"], happened.answer.get("headers", {})
    if status not in _STATUSES[one.door]:
        yield f"answered {status}"
    if asked.open is None and status not in (404, 405, 410, 413) and not _thanked(asked, status):
        yield f"answered {status} for what is not there"
    page = happened.answer["body"]
    page.encode()
    if "<script" in page.lower() or "javascript:" in page.lower():
        yield "a script in the page"
    if asked.method == "HEAD" and page:
        yield "a page for HEAD"
    for name, value in headers.items():
        if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()):
            yield f"header {name}"


def _thanked(asked: _Asked, status: int) -> bool:
    """Who has filled in a survey is thanked for it, over or not."""
    return asked.link is not None and asked.link.done and status == 200


def _clicked(one: Case, happened: Happened, asked: _Asked) -> Iterator[str]:
    status, link = happened.answer["statusCode"], asked.open
    to = happened.answer.get("headers", {}).get("location")
    if (to is None) != (status not in (302, 303)):
        yield f"{status} to {to}"
    if to is not None and (link is None or not _same(to, link.url)):
        yield f"led to {to}"
    pressed = [write for write in happened.written if _text(write, "press")]
    wanted = asked.method == "POST" and link is not None and link.bonus > 0
    if pressed and not (wanted and status == 303 and _ours(one)):
        yield "pressed"
    if any(not _is_visit(write, asked, press=bool(pressed)) for write in happened.written):
        yield f"wrote {happened.written}"
    if happened.written and (link is None or len(happened.written) > 1):
        yield "wrote for nothing"
    kinds = [_told(envelope, asked) for envelope in happened.queued]
    first = bool(pressed) and link is not None and not link.done
    visited = link is not None and not link.bonus and asked.method == "GET" and status == 302
    allowed = ["link_pressed"] if first else ["link_visited"] if visited else []
    if kinds and kinds != allowed:
        yield f"queued {kinds}"
    if first and not kinds:
        yield "a press that nobody is told of"


def _filled(one: Case, happened: Happened, asked: _Asked) -> Iterator[str]:
    status = happened.answer["statusCode"]
    if "location" in happened.answer.get("headers", {}):
        yield "led elsewhere"
    if not happened.queued and not happened.written:
        return
    link = asked.open
    if link is None or link.done or status != 200 or asked.method != "POST" or not _ours(one):
        yield f"{status}, and yet queued {happened.queued}, wrote {happened.written}"
    if [_told(envelope, asked) for envelope in happened.queued] != ["survey_filled"]:
        yield f"queued {happened.queued}"
        return
    said = parse_qsl(one.body.decode("utf-8", "replace"), keep_blank_values=True)
    words = {text.replace("\r\n", "\n").strip() for _, text in said}
    answers = happened.queued[0]["event"]["answers"]
    choices = {"Да", "Нет", "Не знаю <пока>"}
    if not answers.keys() <= _IDS or not set(answers.values()) <= words | choices:
        yield f"answers {answers}"
    keys = [(write.table, write.key) for write in happened.written]
    if keys != [("links", (asked.code, "link"))] or not _only(happened.written[0], "filled_at"):
        yield f"wrote {keys}"


def _same(to: str, stored: str) -> bool:
    """An address is the stored one, but for its spelling in ASCII."""
    there, here = urlsplit(to), urlsplit(stored)
    host = there.netloc.encode().decode("idna")
    rest = unquote(there._replace(scheme="", netloc="").geturl())
    known = unquote(here._replace(scheme="", netloc="").geturl())
    return (there.scheme, host, rest) == (here.scheme, here.netloc, known)


def _ours(one: Case) -> bool:
    """Whether a form may come from our own page, as far as its browser says."""
    headers = one.event.get("headers") or {}
    if headers.get("origin") == "null":
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return bool(headers.get("origin", "").lower().endswith(headers.get("host", "-").lower()))


def _is_visit(write: Write, asked: _Asked, *, press: bool) -> bool:
    """A visit is added to the link's item, or a press noted in it, and nothing else is changed."""
    if (write.table, write.key) != ("links", (asked.code, "link")):
        return False
    return _only(write, *(("press", "presses", "pending") if press else ("visits",)))


def _only(write: Write, *names: str) -> bool:
    before, after = _rest(write.before, names), _rest(write.after, names)
    return bool(before) and before == after


def _rest(item: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in (item or {}).items() if name not in names}


def _text(write: Write, name: str) -> bool:
    """Whether the write has touched what stands under the name, or counted it again."""
    before, after = write.before or {}, write.after or {}
    return any(before.get(one) != after.get(one) for one in (name, f"{name}es"))


def _told(envelope: Mapping[str, Any], asked: _Asked) -> str:
    event = envelope["event"]
    right = envelope["branch"] == TYRES and event["survey"] == SURVEY
    code = event.get("code", asked.code)
    return str(event["kind"]) if right and code == asked.code else f"another's {event['kind']}"
