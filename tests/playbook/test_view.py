"""The doors' view of a playbook is the model's, field by field."""

from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from switchboard.playbook import model, view
from switchboard.playbook.lint import examine
from tests.playbook.review_cases import AMOCRM, BONUS, GENERIC_BONUS, REVIEWS
from tests.playbook.test_lint_codes import GENERIC, GOOD

PLAYBOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))
TEXTS = {
    **{path.stem: path.read_text() for path in PLAYBOOKS},
    "good": GOOD,
    "generic": GENERIC,
    "reviews": REVIEWS,
    "amocrm": AMOCRM,
    "bonus": BONUS,
    "generic bonus": GENERIC_BONUS,
}
PARTS = sorted(view.View.__subclasses__(), key=lambda part: part.__name__)


def whole(text: str) -> model.Playbook:
    read = examine(text).playbook
    assert read is not None
    return read


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_part_is_the_models_section_of_that_name(part: type[BaseModel]) -> None:
    """So whatever the model takes the view takes too: it only forbids less."""
    section = getattr(model, part.__name__)
    for name, field in part.model_fields.items():
        there = section.model_fields[name]
        assert plain(field.annotation) == plain(there.annotation), name
        assert field.is_required() == there.is_required(), name
        assert field.get_default() == there.get_default(), name


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("sparing", [False, True])
def test_a_published_playbook_says_the_same_in_the_view(text: str, sparing: bool) -> None:
    """An item that was published earlier lacks the fields that have come since."""
    playbook = whole(text)
    said = playbook.model_dump_json(exclude_defaults=sparing)
    seen = view.Playbook.model_validate_json(said)
    assert dict(differences(seen, playbook, "playbook")) == {}


def test_these_playbooks_have_every_part() -> None:
    found = {
        type(part)
        for text in TEXTS.values()
        for part in parts(view.Playbook.model_validate_json(whole(text).model_dump_json()))
    }
    # Of the two 1C sections the view reads the same one field.
    assert set(PARTS) - found <= {view.OnecOdata}


def test_a_difference_is_found() -> None:
    playbook = whole(BONUS)
    seen = view.Playbook.model_validate_json(playbook.model_dump_json())
    other = seen.model_copy(update={"telegram": view.Telegram(webhook_secrets=("env:OTHER",))})
    assert dict(differences(other, playbook, "playbook")).keys() == {
        "playbook.telegram.webhook_secrets.0"
    }


def plain(said: Any) -> object:
    """A type without its constraints, and classes by their names."""
    origin, inner = get_origin(said), get_args(said)
    if origin is Annotated:
        return plain(inner[0])
    if origin in (Union, UnionType):
        return "union", frozenset(plain(one) for one in inner)
    if origin is Literal:
        return "literal", frozenset(inner)
    if origin is not None:
        return origin, tuple(plain(one) for one in inner)
    return said if said in (..., NoneType) else said.__name__


def differences(seen: Any, playbook: Any, path: str) -> Iterator[tuple[str, object]]:
    """Each field of the view that is not as the playbook says, with what the view says."""
    if isinstance(seen, BaseModel):
        for name in type(seen).model_fields:
            yield from differences(getattr(seen, name), getattr(playbook, name), f"{path}.{name}")
    elif isinstance(seen, tuple) and len(seen) == len(playbook):
        for number, (one, other) in enumerate(zip(seen, playbook, strict=True)):
            yield from differences(one, other, f"{path}.{number}")
    elif seen != playbook:
        yield path, seen


def parts(seen: Any) -> Iterator[BaseModel]:
    if isinstance(seen, BaseModel):
        yield seen
        for name in type(seen).model_fields:
            yield from parts(getattr(seen, name))
    elif isinstance(seen, tuple):
        for one in seen:
            yield from parts(one)
