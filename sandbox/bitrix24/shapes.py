"""Deals and contacts in answers: crm.item.* in camelCase with numbers, old methods in text."""

from typing import Any

from sandbox.bitrix24.dates import written
from sandbox.bitrix24.fields import upper, user_fields, user_name
from sandbox.bitrix24.records import CONTACT, DEAL, Card, Contact, Deal, Portal
from sandbox.wire import Json


def item(portal: Portal, card: Deal | Contact, *, original: bool = False) -> Json:
    """The whole item, as crm.item.get answers it."""
    kind = DEAL if isinstance(card, Deal) else CONTACT
    shown = values(portal, card, original=original)
    if isinstance(card, Contact):
        # Arrives with the whole item only, not when single fields are selected.
        shown["fm"] = [
            {"id": one.id, "valueType": one.value_type, "value": one.value, "typeId": "PHONE"}
            for one in card.phones
        ]
    return {**shown, "entityTypeId": kind}


def values(portal: Portal, card: Deal | Contact, *, original: bool = False) -> Json:
    """What may be selected, filtered and ordered by."""
    if isinstance(card, Deal):
        kind, own = DEAL, _deal(portal, card)
    else:
        kind, own = CONTACT, _contact(card)
    users = {
        user_name(one, original=original): _number(card.values.get(one.code))
        for one in user_fields(portal, kind)
    }
    return {**_common(card), **own, **users}


def _common(card: Card) -> Json:
    return {
        "id": card.id,
        "createdTime": written(card.created_at),
        "updatedTime": written(card.updated_at),
        "createdBy": card.created_by,
        "updatedBy": card.updated_by,
        "assignedById": card.assigned_by,
        "opened": _flag(card.opened),
        "comments": card.comments,
        "sourceId": card.source_id,
        "sourceDescription": "",
        "originatorId": card.origin.get("originatorId"),
        "originId": card.origin.get("originId"),
        "observers": list(card.observers),
        "companyId": 0,
        "leadId": None,
        "webformId": 0,
        "lastActivityTime": written(card.updated_at),
        "lastActivityBy": card.updated_by,
        **dict.fromkeys(("utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm")),
    }


def _deal(portal: Portal, deal: Deal) -> Json:
    semantic = portal.settings.stage(deal.stage_id).semantic
    return {
        "title": deal.title,
        "categoryId": deal.category_id,
        "stageId": deal.stage_id,
        "stageSemanticId": semantic,
        "previousStageId": deal.previous_stage_id,
        "closed": _flag(semantic != "P"),
        "isNew": _flag(not deal.previous_stage_id),
        "isRecurring": "N",
        "isReturnCustomer": "N",
        "isRepeatedApproach": "N",
        "typeId": "SERVICES",
        "opportunity": _number(deal.opportunity),
        "isManualOpportunity": "Y",
        "taxValue": 0,
        "currencyId": "RUB",
        "probability": None,
        "begindate": _day(deal.created_at),
        "closedate": _day(deal.moved_at),
        "contactId": deal.contact_ids[0] if deal.contact_ids else 0,
        "contactIds": list(deal.contact_ids),
        "quoteId": None,
        "additionalInfo": None,
        "movedBy": deal.moved_by,
        "movedTime": written(deal.moved_at),
    }


def _contact(contact: Contact) -> Json:
    return {
        "name": contact.name,
        "lastName": contact.last_name,
        "secondName": contact.second_name or None,
        "honorific": None,
        "post": None,
        "birthdate": None,
        "photo": None,
        "typeId": "CLIENT",
        "export": "Y",
        "categoryId": 0,
        "companyIds": [],
        "hasPhone": _flag(bool(contact.phones)),
        "hasEmail": "N",
        "hasImol": "N",
        # The first value of its kind: there is no managing phones through these.
        "phone": _phone(contact),
        "phoneWork": _phone(contact, "WORK"),
        "phoneMobile": _phone(contact, "MOBILE"),
        "phoneMailing": _phone(contact, "MAILING"),
        "email": "",
        "emailWork": "",
    }


def old_deal(portal: Portal, deal: Deal) -> Json:
    """crm.deal.get: upper case, numbers as text, times as before."""
    names = {"createdTime": "DATE_CREATE", "updatedTime": "DATE_MODIFY", "movedBy": "MOVED_BY_ID"}
    shown = _old(values(portal, deal, original=True), names)
    return {**shown, "OPPORTUNITY": f"{deal.opportunity:.2f}"}


def old_contact(portal: Portal, contact: Contact) -> Json:
    """crm.contact.get; PHONE is absent when the card has none."""
    names = {"createdTime": "DATE_CREATE", "updatedTime": "DATE_MODIFY"}
    shown = _old(values(portal, contact, original=True), names)
    for name in ("PHONE_WORK", "PHONE_MOBILE", "PHONE_MAILING", "EMAIL", "EMAIL_WORK", "PHONE"):
        shown.pop(name)
    if contact.phones:
        shown["PHONE"] = [
            {
                "ID": str(one.id),
                "VALUE_TYPE": one.value_type,
                "VALUE": one.value,
                "TYPE_ID": "PHONE",
            }
            for one in contact.phones
        ]
    return shown


def _old(shown: Json, renamed: dict[str, str]) -> Json:
    renamed = {**renamed, "createdBy": "CREATED_BY_ID", "updatedBy": "MODIFY_BY_ID"}
    return {
        renamed.get(name, name if name.startswith("UF_") else upper(name)): _text(value)
        for name, value in shown.items()
        if not isinstance(value, list)
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _flag(value: bool) -> str:
    return "Y" if value else "N"


def _number(value: Any) -> Any:
    """PHP writes 5000.0 as 5000."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(moment: float) -> str:
    """A date comes with a time component, though it has none."""
    return f"{written(moment)[:10]}T03:00:00+03:00"


def _phone(contact: Contact, value_type: str | None = None) -> str:
    found = (
        one.value for one in contact.phones if value_type is None or one.value_type == value_type
    )
    return next(found, "")
