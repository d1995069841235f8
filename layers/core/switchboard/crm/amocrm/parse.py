"""amoCRM's webhooks. Only which deal changed matters here: the deal is read back over the API.

Sources: amocrm.ru, "Webhooks" (entities and actions) and "Webhooks in digital pipeline" (its own
actions, ids only); captured payloads.
"""

import re
from collections.abc import Mapping

from switchboard.crm.form import Path, check_type, pairs, text
from switchboard.crm.parsed import Malformed, Parsed
from switchboard.playbook.view import Crm

# After these the deal may stand elsewhere, or say something else.
_DEAL_CHANGES = frozenset(
    {
        *("add", "update", "delete", "restore", "status", "responsible"),
        # Triggers of the digital pipeline, sent once and never repeated.
        *("call_in", "chat", "site_visit", "mail_in"),
    }
)
_IGNORED: Mapping[str, frozenset[str]] = {
    # A note changes nothing that we read, and our own notes come back as this.
    "leads": frozenset({"note"}),
    "contacts": frozenset({"add", "update", "delete", "restore", "responsible", "note"}),
    "companies": frozenset({"add", "update", "delete", "restore", "responsible", "note"}),
    "customers": frozenset({"add", "update", "delete", "responsible", "note", "period"}),
    "task": frozenset({"add", "update", "delete", "responsible"}),
    "catalogs": frozenset({"add", "update", "delete"}),
    "talk": frozenset({"add", "update"}),
    "message": frozenset({"add"}),
    "outgoing_message": frozenset({"add"}),
    "unsorted": frozenset({"add", "update", "delete"}),
    "chat_template_review": frozenset({"add"}),
}
_ALIASES = {"tasks": "task"}
_ENVELOPE = frozenset({"account"})
"""Who sends, not what happened. `account[id]` is not always there."""

_MAX_DEALS = 1000
"""Each becomes a message before we answer. A real deal takes some kilobytes of a form's 1 MB."""
_DEAL_ID = re.compile(r"[1-9][0-9]{0,19}\Z")
_PLAIN_WORD = re.compile(r"[a-z_]{1,32}\Z")


def parse(headers: Mapping[str, str], body: bytes, _crm: Crm) -> Parsed:
    """The deals that a webhook is about. Raises Malformed; every kind of webhook has an outcome."""
    check_type(headers)
    # Dictionaries for their keys alone: once each, in the order of first appearance.
    deals: dict[str, None] = {}
    kinds: dict[Path, None] = {}
    companies: set[Path] = set()
    wrong_ids = 0
    for path, value in pairs(body):
        if path[0] in _ENVELOPE:
            continue
        kind = (_ALIASES.get(path[0], path[0]), path[1] if len(path) > 1 else "")
        kinds[kind] = None
        if path[3:] == ("type",) and value == b"company":
            companies.add(kind)
        if path[3:] == ("id",) and _names_deals(kind):
            deal = text(value)
            if _DEAL_ID.match(deal):
                deals[deal] = None
            else:
                wrong_ids += 1
    if len(deals) > _MAX_DEALS:
        raise Malformed("the form names too many deals")
    if not kinds:
        raise Malformed("nothing in the form is a webhook")
    # One unreadable id must not lose the others that came with it.
    if not deals and (wrong_ids or any(_names_deals(kind) for kind in kinds)):
        raise Malformed("no deal's id is a number")
    ignored = dict.fromkeys(_name(kind, companies) for kind in kinds if not _names_deals(kind))
    return Parsed(tuple(deals), tuple(ignored))


def _names_deals(kind: Path) -> bool:
    return kind[0] == "leads" and kind[1] in _DEAL_CHANGES


def _name(kind: Path, companies: set[Path]) -> str:
    entity, action = kind
    if action in _IGNORED.get(entity, ()):
        # Companies arrive as contacts with a type.
        return f"companies.{action}" if kind in companies else f"{entity}.{action}"
    # Strangers choose these words: only what cannot carry anybody's data is repeated.
    return ".".join(["unknown", *(word for word in kind if _PLAIN_WORD.match(word))])
