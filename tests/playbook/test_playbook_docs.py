"""The guide and the schema say what the model says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from switchboard.playbook.model import Playbook, Section
from switchboard.playbook.rules.secrets import secret_fields
from switchboard.playbook.schema import json_schema, schema_text
from switchboard.texts.catalogue import CATALOGUE

DOCS = Path(__file__).parents[2] / "docs"


def test_the_schema_in_docs_is_current() -> None:
    written = (DOCS / "playbook.schema.json").read_text()
    assert written == schema_text(), "run: switchboard playbook schema > docs/playbook.schema.json"


def test_the_schema_knows_every_text_and_takes_a_stage_as_a_number() -> None:
    schema = json_schema()
    assert set(schema["properties"]["texts"]["properties"]) == set(CATALOGUE)
    stages = schema["$defs"]["StageMap"]["properties"]["search"]
    assert stages["items"]["type"] == ["string", "integer"]
    assert json.loads(schema_text()) == schema


def test_the_guide_explains_every_field() -> None:
    """By its name, or by that of the section it is in: `task.due_minutes`."""
    words = re.findall(r"`([\w.]+)[`:]", (DOCS / "playbook.md").read_text())
    named = {name for word in words for name in word.split(".")}
    fields = {name for section in _sections(Section) for name in section.model_fields}
    assert Playbook in set(_sections(Section))
    assert fields - named == set()


def test_the_guide_lists_every_text_with_its_placeholders() -> None:
    lines = (DOCS / "playbook.md").read_text().splitlines()
    for key, spec in CATALOGUE.items():
        names = " ".join(f"`{{{name}}}`" for name in sorted(spec.placeholders)) or "none"
        end = f" | {names} | {spec.limit} | {'yes' if spec.markup else 'no'} |"
        rows = [line for line in lines if line.startswith(f"| `{key}` |") and line.endswith(end)]
        assert len(rows) == 1, f"docs/playbook.md needs this row:\n| `{key}` | when it is said{end}"


def test_the_lint_knows_every_field_that_holds_a_secret() -> None:
    found = 0
    for section in _sections(Section):
        properties = section.model_json_schema().get("properties", {})
        secret = {name for name, field in properties.items() if "env:" in json.dumps(field)}
        assert secret_fields(section) == secret, section
        found += len(secret)
    assert found > 20


def _sections(section: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in section.__subclasses__():
        yield one
        yield from _sections(one)
