"""The frame of every page: its head, its style, and the headers that it goes with."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from switchboard.pages.style import STYLE
from switchboard.texts.catalogue import Language
from switchboard.texts.render import render

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

_PRIVATE = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "x-content-type-options": "nosniff",
}

REDIRECT: Mapping[str, str] = {**_PRIVATE, "referrer-policy": "no-referrer"}
"""The site that a link leads to does not learn the link."""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


class Words(NamedTuple):
    """A page's texts: the branch's own where it has them, else ours."""

    language: Language
    own: Mapping[str, str]

    def __call__(self, key: str, **values: str | int) -> str:
        """The text in HTML. Raises KeyError for one that does not exist."""
        # The catalogue knows no markup in pages' texts, so what comes is plain and escaped here.
        return escape(render(key, self.language, values, self.own))


def page(words: Words, title: str, body: str) -> str:
    """A whole page; title and body are HTML already."""
    return _PAGE.format(language=words.language, title=title, style=STYLE, body=body)


def headers(leads_to: str = "") -> dict[str, str]:
    """The headers of a page whose form may lead on to an address.

    Chromium holds every redirect that follows a form to `form-action`, those of the other site too,
    and that site is free to send people on to another host of its own: so its scheme is allowed and
    not its host. The form itself has no address in it and goes to the page's own.

    The referrer goes to our own pages: with `no-referrer` browsers send the form with the origin
    `null`, which no other site's form could be told from.
    """
    schemes = {"https:", leads_to.partition("//")[0]} if leads_to else set()
    return {
        **_PRIVATE,
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "content-security-policy": "; ".join(
            (
                "default-src 'none'",
                "img-src data:",
                f"style-src 'sha256-{_STYLE_HASH}'",
                " ".join(("form-action 'self'", *sorted(schemes))),
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        ),
    }


def preferred(accept_language: str) -> Language:
    """The first of our languages that a browser names; Russian where it names none."""
    for part in accept_language.lower().split(","):
        tag = part.strip()[:2]
        if tag in ("ru", "en"):
            return "en" if tag == "en" else "ru"
    return "ru"
