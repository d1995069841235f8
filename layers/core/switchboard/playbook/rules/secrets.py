"""Secrets: that they have a value where the lint runs, and that none serves two purposes."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.model import Playbook, Secret
from switchboard.playbook.read import Document, Path, dotted

_ENVIRONMENT = "env:"


def shared(document: Document, playbook: Playbook) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for path, source in sources(playbook):
        if source in first:
            reason = f"`{source}` already serves as {dotted(first[source])}."
            yield finding("secret-shared", document.place(path), dotted(path), reason)
        first.setdefault(source, path)


def missing(
    document: Document, playbook: Playbook, environment: Mapping[str, str], *, required: bool
) -> Iterator[Finding]:
    for path, source in sources(playbook):
        name = source.removeprefix(_ENVIRONMENT)
        if source.startswith(_ENVIRONMENT) and not environment.get(name):
            reason = f"The environment variable {name} is not set."
            found = finding("secret-missing", document.place(path), dotted(path), reason)
            yield found._replace(level="error") if required else found


def sources(section: BaseModel, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every `env:NAME` and `ssm:/path` of a playbook, with the path of its field."""
    secret = secret_fields(type(section))
    for name in type(section).model_fields:
        value, at = getattr(section, name), (*path, name)
        if isinstance(value, BaseModel):
            yield from sources(value, at)
        elif name in secret and isinstance(value, str):
            yield at, value
        elif name in secret and isinstance(value, tuple):
            yield from (((*at, position), one) for position, one in enumerate(value))


@cache
def secret_fields(section: type[BaseModel]) -> frozenset[str]:
    """The fields of a section that are of type Secret, or of several of them."""
    hints = get_type_hints(section, include_extras=True)
    return frozenset(name for name in section.model_fields if _is_secret(hints[name]))


def _is_secret(annotation: Any) -> bool:
    return annotation == Secret or any(map(_is_secret, get_args(annotation)))
