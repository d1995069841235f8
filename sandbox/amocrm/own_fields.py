"""Values of the fields that an account has made for itself, of deals and of contacts."""

from collections.abc import Sequence
from typing import Any

from sandbox.amocrm.mistakes import choice, error
from sandbox.settings import CustomField
from sandbox.wire import Json

Values = dict[int, list[Json]]
"""A field's id -> its list of `{value, enum_id?}`."""


def mistakes(fields: Sequence[CustomField], values: Any) -> list[Json]:
    """Each mistake in `custom_fields_values` as `{code, path, detail}`."""
    if values is None:
        return []
    if not isinstance(values, list):
        return [error("InvalidType", "custom_fields_values", "This value should be of type array.")]
    found = []
    for at, entry in enumerate(values):
        path = f"custom_fields_values.{at}"
        field = _field(fields, entry)
        if field is None:
            found.append(choice(f"{path}.field_id"))
        elif (mistake := _value_mistake(field, entry.get("values"), path)) is not None:
            found.append(mistake)
    return found


def put(fields: Sequence[CustomField], into: Values, values: Any) -> list[str]:
    """Writes checked `custom_fields_values`, and says in words what is different now."""
    said = []
    for entry in values or []:
        field = _field(fields, entry)
        if field is None:
            continue
        stored = [_stored(field, one) for one in entry.get("values") or []]
        if into.get(field.id, []) != stored:
            into[field.id] = stored
            shown = ", ".join(str(one["value"]) for one in stored) or "пусто"
            said.append(f"{field.name}: {shown}")
    return said


def _field(fields: Sequence[CustomField], entry: Any) -> CustomField | None:
    number = entry.get("field_id") if isinstance(entry, dict) else None
    return next((field for field in fields if field.id == number), None)


def _value_mistake(field: CustomField, values: Any, path: str) -> Json | None:
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        return error("InvalidType", f"{path}.values", "This value should be of type array.")
    for at, one in enumerate(values):
        where = f"{path}.values.{at}.value"
        value = one.get("value")
        if field.type == "multiselect":
            if value not in field.enums.values() and one.get("enum_id") not in field.enums:
                return choice(where)
        elif field.type in {"text", "textarea"}:
            if not isinstance(value, str):
                return error("InvalidType", where, "This value should be of type string.")
            if field.type == "text" and len(value) > 255:
                return error("InvalidLength", where, "This value is too long (255 at most).")
        elif not isinstance(value, (int, float)) and not str(value).replace(".", "", 1).isdigit():
            return error("InvalidType", where, "This value should be of type numeric.")
    return None


def _stored(field: CustomField, one: Json) -> Json:
    if field.type != "multiselect":
        return {"value": one.get("value")}
    number = one.get("enum_id")
    if number not in field.enums:
        number = next(key for key, value in field.enums.items() if value == one.get("value"))
    return {"value": field.enums[number], "enum_id": number}
