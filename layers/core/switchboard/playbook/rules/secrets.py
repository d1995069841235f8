"""Secrets: that they have a value where the lint runs, and that none serves two purposes."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.model import Playbook
from switchboard.playbook.read import Document, Path, dotted

SECRET_FIELDS = frozenset(
    {"token", "webhook_secrets", "proxy", "client_id", "client_secret", "refresh_token"}
)
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
    for name in type(section).model_fields:
        value, at = getattr(section, name), (*path, name)
        if isinstance(value, BaseModel):
            yield from sources(value, at)
        elif name in SECRET_FIELDS and isinstance(value, str):
            yield at, value
        elif name in SECRET_FIELDS and isinstance(value, tuple):
            yield from (((*at, position), one) for position, one in enumerate(value))
