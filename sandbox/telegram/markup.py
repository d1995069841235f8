"""Telegram's HTML: text with entities, or the refusal that Telegram would give.

Wording and rules follow `parse_html` in tdlib's MessageEntity.cpp. Offsets of entities are UTF-16
code units, offsets in refusals are bytes.
"""

import html
import re
from dataclasses import dataclass, field

from sandbox.telegram.errors import BotApiError, bad_request
from sandbox.wire import Json

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
SHOWN_AS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
# Telegram knows only these named entities; others stay in the text as they are.
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
START_TAG = re.compile(
    r"<([^\s>/][^\s>]*)((?:\s+[^\s=>]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*)\s*>"
)
ATTRIBUTE = re.compile(r"([^\s=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
END_TAG = re.compile(r"</([^\s>]*)\s*>")


@dataclass
class Marked:
    """Parsed text. `safe_html` shows the same in a page and holds only our own tags."""

    text: str = ""
    entities: list[Json] = field(default_factory=list)
    safe_html: str = ""


@dataclass
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def plain(text: str) -> Marked:
    """Text sent without parse_mode."""
    return Marked(text, [], html.escape(text))


class HtmlParser:
    """One pass over the source with a stack of open tags."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text: list[str] = []
        self._length = 0
        self._shown: list[str] = []
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def parse(self) -> Marked:
        """Raises BotApiError 400 "can't parse entities: …"."""
        while self._at < len(self._source):
            character = self._source[self._at]
            if character == "&":
                self._reference()
            elif character == "<":
                self._tag()
            else:
                self._write(character, 1)
        if self._open:
            raise self._wrong(
                f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"'
            )
        self._entities.sort(key=lambda e: (e["offset"], -e["length"]))
        return Marked("".join(self._text), self._entities, "".join(self._shown))

    def _wrong(self, reason: str) -> BotApiError:
        return bad_request(f"can't parse entities: {reason}")

    def _byte_offset(self) -> int:
        return len(self._source[: self._at].encode())

    def _write(self, text: str, consumed: int) -> None:
        self._text.append(text)
        self._length += utf16_length(text)
        self._shown.append(html.escape(text))
        self._at += consumed

    def _reference(self) -> None:
        match = REFERENCE.match(self._source, self._at)
        if match is None:
            self._write("&", 1)
            return
        decimal, hexadecimal, name = match.groups()
        if name:
            self._write(NAMED[name], len(match.group()))
            return
        code = int(decimal) if decimal else int(hexadecimal, 16)
        valid = 0 < code < 0x110000 and not 0xD800 <= code < 0xE000
        self._write(chr(code) if valid else match.group(), len(match.group()))

    def _tag(self) -> None:
        if self._source.startswith("</", self._at):
            self._end_tag()
        else:
            self._start_tag()

    def _start_tag(self) -> None:
        match = START_TAG.match(self._source, self._at)
        offset = self._byte_offset()
        if match is None:
            name = re.split(r"[\s>]", self._source[self._at + 1 :], maxsplit=1)[0].lower()
            if ">" in self._source[self._at :] and name not in TAGS:
                raise self._wrong(f'Unsupported start tag "{name}" at byte offset {offset}')
            raise self._wrong(f"Unclosed start tag at byte offset {offset}")
        tag = match.group(1).lower()
        if tag not in TAGS:
            raise self._wrong(f'Unsupported start tag "{tag}" at byte offset {offset}')
        found = {
            m.group(1).lower(): html.unescape(m.group(2) or m.group(3) or m.group(4) or "")
            for m in ATTRIBUTE.finditer(match.group(2))
        }
        if tag == "span" and found.get("class") != "tg-spoiler":
            raise self._wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
        self._open.append(_Open(tag, found, self._length))
        self._shown.append(_opening(tag, found))
        self._at = match.end()

    def _end_tag(self) -> None:
        offset = self._byte_offset()
        if not self._open:
            raise self._wrong(f"Unexpected end tag at byte offset {offset}")
        match = END_TAG.match(self._source, self._at)
        if match is None:
            raise self._wrong(f"Unclosed end tag at byte offset {offset}")
        name = match.group(1).lower()
        opened = self._open.pop()
        if name and name != opened.tag:
            raise self._wrong(
                f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", '
                f'found "</{name}>"'
            )
        self._shown.append(_closing(opened.tag))
        self._remember(opened)
        self._at = match.end()

    def _remember(self, opened: _Open) -> None:
        length = self._length - opened.offset
        if length == 0:
            return
        entity: Json = {"type": TAGS[opened.tag], "offset": opened.offset, "length": length}
        if opened.tag == "a":
            url = opened.attributes.get("href", "")
            if not _is_link(url):
                return
            entity["url"] = url
        if opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
        self._entities.append(entity)


def _is_link(url: str) -> bool:
    return url.startswith(("http://", "https://", "tg://", "tel:", "mailto:"))


def _opening(tag: str, attributes: dict[str, str]) -> str:
    if tag == "a":
        url = attributes.get("href", "")
        return f'<a href="{html.escape(url if _is_link(url) else "#")}">'
    shown = SHOWN_AS.get(TAGS[tag])
    return f"<{shown}>" if shown else "<span>"


def _closing(tag: str) -> str:
    if tag == "a":
        return "</a>"
    shown = SHOWN_AS.get(TAGS[tag])
    return f"</{shown}>" if shown else "</span>"


def parse(text: str, parse_mode: str | None) -> Marked:
    """Raises BotApiError for markup that Telegram refuses, empty and too long texts."""
    if parse_mode and parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode: the stand-in knows HTML only")
    marked = HtmlParser(text).parse() if parse_mode else plain(text)
    if not marked.text.strip():
        raise bad_request("message text is empty")
    # "1-4096 characters after entities parsing" (Bot API, sendMessage); UTF-16 units are the
    # stricter reading of "characters".
    if utf16_length(marked.text) > 4096:
        raise bad_request("message is too long")
    return marked
