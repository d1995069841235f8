"""Draws the flows' tables into docs/: `python -m tests.flows.draw`."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from switchboard.flows.claim import table as claim
from switchboard.flows.diagram import mermaid
from switchboard.flows.survey import table as survey

_DOCS = Path(__file__).parents[2] / "docs"
_BEGIN, _END = "```mermaid\n", "```\n"


class Drawing(NamedTuple):
    """A page of docs/ with a flow's diagram. `final` states are those with which the flow ends."""

    page: Path
    table: Mapping[Any, Any]
    final: tuple[StrEnum, ...]


CLAIM = Drawing(_DOCS / "claim-flow.md", claim.TABLE, (claim.State.DONE, claim.State.WITHDRAWN))
SURVEY = Drawing(
    _DOCS / "survey.md",
    survey.TABLE,
    tuple(one for one in survey.State if one not in survey.NEVER_ASKED | {survey.State.ASKED}),
)
PAGE = CLAIM.page


def drawn(page: str, of: Drawing = CLAIM) -> str:
    """The page with its diagram drawn anew."""
    before, rest = page.split(_BEGIN, 1)
    _, after = rest.split(_END, 1)
    return before + _BEGIN + mermaid(of.table, final=of.final) + _END + after


if __name__ == "__main__":
    for one in (CLAIM, SURVEY):
        one.page.write_text(drawn(one.page.read_text(encoding="utf-8"), one), encoding="utf-8")
