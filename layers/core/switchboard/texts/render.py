"""Filling in a text. Placeholders are plain names from a closed list: no attributes, no indexes.

`{name}` is replaced by its value; `{n:минута|минуты|минут}` by the form that goes with the number.
Values are escaped for the channel's markup, so a title with `<b>` in it stays a title.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping

from switchboard.texts import en, ru
from switchboard.texts.catalogue import CATALOGUE, Language

_PLACEHOLDER = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<forms>[^{}]*))?\}")
_TAG = re.compile(r"<[^<>]+>")
_DEFAULTS: Mapping[Language, Mapping[str, str]] = {"ru": ru.TEXTS, "en": en.TEXTS}
FORMS: Mapping[Language, int] = {"ru": 3, "en": 2}
"""How many forms a noun after a number takes in each language."""


class Markup(str):
    """Text that is already in the channel's markup and must not be escaped again."""

    __slots__ = ()


def render(
    key: str,
    language: Language,
    values: Mapping[str, str | int],
    own: Mapping[str, str] | None = None,
) -> Markup:
    """The text, filled in. `own` is the playbook's wording, which goes before ours.

    Raises KeyError for a text or value that does not exist: the catalogue's tests and the lint
    find those before a client does.
    """
    template = (own or {}).get(key) or _DEFAULTS[language][key]
    return Markup(fill(template, language, values, html_escape if CATALOGUE[key].markup else str))


def fill(
    template: str,
    language: Language,
    values: Mapping[str, str | int],
    escape: Callable[[str], str],
) -> str:
    def replace(found: re.Match[str]) -> str:
        value = values[found["name"]]
        if found["forms"] is None:
            return escape(value if isinstance(value, str) else str(value))
        return escape(plural(language, int(value), found["forms"].split("|")))

    return _PLACEHOLDER.sub(replace, template)


def placeholders(template: str) -> Iterator[tuple[str, int | None]]:
    """Each placeholder's name with the number of its plural forms, or None where it has none."""
    for found in _PLACEHOLDER.finditer(template):
        yield found["name"], None if found["forms"] is None else len(found["forms"].split("|"))


def stray_braces(template: str) -> bool:
    """Whether braces remain that are no placeholder: a misspelling that would reach the client."""
    rest = _PLACEHOLDER.sub("", template)
    return "{" in rest or "}" in rest


def plural(language: Language, number: int, forms: list[str]) -> str:
    """The noun's form after a number, by the CLDR rules for whole numbers (ru: one, few, many)."""
    if language == "en":
        return forms[0] if number == 1 else forms[-1]
    last, last_two = number % 10, number % 100
    if last == 1 and last_two != 11:
        return forms[0]
    if 2 <= last <= 4 and not 12 <= last_two <= 14:
        return forms[1]
    return forms[-1]


def without_markup(text: Markup) -> str:
    """The words alone, for channels that know nothing of Telegram's HTML."""
    return html.unescape(_TAG.sub("", text))


def html_escape(text: str) -> str:
    """Telegram's HTML mode wants `<`, `>` and `&` escaped (Bot API, Formatting options)."""
    return text if isinstance(text, Markup) else html.escape(text, quote=False)
