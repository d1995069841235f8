"""What `fields` may say, checked before anything is written, and then applied.

Unknown and read-only fields are ignored without a word, a wrong value refuses the whole request,
and a change that changes nothing is not saved (b24restdocs, crm-item-update.md).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.bitrix24 import php
from sandbox.bitrix24.errors import RestError, invalid_value
from sandbox.bitrix24.fields import user_fields
from sandbox.bitrix24.records import CONTACT, DEAL, Card, Change, Contact, Deal, Phone, Portal
from sandbox.clock import now
from sandbox.settings_tyres import UserField
from sandbox.wire import Json


class Step(NamedTuple):
    """One field that gets another value; `said` tells it in words."""

    said: str
    put: Callable[[], None]


def plan(portal: Portal, card: Deal | Contact, fields: Json, user_id: int) -> list[Step]:
    """What has to be done; empty when all is so already. Raises RestError for a wrong value."""
    if php.any_case(fields, "id") is not None:
        text = "Setting value for Primary ID is not allowed, it is read-only field"
        raise RestError("100", text)
    kind = DEAL if isinstance(card, Deal) else CONTACT
    steps = [*_common(portal, card, fields), *_user_values(portal, kind, card, fields)]
    if isinstance(card, Deal):
        steps += [*_stage(portal, card, fields, user_id), *_deal(portal, card, fields)]
    else:
        steps += _contact(portal, card, fields)
    return steps


def apply(card: Card, steps: list[Step], *, user_id: int, by: str) -> list[str]:
    """Take the steps and say in words what is different now."""
    for step in steps:
        step.put()
    said = [step.said for step in steps]
    card.updated_at = now()
    card.updated_by = user_id
    card.history.extend(Change(card.updated_at, by, line) for line in said)
    return said


def _set(card: Card, name: str, value: Any, said: str) -> list[Step]:
    if getattr(card, name) == value:
        return []
    return [Step(f"{said}: {value}", lambda: setattr(card, name, value))]


def _texts(card: Card, fields: Json, names: dict[str, tuple[str, str]]) -> list[Step]:
    steps = []
    for name, (attribute, title) in names.items():
        if name in fields:
            if isinstance(fields[name], (dict, list)):
                raise invalid_value(name)
            value = "" if fields[name] is None else str(fields[name])
            steps += _set(card, attribute, value, title)
    return steps


def _common(portal: Portal, card: Card, fields: Json) -> list[Step]:
    names = {"comments": ("comments", "комментарий"), "sourceId": ("source_id", "источник")}
    steps = _texts(card, fields, names)
    if "assignedById" in fields:
        user_id = php.integer(fields["assignedById"])
        if user_id not in {user.id for user in portal.settings.users}:
            raise invalid_value("assignedById")
        steps += [
            Step(f"ответственный {portal.settings.user_name(user_id)}", step.put)
            for step in _set(card, "assigned_by", user_id, "")
        ]
    if "opened" in fields:
        steps += _set(card, "opened", php.yes(fields["opened"]), "доступен для всех")
    for name in ("originId", "originatorId"):
        if name in fields:
            origin = card.origin | {name: str(fields[name])}
            steps += _set(card, "origin", origin, name)
    return steps


def _user_values(portal: Portal, kind: int, card: Card, fields: Json) -> list[Step]:
    steps = []
    for one in user_fields(portal, kind):
        for name in (one.name, one.code):
            if name in fields:
                value = _user_value(one, fields[name], name)
                if card.values.get(one.code) != value:
                    steps.append(_user_step(card, one, value))
    return steps


def _user_step(card: Card, field: UserField, value: Any) -> Step:
    shown = dict(field.items).get(value, value) if field.items else value
    said = f"{field.title}: {'пусто' if shown is None else shown}"

    def put() -> None:
        card.values[field.code] = value

    return Step(said, put)


def _user_value(field: UserField, value: Any, name: str) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, (dict, list, bool)):
        raise invalid_value(name)
    if field.type == "string":
        return str(value)
    if field.type == "double":
        return _amount(value, name)
    number = php.integer(value)
    if field.type == "enumeration":
        # 0 empties a list.
        number = number or None
        if number is not None and number not in dict(field.items):
            raise invalid_value(name)
        return number
    if number is None:
        raise invalid_value(name)
    return number


def _amount(value: Any, name: str) -> float:
    try:
        amount = float(value)
    except (TypeError, ValueError) as error:
        raise invalid_value(name) from error
    if not math.isfinite(amount):
        raise invalid_value(name)
    return amount


def _stage(portal: Portal, deal: Deal, fields: Json, user_id: int) -> list[Step]:
    settings = portal.settings
    category = deal.category_id
    if "categoryId" in fields:
        wanted = php.integer(fields["categoryId"])
        if wanted not in {number for number, _ in settings.funnels}:
            raise invalid_value("categoryId")
        category = wanted
    stages = {stage.id: stage for stage in settings.stages if stage.category == category}
    unmoved = next(iter(stages)) if category != deal.category_id else deal.stage_id
    stage_id = str(fields.get("stageId", unmoved))
    if stage_id not in stages:
        # A stage of another funnel needs that funnel's categoryId too.
        raise invalid_value("stageId")
    if stage_id == deal.stage_id:
        return []

    def move() -> None:
        deal.previous_stage_id, deal.stage_id = deal.stage_id, stage_id
        deal.category_id = stages[stage_id].category
        deal.moved_by, deal.moved_at = user_id, now()

    return [Step(f"стадия «{stages[stage_id].name}»", move)]


def _deal(portal: Portal, deal: Deal, fields: Json) -> list[Step]:
    steps = _texts(deal, fields, {"title": ("title", "название")})
    if "opportunity" in fields:
        amount = _amount(fields["opportunity"] or 0, "opportunity")
        steps += _set(deal, "opportunity", amount, "сумма")
    if "contactIds" in fields or "contactId" in fields:
        steps += _set(deal, "contact_ids", _contact_ids(portal, deal, fields), "контакты")
    return steps


def _contact_ids(portal: Portal, deal: Deal, fields: Json) -> list[int]:
    numbers: list[int | None]
    if "contactIds" in fields:
        given = fields["contactIds"]
        if given and not isinstance(given, (list, dict)):
            text = (
                "Expected iterable value for multiple field, but got "
                f"{type(given).__name__} instead"
            )
            raise RestError("100", text)
        numbers = [php.integer(value) for _, value in php.items(given)]
        name = "contactIds"
    else:
        first = php.integer(fields["contactId"] or 0)
        numbers = [*([first] if first else []), *deal.contact_ids[1:]]
        name = "contactId"
    known = [number for number in numbers if number is not None and number in portal.contacts]
    if len(known) != len(numbers):
        raise invalid_value(name)
    return known


def _contact(portal: Portal, contact: Contact, fields: Json) -> list[Step]:
    names = {
        "name": ("name", "имя"),
        "lastName": ("last_name", "фамилия"),
        "secondName": ("second_name", "отчество"),
    }
    steps = _texts(contact, fields, names)
    # crm.item.update only adds phones: those that the card has stay (object-fields.md).
    for _, one in php.items(fields.get("fm")):
        if isinstance(one, dict) and one.get("typeId") == "PHONE" and one.get("value"):
            phone = Phone(portal.new_id(), str(one["value"]), str(one.get("valueType", "WORK")))
            steps.append(Step(f"телефон {phone.value}", _adding(contact, phone)))
    return steps


def _adding(contact: Contact, phone: Phone) -> Callable[[], None]:
    return lambda: contact.phones.append(phone)
