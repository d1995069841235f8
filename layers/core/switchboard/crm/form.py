"""Form bodies with nested brackets, `leads[status][0][id]=1`, as flat paths.

No tree is built: a path such as `("leads", "status", "0", "id")` says everything, nothing recurses,
and the work grows with the body's length alone.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from switchboard.crm.parsed import Malformed, check_size

MAX_PAIRS = 20_000
MAX_DEPTH = 12
"""amoCRM's deepest path, a custom field's value, has nine parts."""
MAX_KEY = 512
"""Bytes, percent signs included."""

Path = tuple[str, ...]

_CHARSETS = frozenset({"", "utf-8", "utf8"})
_KEY = re.compile(r"(?P<head>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)\Z")


def check_type(headers: Mapping[str, str]) -> None:
    """Raises Malformed for what says that it is no form, or none in UTF-8."""
    said = next((v for name, v in headers.items() if name.lower() == "content-type"), "")
    media, _, parameters = said.lower().partition(";")
    if media.strip() not in ("", "application/x-www-form-urlencoded"):
        raise Malformed("the content type is not a form's")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    if charset not in _CHARSETS:
        raise Malformed("the form's charset is not UTF-8")


def pairs(body: bytes) -> Iterator[tuple[Path, bytes]]:
    """Every `path = value` of a form body, in its order, repetitions included.

    Values are still encoded: `text` reads the few that matter. A key whose brackets do not close
    is left out, so that it does not lose the deal beside it. Raises Malformed for what is no form,
    too large or too deep.
    """
    check_size(body)
    if body.count(b"&") >= MAX_PAIRS:
        raise Malformed("the form has too many pairs")
    if b"=" not in body:
        raise Malformed("the body is not a form")
    for pair in body.split(b"&"):
        key, _, value = pair.partition(b"=")
        if len(key) > MAX_KEY:
            raise Malformed("a key of the form is too long")
        path = _path(text(key))
        if path:
            yield path, value


def text(raw: bytes) -> str:
    """An encoded key or value. What is not UTF-8, say a text cut in mid-character, is U+FFFD."""
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace")


def _path(key: str) -> Path:
    if key.count("[") >= MAX_DEPTH:
        raise Malformed("the form is nested too deeply")
    found = _KEY.match(key)
    if found is None:
        return ()
    rest = found["rest"]
    return (found["head"], *rest[1:-1].split("][")) if rest else (found["head"],)
