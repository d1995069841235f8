"""The playbook's request templates, filled in. Placeholders come from a closed list."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from switchboard.domain.errors import Misconfigured

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

OF_REQUEST: Mapping[str, frozenset[str]] = {
    "read": frozenset({"deal"}),
    "changed": frozenset({"since"}),
    "assign": frozenset({"deal", "worker_name", "worker_login", "responsible"}),
    "note": frozenset({"deal", "text", "key"}),
    "task": frozenset({"deal", "text", "due", "responsible", "key"}),
}
"""Which placeholders may stand in each of the generic CRM's requests; the lint asks this too."""


def filled_path(template: str, values: Mapping[str, str]) -> str:
    """Values are percent-encoded whole, so that none of them can add a segment or a query."""
    return _fill(template, values, lambda value: quote(value, safe=""))


def filled_body(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {key: _fill(text, values, str) for key, text in template.items()}


def unknown_placeholders(template: str, request: str) -> list[str]:
    """Placeholders that the request named (a key of OF_REQUEST) does not have."""
    return [name for name in _PLACEHOLDER.findall(template) if name not in OF_REQUEST[request]]


def _fill(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    def replace(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise Misconfigured(f"generic: a request has no placeholder {found[0]}")
        return encode(values[found[1]])

    return _PLACEHOLDER.sub(replace, template)
