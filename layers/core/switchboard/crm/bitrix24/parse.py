"""Bitrix24's webhooks. They name the deal alone: it is read back over the API.

Two kinds come as forms. Outbound webhooks say `event=ONCRMDEALUPDATE&data[FIELDS][ID]=5` and show
their token, `auth[application_token]`. The "Webhook" robots and activities of business processes
say `document_id[]=crm&document_id[]=CCrmDocumentDeal&document_id[]=DEAL_5`, or the same with
numbered brackets, and have no token, unless an application has installed the robot.

Source: bitrix24/b24restdocs, local-integrations/local-webhooks.md and crm/deals/events.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from switchboard.crm.form import check_type, pairs, text
from switchboard.crm.parsed import Malformed, Parsed, Proof
from switchboard.playbook.view import Bitrix24, Crm

_DEAL_CHANGES = frozenset(
    {"oncrmdealadd", "oncrmdealupdate", "oncrmdealdelete", "oncrmdealmovetocategory"}
)
_IGNORED_ENTITIES = (
    # Templates of repeated deals, and the fields of all.
    *("oncrmdealrecurring", "oncrmdealuserfield"),
    *("oncrmlead", "oncrmcontact", "oncrmcompany", "oncrmquote", "oncrminvoice"),
    *("oncrmdynamicitem", "oncrmtype", "oncrmactivity", "oncrmtimeline", "oncrmproduct"),
    *("oncrmcurrency", "oncrmaddress", "oncrmrequisite", "oncrmbankdetail", "oncrmmeasure"),
    *("ontask", "onim", "oncalendar", "onvoximplant", "ontelephony", "onsale", "catalog"),
    *("onuser", "onapp", "onofflineevent", "onexternalcall", "onlivefeedpost"),
)
_IGNORED_DOCUMENTS = frozenset(
    {"lead", "contact", "company", "quote", "order", "invoice", "smart_invoice", "dynamic"}
)
_DEAL = "DEAL_"
_DEAL_ID = re.compile(r"[1-9][0-9]{0,19}\Z")
_EVENT = re.compile(r"(?P<word>[a-z.]{1,64})(?:_[0-9]{1,9})?\Z")
"""Events of one's own types of items end in the type's number."""
_DOCUMENT = re.compile(r"(?P<word>[A-Z][A-Z_]{0,31}?)(?:_[0-9]{1,20}){1,2}\Z")


class _Said(NamedTuple):
    """The few values that matter; what is repeated counts as PHP counts it, the last one."""

    event: str | None
    item: str
    token: str | None
    document: tuple[str, ...]


def parse(headers: Mapping[str, str], body: bytes, crm: Crm) -> Parsed:
    """The deal that a webhook is about. Raises Malformed; every kind of webhook has an outcome."""
    if not isinstance(crm, Bitrix24):
        raise Malformed("the branch's CRM is another one")
    check_type(headers)
    said = _read(body)
    if said.event is not None:
        parsed = _event(said.event.lower(), said.item)
    elif said.document:
        parsed = _document(said.document)
    else:
        raise Malformed("the form names neither an event nor a document")
    return parsed._replace(proof=_proof(said, crm))


def _read(body: bytes) -> _Said:
    event, item, token, document = None, "", None, list[str]()
    for path, value in pairs(body):
        match path:
            case ("event",):
                event = text(value)
            case ("data", "FIELDS", "ID"):
                item = text(value)
            case ("auth", "application_token"):
                token = text(value)
            case ("document_id", _):
                document.append(text(value))
    return _Said(event, item, token, tuple(document))


def _event(name: str, item: str) -> Parsed:
    if name in _DEAL_CHANGES:
        if not _DEAL_ID.match(item):
            raise Malformed("the deal's id is not a number")
        return Parsed((item,))
    found = _EVENT.match(name)
    if found is None:
        # Strangers choose these words: only what cannot carry anybody's data is repeated.
        return Parsed((), ("unknown",))
    word = found["word"]
    known = word.startswith(_IGNORED_ENTITIES)
    return Parsed((), (word if known else f"unknown.{word}",))


def _document(parts: tuple[str, ...]) -> Parsed:
    """Of module, class and id the id says everything: `DEAL_5`."""
    deal = next((part for part in parts if part.startswith(_DEAL)), None)
    if deal is not None:
        number = deal.removeprefix(_DEAL)
        if not _DEAL_ID.match(number):
            raise Malformed("the deal's id is not a number")
        return Parsed((number,))
    words = [found["word"].lower() for found in map(_DOCUMENT.match, parts) if found]
    known = [word for word in words if word in _IGNORED_DOCUMENTS]
    return Parsed((), (f"document.{known[0]}" if known else "unknown.document",))


def _proof(said: _Said, crm: Bitrix24) -> Proof | None:
    """Events have always a token; a robot's webhook is let in by its address unless it has one."""
    if crm.application_tokens is None or (said.event is None and said.token is None):
        return None
    return Proof(said.token or "", crm.application_tokens)
