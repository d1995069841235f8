"""What a PATCH of a deal may say, checked as amoCRM checks it, and then applied."""

from typing import Any

from sandbox.amocrm.records import Change, Lead, Records
from sandbox.settings import CustomField
from sandbox.wire import Json

NUMBERS = ("price", "status_id", "pipeline_id", "responsible_user_id")


def _error(code: str, path: str, detail: str) -> Json:
    return {"code": code, "path": path, "detail": detail}


def _choice(path: str) -> Json:
    return _error("NotSupportedChoice", path, "The value you selected is not a valid choice.")


def mistakes(records: Records, body: Json) -> list[Json]:
    """Each mistake as `{code, path, detail}`; an empty list when the body is right."""
    settings = records.settings
    found: list[Json] = []
    for name in NUMBERS:
        if name in body and not (isinstance(body[name], int) and not isinstance(body[name], bool)):
            found.append(_error("InvalidType", name, "This value should be of type integer."))
    if "name" in body and not isinstance(body["name"], str):
        found.append(_error("InvalidType", "name", "This value should be of type string."))
    if found:
        return found
    if "status_id" in body and body["status_id"] not in {stage.id for stage in settings.stages}:
        found.append(_choice("status_id"))
    if "pipeline_id" in body and body["pipeline_id"] != settings.pipeline_id:
        found.append(_choice("pipeline_id"))
    users = {user.id for user in settings.crm_users}
    if "responsible_user_id" in body and body["responsible_user_id"] not in users:
        found.append(_choice("responsible_user_id"))
    return found + _field_mistakes(records, body.get("custom_fields_values"))


def _field_mistakes(records: Records, values: Any) -> list[Json]:
    if values is None:
        return []
    if not isinstance(values, list):
        return [
            _error("InvalidType", "custom_fields_values", "This value should be of type array.")
        ]
    found = []
    for at, entry in enumerate(values):
        path = f"custom_fields_values.{at}"
        field = _field(records, entry)
        if field is None:
            found.append(_choice(f"{path}.field_id"))
        elif (mistake := _value_mistake(field, entry.get("values"), path)) is not None:
            found.append(mistake)
    return found


def _field(records: Records, entry: Any) -> CustomField | None:
    number = entry.get("field_id") if isinstance(entry, dict) else None
    return next((field for field in records.settings.fields if field.id == number), None)


def _value_mistake(field: CustomField, values: Any, path: str) -> Json | None:
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        return _error("InvalidType", f"{path}.values", "This value should be of type array.")
    for at, one in enumerate(values):
        where = f"{path}.values.{at}.value"
        value = one.get("value")
        if field.type == "multiselect":
            if value not in field.enums.values() and one.get("enum_id") not in field.enums:
                return _choice(where)
        elif field.type in {"text", "textarea"}:
            if not isinstance(value, str):
                return _error("InvalidType", where, "This value should be of type string.")
            if field.type == "text" and len(value) > 255:
                return _error("InvalidLength", where, "This value is too long (255 at most).")
        elif not isinstance(value, (int, float)) and not str(value).replace(".", "", 1).isdigit():
            return _error("InvalidType", where, "This value should be of type numeric.")
    return None


def apply(records: Records, lead: Lead, body: Json, *, user_id: int, by: str) -> list[str]:
    """Change the deal and say in words what is different now."""
    said = []
    for name in ("name", "price", "status_id", "pipeline_id", "responsible_user_id"):
        if name in body and getattr(lead, name) != body[name]:
            setattr(lead, name, body[name])
            said.append(_words(records, name, body[name]))
    for entry in body.get("custom_fields_values") or []:
        field = _field(records, entry)
        if field is None:
            continue
        values = [_stored(field, one) for one in entry.get("values") or []]
        if lead.values.get(field.id, []) != values:
            lead.values[field.id] = values
            shown = ", ".join(str(one["value"]) for one in values) or "пусто"
            said.append(f"{field.name}: {shown}")
    lead.touch(user_id)
    lead.history.extend(Change(lead.updated_at, by, line) for line in said)
    return said


def _words(records: Records, name: str, value: Any) -> str:
    if name == "status_id":
        return f"этап «{records.settings.stage_name(value)}»"
    if name == "responsible_user_id":
        return f"ответственный {records.user_name(value)}"
    return f"{'название' if name == 'name' else 'бюджет'}: {value}"


def _stored(field: CustomField, one: Json) -> Json:
    if field.type != "multiselect":
        return {"value": one.get("value")}
    number = one.get("enum_id")
    if number not in field.enums:
        number = next(key for key, value in field.enums.items() if value == one.get("value"))
    return {"value": field.enums[number], "enum_id": number}
