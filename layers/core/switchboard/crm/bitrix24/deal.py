"""A deal of Bitrix24's in our words: stages by the playbook, the account's own fields as texts.

Source of the value shapes: bitrix24/b24restdocs, crm/universal/object-fields.md and
user-defined-fields.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from switchboard.crm import facts
from switchboard.crm.bitrix24 import answers
from switchboard.crm.bitrix24.answers import FieldDescription, Person
from switchboard.crm.facts import YES_NO
from switchboard.crm.phone import reachable
from switchboard.domain.deal import Contact, Deal, JobFacts, Stage
from switchboard.playbook.model import Bitrix24, Playbook
from switchboard.texts.catalogue import Language
from switchboard.texts.dates import day, day_and_time
from switchboard.texts.money import price_of

Described = Mapping[str, FieldDescription]
_SUMS = frozenset({"double", "integer", "money"})
_TRUE = frozenset({"Y", "1", "true"})
_UNKNOWN = FieldDescription()
_CLOSED: Mapping[str, Stage] = {"S": "done", "F": "lost"}
"""By `stageSemanticId`; "P" is in progress (crm/universal/object-fields.md)."""


def deal(item: answers.Deal, described: Described, crm: Bitrix24, playbook: Playbook) -> Deal:
    """`described` are the deal's fields, of which those named in the playbook matter."""
    ids = crm.fields

    def said(name: str | None) -> str:
        return field_text(item.own(name), described.get(name or "", _UNKNOWN), playbook)

    return Deal(
        id=str(item.id),
        stage=stage(item, crm),
        facts=_facts(item, said, described, crm, playbook.language),
        updated_at=_seconds(item.updated_time),
        url=f"{crm.base_url.rstrip('/')}/crm/deal/details/{item.id}/",
        manager=None if not item.assigned_by_id else str(item.assigned_by_id),
        stage_id=(item.stage_id or "") if _is_ours(item, crm) else "",
        stage_since=_seconds(item.moved_time),
        amount=item.opportunity,
        category=said(ids.category),
        timezone=said(ids.timezone),
    )


def stage(item: answers.Deal, crm: Bitrix24) -> Stage:
    if not _is_ours(item, crm):
        # Another funnel's stages are not in the playbook: there the account itself says so.
        return _CLOSED.get(item.stage_semantic_id or "", "other")
    here, stages = item.stage_id, crm.stages
    if here in stages.search:
        return "search"
    if here in stages.done:
        return "done"
    return "lost" if here in stages.lost else "other"


def contact(person: Person, language: Language) -> Contact:
    """The client's first and last name, and the phone of his card to write to."""
    names = ((person.name or "").strip(), (person.last_name or "").strip())
    return Contact(
        name=" ".join(name for name in names if name),
        phone=reachable(person.phones, language),
        first_name=names[0],
    )


def field_text(value: Any, field: FieldDescription, playbook: Playbook) -> str:
    """A field's value, or its several values joined by commas, as a person sees them."""
    values = value if isinstance(value, list) else [value]
    texts = (_value_text(one, field, playbook) for one in values)
    return ", ".join(text for text in texts if text)


def _facts(
    item: answers.Deal,
    said: Callable[[str | None], str],
    described: Described,
    crm: Bitrix24,
    language: Language,
) -> JobFacts:
    ids = crm.fields
    pay = said(ids.pay)
    if ids.pay is None:
        # Without a field of its own the deal's price is what is paid.
        pay = price_of(_plain(item.opportunity), language) if item.opportunity else ""
    elif described.get(ids.pay, _UNKNOWN).type in _SUMS:
        pay = price_of(pay, language)
    return facts.job_facts(
        item.title or "",
        conditions=said(ids.conditions),
        deadline=said(ids.deadline),
        pay=pay,
        skills=said(ids.skills),
    )


def _is_ours(item: answers.Deal, crm: Bitrix24) -> bool:
    return (item.category_id or 0) == crm.category


def _value_text(value: Any, field: FieldDescription, playbook: Playbook) -> str:
    text = _plain(value)
    match field.type:
        case "enumeration":
            # The API gives a choice's number; 0 is none. A choice deleted since has no word.
            return next((one.value for one in field.items or () if one.id == text), "")
        case "date" | "datetime":
            return _moment_text(text, field.type, playbook)
        case "boolean":
            yes, no = YES_NO[playbook.language]
            return (yes if text in _TRUE else no) if text else ""
        case "money":
            # A sum with its currency: `1500.00|RUB`.
            return price_of(_number(text.partition("|")[0]), playbook.language)
        case _:
            return text


def _moment_text(text: str, kind: str, playbook: Playbook) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = ZoneInfo(playbook.timezone)
    if kind == "date":
        # A day comes with a time that means nothing.
        return day(moment.replace(tzinfo=zone), playbook.timezone, playbook.language)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return day_and_time(aware, playbook.timezone, playbook.language)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _number(text: str) -> str:
    """Without the kopecks where there are none."""
    whole, _, part = text.partition(".")
    return whole if not part.strip("0") else text


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())
