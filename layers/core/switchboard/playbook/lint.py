"""Whether a playbook may go live, with the line of everything that speaks against it.

Needs ruamel.yaml, which the functions' layer does not ship: only the command line lints.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from switchboard.playbook.findings import START, Finding, Place, finding
from switchboard.playbook.model import Playbook
from switchboard.playbook.read import MAX_BYTES, Document, decode, read
from switchboard.playbook.rules import (
    addresses,
    bonus,
    crm,
    objection,
    phones,
    process,
    reviews,
    secrets,
    shape,
    sites,
    wording,
)

_MAX_ITEM_BYTES = 350_000
"""DynamoDB takes 400 KB per item, names and other attributes included."""
_SUFFIXES = (".yaml", ".yml")
_RULES = (
    *process.RULES,
    *crm.RULES,
    *addresses.RULES,
    *reviews.RULES,
    *sites.RULES,
    *bonus.RULES,
    *phones.RULES,
)


class _Names(NamedTuple):
    """Where a file names what other playbooks may not have as well."""

    branch: Place = START
    bot: Place = START


class Examined(NamedTuple):
    """One file: its playbook, unless it could not be understood, and what was found in it."""

    file: str
    playbook: Playbook | None
    findings: tuple[Finding, ...]
    places: _Names = _Names()

    @property
    def good(self) -> bool:
        return self.playbook is not None and all(f.level != "error" for f in self.findings)


def lint(text: str, environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Findings in the order of the file. `environment` is where env: secrets are looked for;
    without one their presence is not looked at."""
    return list(examine(text, environment=environment).findings)


def examine(
    text: str,
    file: str = "",
    *,
    environment: Mapping[str, str] | None = None,
    secrets_required: bool = False,
) -> Examined:
    """The playbook in a text with its findings; a missing secret is an error where required."""
    document, found = read(text)
    if document is None:
        return _examined(file, None, found)
    found.extend(wording.findings(document))
    try:
        playbook = Playbook.model_validate(document.data)
    except ValidationError as error:
        found.extend(shape.objections(document, error))
        return _examined(file, None, found)
    found.extend(objection.findings(document, playbook, _RULES))
    found.extend(_size(playbook))
    found.extend(secrets.shared(document, playbook))
    if environment is not None:
        found.extend(secrets.missing(document, playbook, environment, required=secrets_required))
    return _examined(file, playbook, found, document)


def examine_all(
    paths: Iterable[Path],
    *,
    environment: Mapping[str, str] | None = None,
    secrets_required: bool = False,
) -> list[Examined]:
    """Every playbook of these files and folders, together: a branch may have only one."""
    examined = [_examine_file(path, environment, secrets_required) for path in _files(paths)]
    return _each_once(examined)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and a folder's playbooks by name; a folder without any stands for
    itself, so that a finding says so."""
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix in _SUFFIXES)
            yield from inside or [path]
        else:
            yield path


def _examine_file(
    path: Path, environment: Mapping[str, str] | None, secrets_required: bool
) -> Examined:
    if path.is_dir():
        return _unreadable(path, "The folder holds no playbook.")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(path, f"{error.strerror or 'It cannot be read'}.")
    text, found = decode(raw)
    if found:
        return Examined(str(path), None, tuple(found))
    return examine(text, str(path), environment=environment, secrets_required=secrets_required)


def _unreadable(path: Path, reason: str) -> Examined:
    return Examined(str(path), None, (finding("file-unreadable", START, "", reason),))


def _each_once(examined: Iterable[Examined]) -> list[Examined]:
    """What playbooks take from one another: a branch or a bot that is already another's."""
    branches: dict[str, str] = {}
    bots: dict[str, str] = {}
    told: list[Examined] = []
    for one in examined:
        found = list(one.findings)
        if one.playbook is not None:
            branch, bot = one.playbook.branch, one.playbook.telegram.bot
            if branches.setdefault(branch, one.file) != one.file:
                reason = f"Branch `{branch}` is already described by {branches[branch]}."
                found.append(finding("branch-twice", one.places.branch, "branch", reason))
            # Logins are the same in any case of letters.
            elif bots.setdefault(bot.lower(), one.file) != one.file:
                reason = f"Bot `{bot}` already speaks for {bots[bot.lower()]}."
                found.append(finding("bot-twice", one.places.bot, "telegram.bot", reason))
        told.append(one._replace(findings=tuple(sorted(found))))
    return told


def _size(playbook: Playbook) -> Iterator[Finding]:
    size = len(playbook.model_dump_json().encode())
    if size > _MAX_ITEM_BYTES:
        reason = f"It takes {size:,} bytes, and {_MAX_ITEM_BYTES:,} fit."
        yield finding("playbook-too-big", START, "", reason)


def _examined(
    file: str, playbook: Playbook | None, found: Sequence[Finding], document: Document | None = None
) -> Examined:
    names = (
        _Names()
        if document is None
        else _Names(document.place(("branch",)), document.place(("telegram", "bot")))
    )
    return Examined(file, playbook, tuple(sorted(found)), names)
