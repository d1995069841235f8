"""Draws the claim's table into docs/claim-flow.md: `python -m tests.flows.draw`."""

from pathlib import Path

from switchboard.flows.claim.table import TABLE, State
from switchboard.flows.diagram import mermaid

PAGE = Path(__file__).parents[2] / "docs" / "claim-flow.md"
_BEGIN, _END = "```mermaid\n", "```\n"


def drawn(page: str) -> str:
    """The page with its diagram drawn anew."""
    before, rest = page.split(_BEGIN, 1)
    _, after = rest.split(_END, 1)
    return before + _BEGIN + mermaid(TABLE, final=(State.DONE, State.WITHDRAWN)) + _END + after


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
