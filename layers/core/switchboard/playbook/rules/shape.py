"""The model's own objections, in plain sentences and at the line they are about."""

import difflib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.model import Playbook, Secret
from switchboard.playbook.read import Document, Path, dotted

_SECRET_PATTERN = get_args(Secret)[1].metadata[0].pattern


def objections(document: Document, error: ValidationError) -> Iterator[Finding]:
    for detail in error.errors(include_url=False, include_context=True):
        spot = _spot(detail["loc"])
        yield _translate(document, detail, spot)


class _Spot(NamedTuple):
    """Where in the file an error is, and the section of the model that holds the field."""

    path: Path
    section: type[BaseModel] | None
    kinds: tuple[str, ...]
    """What `kind` may say in the value, where it decides the fields."""


def _spot(loc: tuple[int | str, ...]) -> _Spot:
    """Pydantic names the chosen kind of a CRM among the keys; a file has no such key."""
    path: list[int | str] = []
    section: type[BaseModel] | None = Playbook
    holder: type[BaseModel] | None = Playbook
    kinds: Mapping[str, type[BaseModel]] = {}
    for part in loc:
        if kinds:
            section, kinds = kinds.get(str(part)), {}
            continue
        path.append(part)
        holder = section
        if isinstance(part, str) and section is not None:
            known = section.model_fields.get(part)
            section, kinds = (None, {}) if known is None else _inside(known)
    return _Spot(tuple(path), holder, tuple(kinds))


def _inside(known: FieldInfo) -> tuple[type[BaseModel] | None, Mapping[str, type[BaseModel]]]:
    """The section that a field holds, or, where `kind` decides, the sections to choose from."""
    sections = list(_sections(known.annotation))
    if known.discriminator is None:
        return (sections[0] if sections else None), {}
    return None, {kind: one for one in sections for kind in get_args(_kind(one))}


def _kind(section: type[BaseModel]) -> Any:
    return section.model_fields["kind"].annotation


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple):
        for one in get_args(annotation):
            yield from _sections(one)


def _translate(document: Document, detail: ErrorDetails, spot: _Spot) -> Finding:
    path, where = spot.path, dotted(spot.path)
    match detail["type"]:
        case "extra_forbidden":
            reason = f"There is no field `{path[-1]}` here."
            return finding(
                "unknown-field", document.key(path), where, reason, _nearest(spot, str(path[-1]))
            )
        case "missing":
            # The line of the section's own name: the field itself stands nowhere.
            reason = f"`{path[-1]}` is missing."
            return finding(
                "missing-field", document.key(path[:-1]), where, reason, _explained(spot)
            )
        case "union_tag_invalid" | "union_tag_not_found":
            reason = f"`kind` must be one of: {', '.join(spot.kinds)}."
            kind_at: Path = (*path, "kind")
            place = document.place(kind_at) if kind_at in document.values else document.key(path)
            return finding("wrong-kind", place, where, reason)
        case "string_pattern_mismatch" if _context(detail, "pattern") == _SECRET_PATTERN:
            # The value is not shown: it may be the secret.
            reason = "This is not env:NAME or ssm:/path."
            return finding("secret-pasted", document.place(path), where, reason)
        case kind:
            code = "wrong-value" if kind in _VALUES else "wrong-type"
            return finding(code, document.place(path), where, _sentence(detail), _explained(spot))


def _nearest(spot: _Spot, name: str) -> str | None:
    if spot.section is None:
        return None
    known = list(spot.section.model_fields)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"The fields here are: {', '.join(known)}."


def _explained(spot: _Spot) -> str | None:
    """What the model says about the field, as advice."""
    if spot.section is None or not isinstance(spot.path[-1], str):
        return None
    known = spot.section.model_fields.get(spot.path[-1])
    if known is None or not known.description:
        return None
    return f"{spot.path[-1]}: {known.description}"


def _context(detail: ErrorDetails, name: str) -> str:
    return str(detail.get("ctx", {}).get(name, ""))


_VALUES: Mapping[str, str] = {
    "string_pattern_mismatch": "It does not have the form that belongs here.",
    "string_too_short": "It must not be empty.",
    "string_too_long": "It has more than {max_length} characters.",
    "literal_error": "It must be one of: {expected}.",
    "greater_than": "It must be more than {gt}.",
    "greater_than_equal": "It must be {ge} or more.",
    "less_than": "It must be less than {lt}.",
    "less_than_equal": "It must be {le} or less.",
    "too_short": "At least {min_length} must stand here.",
    "too_long": "At most {max_length} may stand here.",
    "finite_number": "It must be a number.",
}
_TYPES: Mapping[str, str] = {
    "string_type": "A text must stand here. A number or true/false that is meant as text belongs "
    "in quotes.",
    "int_type": "A whole number must stand here.",
    "int_parsing": "A whole number must stand here.",
    "int_from_float": "A whole number must stand here.",
    "int_parsing_size": "This number is too large.",
    "float_type": "A number must stand here.",
    "float_parsing": "A number must stand here.",
    "bool_type": "true or false must stand here.",
    "bool_parsing": "true or false must stand here.",
    "tuple_type": "A list must stand here: one line `- value` for each, or [value, value].",
    "dict_type": "Lines `name: value` must stand here; where there are none, remove this line.",
    "model_type": "Lines `name: value` must stand here; where there are none, remove this line.",
    "model_attributes_type": "Lines `name: value` must stand here; where there are none, remove "
    "this line.",
}
_FORMS: Mapping[str, str] = {
    "branch": "It may hold a-z, 0-9 and hyphens, at most 31 characters.",
    "bot": "It is the bot's login without the @: 4 to 32 letters, digits and underscores.",
    "base_url": "It is an address that begins with https://, without spaces, ? or #.",
    "public_url": "It is an address that begins with https://, without spaces, ? or #.",
    "url": "It is a page's address that begins with https://, without spaces: copy it from the "
    "browser.",
    "path": "It is a path that begins with /.",
    "read": "It is a path that begins with /.",
    "changed": "It is a path that begins with /.",
}


def _sentence(detail: ErrorDetails) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return _FORMS.get(str(detail["loc"][-1]), _VALUES["string_pattern_mismatch"])
    template = _VALUES.get(detail["type"]) or _TYPES.get(detail["type"])
    if template is None:
        return f"{detail['msg']}."
    return template.format_map(detail.get("ctx", {}))
