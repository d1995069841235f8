"""What a PATCH of a deal may say, checked as amoCRM checks it, and then applied."""

from typing import Any

from sandbox.amocrm import own_fields
from sandbox.amocrm.mistakes import choice, error
from sandbox.amocrm.records import Change, Lead, Records
from sandbox.wire import Json

NUMBERS = ("price", "status_id", "pipeline_id", "responsible_user_id")


def mistakes(records: Records, body: Json) -> list[Json]:
    """Each mistake as `{code, path, detail}`; an empty list when the body is right."""
    settings = records.settings
    found: list[Json] = []
    for name in NUMBERS:
        if name in body and not (isinstance(body[name], int) and not isinstance(body[name], bool)):
            found.append(error("InvalidType", name, "This value should be of type integer."))
    if "name" in body and not isinstance(body["name"], str):
        found.append(error("InvalidType", "name", "This value should be of type string."))
    if found:
        return found
    if "status_id" in body and body["status_id"] not in {stage.id for stage in settings.stages}:
        found.append(choice("status_id"))
    if "pipeline_id" in body and body["pipeline_id"] != settings.pipeline_id:
        found.append(choice("pipeline_id"))
    users = {user.id for user in settings.crm_users}
    if "responsible_user_id" in body and body["responsible_user_id"] not in users:
        found.append(choice("responsible_user_id"))
    return found + own_fields.mistakes(settings.fields, body.get("custom_fields_values"))


def apply(records: Records, lead: Lead, body: Json, *, user_id: int, by: str) -> list[str]:
    """Change the deal and say in words what is different now."""
    said = []
    for name in ("name", "price", "status_id", "pipeline_id", "responsible_user_id"):
        if name in body and getattr(lead, name) != body[name]:
            setattr(lead, name, body[name])
            said.append(_words(records, name, body[name]))
    own = body.get("custom_fields_values")
    said += own_fields.put(records.settings.fields, lead.values, own)
    lead.touch(user_id)
    lead.history.extend(Change(lead.updated_at, by, line) for line in said)
    return said


def _words(records: Records, name: str, value: Any) -> str:
    if name == "status_id":
        return f"этап «{records.settings.stage_name(value)}»"
    if name == "responsible_user_id":
        return f"ответственный {records.user_name(value)}"
    return f"{'название' if name == 'name' else 'бюджет'}: {value}"
