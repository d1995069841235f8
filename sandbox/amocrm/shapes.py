"""HAL JSON as amoCRM's API v4 answers it."""

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse

from sandbox.amocrm.records import Contact, Lead, Note, Records, Task
from sandbox.settings import CrmUser, CustomField
from sandbox.wire import Json

TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found"}

# Every account has this field, and in it each number with its kind.
PHONE: Json = {
    "field_id": 500001,
    "field_name": "Телефон",
    "field_code": "PHONE",
    "field_type": "multitext",
}


def phone_value(phone: str) -> Json:
    return {"value": phone, "enum_id": 600001, "enum_code": "WORK"}


class HalResponse(JSONResponse):
    media_type = "application/hal+json"


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(status: int, detail: str, **more: object) -> ProblemResponse:
    body = {
        "title": TITLES.get(status, "Error"),
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return ProblemResponse({**more, **body}, status)


def invalid(errors: Sequence[tuple[int, Json]]) -> ProblemResponse:
    """400 with `validation-errors`; each error comes with its position in the request."""
    found = [{"request_id": str(at), "errors": [error]} for at, error in errors]
    return problem(400, "Request validation failed", **{"validation-errors": found})


def link(base: str, path: str) -> Json:
    return {"self": {"href": f"{base}/api/v4/{path}"}}


class Shapes:
    """Builds answers; `base` is the account's address."""

    def __init__(self, records: Records, base: str) -> None:
        self._records = records
        self.base = base

    def lead(self, lead: Lead, *, with_contacts: bool = False) -> Json:
        settings = self._records.settings
        embedded: Json = {"tags": [], "companies": []}
        if with_contacts:
            embedded["contacts"] = [
                {
                    "id": contact_id,
                    "is_main": at == 0,
                    "_links": link(self.base, f"contacts/{contact_id}"),
                }
                for at, contact_id in enumerate(lead.contact_ids)
            ]
        closed = lead.status_id in {142, 143}
        return {
            "id": lead.id,
            "name": lead.name,
            "price": lead.price,
            "responsible_user_id": lead.responsible_user_id,
            "group_id": 0,
            "status_id": lead.status_id,
            "pipeline_id": lead.pipeline_id,
            "loss_reason_id": None,
            "created_by": settings.crm_users[0].id,
            "updated_by": lead.updated_by,
            "created_at": lead.created_at,
            "updated_at": lead.updated_at,
            "closed_at": lead.updated_at if closed else None,
            "closest_task_at": None,
            "is_deleted": False,
            # A deal with no filled field has null here, not an empty list.
            "custom_fields_values": _own(settings.fields, lead.values) or None,
            "score": None,
            "account_id": settings.amocrm_account_id,
            "labor_cost": None,
            "_links": link(self.base, f"leads/{lead.id}"),
            "_embedded": embedded,
        }

    def contact(self, contact: Contact, *, with_leads: bool = False) -> Json:
        settings = self._records.settings
        embedded: Json = {"tags": [], "companies": []}
        if with_leads:
            embedded["leads"] = [
                {"id": lead.id, "_links": link(self.base, f"leads/{lead.id}")}
                for lead in self._records.leads_of(contact.id)
            ]
        phones = [PHONE | {"values": [phone_value(contact.phone)]}] if contact.phone else []
        first, _, last = contact.name.partition(" ")
        return {
            "id": contact.id,
            "name": contact.name,
            "first_name": first,
            "last_name": last,
            "responsible_user_id": settings.crm_users[0].id,
            "created_at": contact.created_at,
            "updated_at": contact.updated_at,
            "is_deleted": False,
            "custom_fields_values": phones + _own(settings.contact_fields, contact.values) or None,
            "account_id": settings.amocrm_account_id,
            "_links": link(self.base, f"contacts/{contact.id}"),
            "_embedded": embedded,
        }

    def note(self, note: Note) -> Json:
        return {
            "id": note.id,
            "entity_id": note.lead_id,
            "created_by": note.created_by,
            "updated_by": note.created_by,
            "created_at": note.created_at,
            "updated_at": note.created_at,
            "responsible_user_id": self._records.leads[note.lead_id].responsible_user_id,
            "group_id": 0,
            "note_type": note.note_type,
            "params": note.params,
            "account_id": self._records.settings.amocrm_account_id,
            "_links": link(self.base, f"leads/{note.lead_id}/notes/{note.id}"),
        }

    def task(self, task: Task) -> Json:
        return {
            "id": task.id,
            "created_at": task.created_at,
            "updated_at": task.created_at,
            "responsible_user_id": task.responsible_user_id,
            "group_id": 0,
            "entity_id": task.lead_id,
            "entity_type": "leads",
            "duration": 0,
            "is_completed": False,
            "task_type_id": task.task_type_id,
            "text": task.text,
            "result": [],
            "complete_till": task.complete_till,
            "account_id": self._records.settings.amocrm_account_id,
            "_links": link(self.base, f"tasks/{task.id}"),
        }

    def user(self, user: CrmUser) -> Json:
        return {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "lang": "ru",
            "rights": {"is_admin": True, "is_active": True},
            "_links": link(self.base, f"users/{user.id}"),
        }

    def pipelines(self) -> Json:
        settings = self._records.settings
        statuses = [
            {
                "id": stage.id,
                "name": stage.name,
                "sort": (at + 1) * 10,
                "is_editable": stage.id not in {142, 143},
                "pipeline_id": settings.pipeline_id,
                "color": stage.color,
                "type": 0,
                "account_id": settings.amocrm_account_id,
            }
            for at, stage in enumerate(settings.stages)
        ]
        pipeline = {
            "id": settings.pipeline_id,
            "name": "Заказы",
            "sort": 1,
            "is_main": True,
            "is_archive": False,
            "account_id": settings.amocrm_account_id,
            "_embedded": {"statuses": statuses},
        }
        return {"_total_items": 1, "_embedded": {"pipelines": [pipeline]}}


def _own(fields: Sequence[CustomField], values: Mapping[int, list[Json]]) -> list[Json]:
    return [
        {
            "field_id": field.id,
            "field_name": field.name,
            "field_code": None,
            "field_type": field.type,
            "values": [_value(one) for one in values[field.id]],
        }
        for field in fields
        if values.get(field.id)
    ]


def _value(one: Json) -> Json:
    if "enum_id" in one:
        return {"value": one["value"], "enum_id": one["enum_id"], "enum_code": None}
    return {"value": one["value"]}
