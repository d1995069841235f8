"""Telegram's HTML: the tags that it knows, each closed in its turn.

Source: Bot API, Formatting options, HTML style. Telegram answers anything else with 400
"can't parse entities", and the message is not sent.
"""

import html
import re
from collections.abc import Mapping

_PIECE = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<rest>[^<>]*)>|[<>]")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_AMPERSAND = re.compile(r"&#?[a-zA-Z0-9]+;")
_BARE = re.compile(r"\s*")
_TAGS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "pre", "tg-spoiler"), _BARE
    ),
    "a": re.compile(r"""\s+href=("[^"<>]+"|'[^'<>]+')\s*"""),
    "code": re.compile(r'(\s+class="language-[^"]+")?\s*'),
    "blockquote": re.compile(r"(\s+expandable)?\s*"),
    "span": re.compile(r'\s+class="tg-spoiler"\s*'),
}


def problem(text: str) -> str | None:
    """What Telegram would refuse, as a sentence; None for well-formed text."""
    opened: list[str] = []
    for piece in _PIECE.finditer(text):
        name = (piece["name"] or "").lower()
        if not name:
            return f"`{piece[0]}` stands alone; write &lt; or &gt; for the sign."
        if name not in _TAGS:
            return f"Telegram knows no tag {piece[0]}."
        if piece["close"]:
            if not opened or opened.pop() != name:
                return f"{piece[0]} closes what is not open there."
        elif set(_PLACEHOLDER.findall(piece["rest"])) - {"{url}"}:
            # A quote in a deal's title would end the attribute.
            return f"In {piece[0]} no placeholder but {{url}} may stand."
        elif not _TAGS[name].fullmatch(piece["rest"]):
            return f"{piece[0]} is not written as Telegram wants it."
        else:
            opened.append(name)
    if opened:
        return f"<{opened[-1]}> is not closed."
    return _entity_problem(text)


def shown(text: str) -> str:
    """What the reader sees: without tags, with the signs that entities stand for."""
    return html.unescape(_PIECE.sub(lambda piece: "" if piece["name"] else piece[0], text))


def _entity_problem(text: str) -> str | None:
    for found in _AMPERSAND.finditer(text):
        if not _ENTITY.fullmatch(found[0]):
            return f"`{found[0]}` is no sign that Telegram knows; write &amp; for & itself."
    return None
