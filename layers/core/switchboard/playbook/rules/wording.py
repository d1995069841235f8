"""The playbook's own texts: known, filled in rightly, well-formed, and short enough."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.read import Document, Path, dotted
from switchboard.playbook.rules import markup
from switchboard.texts.catalogue import CATALOGUE, Language, Spec
from switchboard.texts.render import FORMS, fill, placeholders, stray_braces

NUMBERS = frozenset({"minutes", "n", "total", "bonus", "balance", "left_off"})
"""Placeholders that a plural form may follow."""

ROOM: Mapping[str, int] = {
    "first_name": 64,
    "deal": 20,
    "name": 129,
    "login": 34,
    "client": 64,
    "phone": 20,
    "title": 64,
    "minutes": 5,
    "url": 100,
    "hello": 90,
    "company": 60,
    "question": 500,
    "site": 40,
    "until": 20,
    "text": 1000,
    "answers": 1500,
    "average": 5,
    "variant": 8,
}
"""Characters that a value takes at most, or is given; others are cut to what a text leaves.

Telegram's names have up to 64 characters each, logins up to 32 (Bot API, User).
"""

LINKED = frozenset(
    {"survey.sms", "survey.reminder_sms", "review.invite_sms", "review.invite_bonus_sms"}
)
"""Texts that are nothing without their link."""
VARIANTS: Mapping[str, str] = {"text": "survey.invite", "sms": "survey.sms"}
"""The fields of a variant, and the texts in whose place they stand."""

_TAG_LIKE = re.compile(r"</?[a-zA-Z][^<>]*>")
_Objection = tuple[str, str, str | None]
"""Code, reason, advice."""


def findings(document: Document) -> Iterator[Finding]:
    """Looks at the texts as read, so that they are checked even where other fields are wrong."""
    language: Language = "en" if document.data.get("language") == "en" else "ru"
    for path, key, text in _texts(document.data):
        for code, reason, advice in objections(key, text, language):
            place = document.key(path) if code == "text-unknown" else document.place(path)
            yield finding(code, place, dotted(path), reason, advice)


def _texts(data: dict[str, Any]) -> Iterator[tuple[Path, str, Any]]:
    """Each text's path, the key by whose rules it goes, and what stands there."""
    texts = data.get("texts")
    for key, text in texts.items() if isinstance(texts, dict) else ():
        yield ("texts", key), key, text
    place: Any = data
    for name in ("reviews", "survey", "variants"):
        place = place.get(name) if isinstance(place, dict) else None
    for position, variant in enumerate(place if isinstance(place, list) else ()):
        for field, key in VARIANTS.items():
            if isinstance(variant, dict) and field in variant:
                path = ("reviews", "survey", "variants", position, field)
                yield path, key, variant[field]


def objections(key: str, text: Any, language: Language) -> Iterator[_Objection]:
    """What is wrong with a wording. What is no text at all, the model objects to."""
    spec = CATALOGUE.get(key)
    if spec is None:
        yield "text-unknown", f"There is no text `{key}`.", _nearest(key)
    elif isinstance(text, str):
        if not text.strip():
            yield "text-empty", "Nothing stands here.", None
        yield from _placeholders(spec, text, language)
        yield from _markup(spec, text)
        yield from _length(spec, text, language)
        if key in LINKED and text.strip() and "url" not in dict(placeholders(text)):
            yield "text-link", "{url} stands nowhere in the text.", None


def _nearest(key: str) -> str | None:
    near = difflib.get_close_matches(key, CATALOGUE, n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else None


def _placeholders(spec: Spec, text: str, language: Language) -> Iterator[_Objection]:
    allowed = ", ".join(f"{{{name}}}" for name in sorted(spec.placeholders)) or "none"
    for name, forms in placeholders(text):
        if name not in spec.placeholders:
            yield "text-placeholder", f"{{{name}}} has no value here; allowed: {allowed}.", None
        elif forms is not None and name not in NUMBERS:
            yield "text-plural", f"{{{name}}} is no number, so no forms can follow it.", None
        elif forms is not None and forms != FORMS[language]:
            reason = f"{{{name}}} has {forms} forms, and this language takes {FORMS[language]}."
            yield "text-plural", reason, None
    if stray_braces(text):
        yield "text-braces", f"Placeholders that may stand here: {allowed}.", None


def _markup(spec: Spec, text: str) -> Iterator[_Objection]:
    if spec.markup:
        problem = markup.problem(text)
        if problem is not None:
            yield "text-markup", problem, None
    elif found := _TAG_LIKE.search(text):
        yield "text-markup-forbidden", f"{found[0]} would be shown as it stands here.", None


def _length(spec: Spec, text: str, language: Language) -> Iterator[_Objection]:
    length = shown_length(spec, text, language)
    if length > spec.limit:
        over = length - spec.limit
        reason = f"With long names filled in it has {length} characters, {over} too many."
        yield "text-too-long", reason, None


def shown_length(spec: Spec, text: str, language: Language) -> int:
    """Characters that are shown when long values are filled in; tags are not shown."""
    shown = markup.shown(text) if spec.markup else text
    longest: dict[str, str | int] = {
        name: 99_999 if name in NUMBERS else "x" * ROOM.get(name, 0)
        for name, _ in placeholders(shown)
    }
    try:
        return len(fill(shown, language, longest, str))
    except (ValueError, IndexError):  # Forms after what is no number: said elsewhere.
        return len(shown)
