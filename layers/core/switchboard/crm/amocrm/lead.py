"""A lead as a deal: stages by the playbook, custom fields as texts for the workers.

Source of the value shapes: amocrm.ru, "Custom fields", by `field_type`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from switchboard.crm.amocrm.answers import CustomField, Lead, Person
from switchboard.crm.facts import YES_NO, job_facts
from switchboard.crm.phone import reachable
from switchboard.domain.deal import Contact, Deal, Stage
from switchboard.playbook.model import Amocrm, Playbook
from switchboard.texts.catalogue import Language
from switchboard.texts.dates import day, day_and_time
from switchboard.texts.money import price_of

_SUMS = frozenset({"price", "monetary"})
_DATES: Mapping[str, Callable[[datetime, str, Language], str]] = {
    "date": day,
    "birthday": day,
    "date_time": day_and_time,
}
_CLOSED: Mapping[int, Stage] = {142: "done", 143: "lost"}
_NAMED_BY = ("name", "value", "file_name")
"""Where objects (legal entities, linked entities, files) keep what a person calls them."""


def deal(lead: Lead, crm: Amocrm, playbook: Playbook) -> Deal:
    """The lead in our words."""
    ids = crm.fields

    def said(field_id: int | None) -> str:
        return field_text(_field(lead.custom_fields_values, field_id), playbook)

    return Deal(
        id=str(lead.id),
        stage=stage(lead, crm),
        facts=job_facts(
            lead.name or "",
            conditions=said(ids.conditions),
            deadline=said(ids.deadline),
            pay=_pay(lead, ids.pay, playbook),
            skills=said(ids.skills),
        ),
        updated_at=lead.updated_at,
        url=f"{crm.base_url.rstrip('/')}/leads/detail/{lead.id}",
        manager=None if not lead.responsible_user_id else str(lead.responsible_user_id),
        # Stages 142 and 143 exist in every pipeline: another's must not pass for ours.
        stage_id=str(lead.status_id) if lead.pipeline_id == crm.pipeline else "",
        # The API tells only when a deal was closed; another stage's age is in its events alone.
        stage_since=lead.closed_at or 0,
        amount=None if lead.price is None else Decimal(str(lead.price)),
    )


def stage(lead: Lead, crm: Amocrm) -> Stage:
    """What the lead's stage means. In another pipeline only whether it is closed means anything:
    stages 142 (successfully) and 143 exist in each of them."""
    if lead.pipeline_id != crm.pipeline:
        return _CLOSED.get(lead.status_id, "other")
    here, stages = str(lead.status_id), crm.stages
    if here in stages.search:
        return "search"
    if here in stages.done:
        return "done"
    return "lost" if here in stages.lost else "other"


def contact(person: Person, language: Language) -> Contact:
    """The client's name, and the phone of his card to write to."""
    return Contact(
        name=(person.name or "").strip(),
        phone=reachable(phones(person), language),
        first_name=(person.first_name or "").strip(),
    )


def phones(person: Person) -> list[str]:
    """As they were typed, in the card's order."""
    fields = (f for f in person.custom_fields_values or () if f.field_code == "PHONE")
    return [_plain(v.value) for field in fields for v in field.values or ()]


def field_text(field: CustomField | None, playbook: Playbook) -> str:
    """A custom field's values as one text, joined by commas."""
    if field is None:
        return ""
    texts = (_value_text(v.value, field.field_type or "", playbook) for v in field.values or ())
    return ", ".join(text for text in texts if text)


def _pay(lead: Lead, field_id: int | None, playbook: Playbook) -> str:
    """The configured field, in which a bare number is a sum; the lead's price without one."""
    if field_id is None:
        return price_of(_plain(lead.price), playbook.language) if (lead.price or 0) > 0 else ""
    field = _field(lead.custom_fields_values, field_id)
    text = field_text(field, playbook)
    return price_of(text, playbook.language) if field and field.field_type == "numeric" else text


def _field(fields: Iterable[CustomField] | None, field_id: int | None) -> CustomField | None:
    return next((f for f in fields or () if field_id is not None and f.field_id == field_id), None)


def _value_text(value: Any, kind: str, playbook: Playbook) -> str:
    if kind in _DATES:
        moment = _moment(value)
        if moment is not None:
            return _DATES[kind](moment, playbook.timezone, playbook.language)
    if kind in _SUMS:
        return price_of(_plain(value), playbook.language)
    if isinstance(value, bool):
        yes, no = YES_NO[playbook.language]
        return yes if value else no
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        names = (value.get(key) for key in _NAMED_BY)
        return next((name.strip() for name in names if isinstance(name, str) and name), "")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970, as a number or its digits, or an RFC 3339 moment."""
    text = _plain(value)
    try:
        if text.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
