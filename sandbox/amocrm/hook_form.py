"""The form of amoCRM's webhooks, with the quirks of the real ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.amocrm.records import API_USER, Contact, Lead, Records
from sandbox.amocrm.shapes import PHONE, phone_value
from sandbox.settings import CustomField
from sandbox.wire import Json

Entity = Literal["leads", "contacts"]
Event = Literal["add", "update", "status", "delete"]
Pair = tuple[str, str]


@dataclass
class HookHabits:
    """How hooks look and get lost. `style` ids_only is the digital pipeline's variant.

    lose: drop so many next hooks. repeat and spread: each hook so many times, each copy late by up
    to `spread` seconds, in any order.
    """

    style: Literal["full", "ids_only"] = "full"
    account_id: bool = True
    lose: int = 0
    repeat: int = 1
    spread: float = 0.0
    seed: int = 1


def encode(
    records: Records, event: Event, lead: Lead, before: Json, habits: HookHabits
) -> list[Pair]:
    """The pairs of the form, in amoCRM's order. `before` holds the old stage."""
    head = f"leads[{event}][0]"
    old = [
        (f"{head}[old_status_id]", str(before.get("status_id", ""))),
        (f"{head}[old_pipeline_id]", str(before.get("pipeline_id", ""))),
    ]
    stage = [
        (f"{head}[status_id]", str(lead.status_id)),
        (f"{head}[pipeline_id]", str(lead.pipeline_id)),
    ]
    pairs = [(f"{head}[id]", str(lead.id))]
    if event == "delete" or habits.style == "ids_only":
        pairs += stage + (old if event == "status" else [])
    else:
        pairs += [(f"{head}[name]", lead.name), *stage]
        pairs += old if event == "status" else []
        pairs += _rest(records, head, lead)
    return pairs + _account(records, habits)


def contact_form(records: Records, contact: Contact, habits: HookHabits) -> list[Pair]:
    """The pairs of the form that tells of a changed contact."""
    head = "contacts[update][0]"
    settings = records.settings
    pairs = [
        (f"{head}[id]", str(contact.id)),
        (f"{head}[name]", contact.name),
        (f"{head}[responsible_user_id]", str(settings.crm_users[0].id)),
        (f"{head}[date_create]", str(contact.created_at)),
        (f"{head}[last_modified]", str(contact.updated_at)),
        (f"{head}[created_user_id]", str(settings.crm_users[0].id)),
        (f"{head}[modified_user_id]", str(API_USER)),
        (f"{head}[account_id]", str(settings.amocrm_account_id)),
    ]
    for lead in records.leads_of(contact.id):
        pairs.append((f"{head}[linked_leads_id][{lead.id}][ID]", str(lead.id)))
    if contact.phone:
        pairs += _phone(f"{head}[custom_fields][0]", contact.phone)
    first = int(bool(contact.phone))
    pairs += _own(f"{head}[custom_fields]", settings.contact_fields, contact.values, first)
    pairs += [
        (f"{head}[created_at]", str(contact.created_at)),
        (f"{head}[updated_at]", str(contact.updated_at)),
        (f"{head}[type]", "contact"),
    ]
    return pairs + _account(records, habits)


def _phone(place: str, phone: str) -> list[Pair]:
    return [
        (f"{place}[id]", str(PHONE["field_id"])),
        (f"{place}[name]", PHONE["field_name"]),
        (f"{place}[code]", PHONE["field_code"]),
        *_field_value(f"{place}[values][0]", "multitext", phone_value(phone)),
    ]


def _rest(records: Records, head: str, lead: Lead) -> list[Pair]:
    account = records.settings.amocrm_account_id
    pairs = [
        (f"{head}[price]", str(lead.price)),
        (f"{head}[responsible_user_id]", str(lead.responsible_user_id)),
        (f"{head}[last_modified]", str(lead.updated_at)),
        (f"{head}[modified_user_id]", str(lead.updated_by)),
        (f"{head}[created_user_id]", str(records.settings.crm_users[0].id)),
        (f"{head}[date_create]", str(lead.created_at)),
        (f"{head}[account_id]", str(account)),
    ]
    pairs += _own(f"{head}[custom_fields]", records.settings.fields, lead.values)
    pairs += [
        (f"{head}[created_at]", str(lead.created_at)),
        (f"{head}[updated_at]", str(lead.updated_at)),
    ]
    return pairs


def _own(
    place: str, fields: Sequence[CustomField], values: Mapping[int, list[Json]], first: int = 0
) -> list[Pair]:
    """The fields that have a value, numbered on from `first`."""
    pairs = list[Pair]()
    for at, one in enumerate((field for field in fields if values.get(field.id)), first):
        pairs += [(f"{place}[{at}][id]", str(one.id)), (f"{place}[{at}][name]", one.name)]
        for number, value in enumerate(values[one.id]):
            pairs += _field_value(f"{place}[{at}][values][{number}]", one.type, value)
    return pairs


def _field_value(place: str, kind: str, value: Json) -> list[Pair]:
    # Dates are a scalar: values[0]=1615845600, without [value].
    if kind == "date_time":
        return [(place, str(value["value"]))]
    pairs = [(f"{place}[value]", str(value["value"]))]
    if "enum_id" in value:
        pairs.append((f"{place}[enum]", str(value["enum_id"])))
    return pairs


def _account(records: Records, habits: HookHabits) -> list[Pair]:
    settings = records.settings
    pairs = [("account[subdomain]", settings.amocrm_subdomain)]
    if habits.account_id:
        pairs.append(("account[id]", str(settings.amocrm_account_id)))
    link = f"https://{settings.amocrm_subdomain}.amocrm.ru"
    return [*pairs, ("account[_links][self]", link)]
