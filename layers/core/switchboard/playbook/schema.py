"""The playbook's JSON Schema, which editors use to complete and explain fields."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from switchboard.playbook.model import Playbook
from switchboard.texts.catalogue import CATALOGUE


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a playbook's file, the names of all texts included."""
    schema = Playbook.model_json_schema(schema_generator=_AsWritten)
    schema["$schema"] = GenerateJsonSchema.schema_dialect
    schema["properties"]["texts"] |= {
        "properties": {key: _text(key) for key in CATALOGUE},
        "additionalProperties": False,
    }
    return schema


def schema_text() -> str:
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


class _AsWritten(GenerateJsonSchema):
    """A stage's id may be written as a number: the model reads it as text."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        written = super().str_schema(schema)
        if schema.get("coerce_numbers_to_str"):
            written["type"] = ["string", "integer"]
        return written


def _text(key: str) -> dict[str, Any]:
    spec = CATALOGUE[key]
    names = ", ".join(f"{{{name}}}" for name in sorted(spec.placeholders)) or "none"
    markup = "Telegram HTML" if spec.markup else "plain text"
    said = f"Placeholders: {names}. At most {spec.limit} characters, {markup}."
    return {"type": "string", "description": said}
