"""The fields of deals and contacts as crm.item.fields describes them.

Names, types and access stand in b24restdocs `crm/universal/object-fields.md`. Legacy fields that
every answer carries empty are left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.bitrix24.records import CONTACT, DEAL, Portal
from sandbox.settings_tyres import UserField
from sandbox.wire import Json


@dataclass(frozen=True)
class Field:
    """A standard field."""

    type: str
    title: str
    read_only: bool = False
    multiple: bool = False


def _read_only(kind: str, title: str) -> Field:
    return Field(kind, title, read_only=True)


_COMMON = {
    "id": _read_only("integer", "ID"),
    "createdTime": _read_only("datetime", "Когда создан"),
    "updatedTime": _read_only("datetime", "Когда обновлён"),
    "createdBy": _read_only("user", "Кем создан"),
    "updatedBy": _read_only("user", "Кем обновлён"),
    "assignedById": Field("user", "Ответственный"),
    "opened": Field("boolean", "Доступен для всех"),
    "comments": Field("text", "Комментарий"),
    "sourceId": Field("crm_status", "Источник"),
    "sourceDescription": Field("text", "Об источнике"),
    "originatorId": Field("string", "Внешний источник"),
    "originId": Field("string", "Код во внешнем источнике"),
    "observers": Field("user", "Наблюдатели", multiple=True),
    "companyId": Field("crm_company", "Компания"),
    "leadId": Field("crm_lead", "Лид"),
    "webformId": Field("crm_webform", "CRM-форма"),
    "lastActivityTime": Field("datetime", "Последняя активность"),
    "lastActivityBy": Field("user", "Кто активен последним"),
    "utmSource": Field("string", "UTM Source"),
    "utmMedium": Field("string", "UTM Medium"),
    "utmCampaign": Field("string", "UTM Campaign"),
    "utmContent": Field("string", "UTM Content"),
    "utmTerm": Field("string", "UTM Term"),
}

_DEAL = {
    "title": Field("string", "Название"),
    "categoryId": Field("crm_category", "Воронка"),
    "stageId": Field("crm_status", "Стадия"),
    "stageSemanticId": _read_only("string", "Группа стадии"),
    "previousStageId": _read_only("crm_status", "Предыдущая стадия"),
    "closed": _read_only("boolean", "Закрыта"),
    "isNew": _read_only("boolean", "Новая"),
    "isRecurring": Field("boolean", "Регулярная"),
    "isReturnCustomer": _read_only("boolean", "Повторная"),
    "isRepeatedApproach": _read_only("boolean", "Повторное обращение"),
    "typeId": Field("crm_status", "Тип"),
    "opportunity": Field("double", "Сумма"),
    "isManualOpportunity": Field("boolean", "Сумма вручную"),
    "taxValue": Field("double", "Налог"),
    "currencyId": Field("crm_currency", "Валюта"),
    "probability": Field("integer", "Вероятность"),
    "begindate": Field("date", "Дата начала"),
    "closedate": Field("date", "Дата завершения"),
    "contactId": Field("crm_contact", "Контакт"),
    "contactIds": Field("crm_contact", "Контакты", multiple=True),
    "quoteId": Field("crm_quote", "Предложение"),
    "additionalInfo": Field("string", "Дополнительно"),
    "movedBy": _read_only("user", "Кто сменил стадию"),
    "movedTime": _read_only("datetime", "Когда сменилась стадия"),
}

_CONTACT = {
    "name": Field("string", "Имя"),
    "lastName": Field("string", "Фамилия"),
    "secondName": Field("string", "Отчество"),
    "honorific": Field("crm_status", "Обращение"),
    "post": Field("string", "Должность"),
    "birthdate": Field("date", "День рождения"),
    "photo": Field("file", "Фото"),
    "typeId": Field("crm_status", "Тип"),
    "export": Field("boolean", "Участвует в экспорте"),
    "categoryId": Field("crm_category", "Воронка"),
    "companyIds": Field("crm_company", "Компании", multiple=True),
    "hasPhone": _read_only("boolean", "Есть телефон"),
    "hasEmail": _read_only("boolean", "Есть почта"),
    "hasImol": _read_only("boolean", "Есть открытая линия"),
}

STANDARD: Mapping[int, Mapping[str, Field]] = {
    DEAL: {**_COMMON, **_DEAL},
    CONTACT: {**_COMMON, **_CONTACT},
}

MULTIFIELD = Field("crm_multifield", "Телефоны и почта", multiple=True)


def upper(name: str) -> str:
    """assignedById as ASSIGNED_BY_ID."""
    return re.sub(r"(?=[A-Z])", "_", name).upper()


def user_fields(portal: Portal, entity_type_id: int) -> tuple[UserField, ...]:
    settings = portal.settings
    return settings.deal_fields if entity_type_id == DEAL else settings.contact_fields


def user_name(field: UserField, *, original: bool) -> str:
    return field.code if original else field.name


def described(portal: Portal, entity_type_id: int, *, original: bool) -> Json:
    """The `fields` of crm.item.fields."""
    standard = dict(STANDARD[entity_type_id])
    if entity_type_id == CONTACT:
        standard["fm"] = MULTIFIELD
    found = {name: _described(name, one) for name, one in standard.items()}
    for one in user_fields(portal, entity_type_id):
        found[user_name(one, original=original)] = _user_described(one)
    return found


def _described(name: str, field: Field) -> Json:
    return {
        "type": field.type,
        "isRequired": False,
        "isReadOnly": field.read_only,
        "isImmutable": False,
        "isMultiple": field.multiple,
        "isDynamic": False,
        "title": field.title,
        "upperName": upper(name),
    }


def _user_described(field: UserField) -> Json:
    more: Json = {}
    if field.items:
        more["items"] = [{"ID": str(number), "VALUE": text} for number, text in field.items]
    if field.type == "string":
        more["settings"] = {"ROWS": field.rows, "SIZE": 20, "DEFAULT_VALUE": ""}
    return {
        "type": field.type,
        "isRequired": False,
        "isReadOnly": False,
        "isImmutable": False,
        "isMultiple": False,
        "isDynamic": True,
        "title": field.title,
        "upperName": field.code,
        **more,
    }
