"""Whatever stands in a file, the lint answers with findings."""

import json
import subprocess
import sys
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchboard.playbook.lint import examine, lint
from switchboard.playbook.read import decode
from tests.playbook.review_cases import BONUS
from tests.playbook.test_lint_codes import GENERIC, GOOD, SET

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(st.text())
def test_any_text(text: str) -> None:
    for found in lint(text, SET):
        assert 1 <= found.line <= text.count("\n") + len(text.splitlines()) + 2


@SLOW
@given(st.binary())
def test_any_bytes(raw: bytes) -> None:
    text, found = decode(raw)
    assert found or text.encode() == raw.removeprefix(b"\xef\xbb\xbf")


@SLOW
@given(st.data())
def test_any_value_in_any_field(data: st.DataObject) -> None:
    content = _good(data.draw(st.sampled_from([GOOD, GENERIC, BONUS])))
    place = data.draw(st.sampled_from(list(_places(content))))
    value = data.draw(VALUES)
    text = json.dumps(_with(content, place, value))
    examined = examine(text, environment=SET)
    assert examined.good or examined.findings


def test_functions_read_playbooks_without_what_the_layer_does_not_ship() -> None:
    program = (
        "import sys, switchboard.playbook.published, switchboard.playbook.store\n"
        "heavy = {'ruamel', 'ruamel.yaml', 'boto3', 'botocore', 'httpx', 'telegram', 'typer'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert 'switchboard.playbook.lint' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def _good(text: str) -> dict[str, Any]:
    playbook = examine(text, environment=SET).playbook
    assert playbook is not None
    return playbook.model_dump(mode="json", exclude_unset=True)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """The path of everything in a value."""
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _with(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    copied = json.loads(json.dumps(content))
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copied
