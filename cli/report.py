"""Findings of the lint, for a person or for a program."""

import json
from collections.abc import Iterable, Sequence

import typer

from switchboard.playbook.findings import Finding
from switchboard.playbook.lint import Examined

_COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}


def as_text(examined: Sequence[Examined]) -> str:
    """One block per finding, `file:line:column` first, and a summary as the last line."""
    blocks = [_block(one.file, found) for one in examined for found in one.findings]
    return "\n".join([*blocks, _summary(examined)])


def as_json(examined: Iterable[Examined]) -> str:
    found = [{"file": one.file, **f._asdict()} for one in examined for f in one.findings]
    return json.dumps(found, ensure_ascii=False, indent=2)


def _block(file: str, found: Finding) -> str:
    level = typer.style(found.level, fg=_COLOURS[found.level], bold=True)
    place = typer.style(f"{file}:{found.line}:{found.column}", bold=True)
    where = f"{found.where}: " if found.where else ""
    return f"{place} {level} [{found.code}]\n  {where}{found.reason}\n  {found.advice}\n"


def _summary(examined: Sequence[Examined]) -> str:
    levels = [found.level for one in examined for found in one.findings]
    errors, warnings = levels.count("error"), levels.count("warning")
    said = ", ".join((_many(len(examined), "playbook"), _many(errors, "error"),
                      _many(warnings, "warning")))  # fmt: skip
    colour = _COLOURS["error"] if errors else _COLOURS["warning"] if warnings else "green"
    return typer.style(said, fg=colour)


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
