"""The playbook's request templates, filled in. Placeholders come from a closed list."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from switchboard.domain.errors import Misconfigured

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")

SCORE = "score_"
_RESULTS = frozenset({"average", "variant", "answers", "review", "bonus"})

OF_REQUEST: Mapping[str, frozenset[str]] = {
    "read": frozenset({"deal"}),
    "changed": frozenset({"since"}),
    "assign": frozenset({"deal", "worker_name", "worker_login", "responsible"}),
    "note": frozenset({"deal", "text", "key"}),
    "task": frozenset({"deal", "text", "due", "responsible", "key"}),
    "results": frozenset({"deal"}) | _RESULTS,
}
"""Which placeholders may stand in each of the generic CRM's requests; the lint asks this too.

A survey's `results` have {score_<id>} besides, one for each question that is answered by a number.
"""


def filled_path(template: str, values: Mapping[str, str]) -> str:
    """Values are percent-encoded whole, so that none of them can add a segment or a query."""
    return _fill(template, values, lambda value: quote(value, safe=""))


def filled_body(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {key: _fill(text, values, str) for key, text in template.items()}


def placeholders(template: str) -> list[str]:
    return _PLACEHOLDER.findall(template)


def known_part(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The body without what names a result that is not to be written now.

    Empty where nothing but constants and the deal is left: then there is nothing to write.
    """
    kept, filled = dict[str, str](), False
    for key, text in template.items():
        names = placeholders(text)
        if all(name in values or not _is_result(name) for name in names):
            kept[key] = text
            filled = filled or any(map(_is_result, names))
    return kept if filled else {}


def _is_result(name: str) -> bool:
    return name in _RESULTS or name.startswith(SCORE)


def _fill(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    def replace(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise Misconfigured(f"generic: a request has no placeholder {found[0]}")
        return encode(values[found[1]])

    return _PLACEHOLDER.sub(replace, template)
