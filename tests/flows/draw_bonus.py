"""Draws the bonus's table into docs/bonus.md: `python -m tests.flows.draw_bonus`."""

from pathlib import Path

from switchboard.flows.bonus.table import TABLE, State
from switchboard.flows.diagram import mermaid

PAGE = Path(__file__).parents[2] / "docs" / "bonus.md"
_BEGIN, _END = "```mermaid\n", "```\n"


def drawn(page: str) -> str:
    """The page with its diagram drawn anew."""
    before, rest = page.split(_BEGIN, 1)
    _, after = rest.split(_END, 1)
    final = (State.REDEEMED, State.EXPIRED, State.REVERSED)
    return before + _BEGIN + mermaid(TABLE, final=final) + _END + after


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
