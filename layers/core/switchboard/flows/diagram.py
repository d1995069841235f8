"""A flow's table of transitions as a Mermaid diagram, so that no drawing can be out of date."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)
R = TypeVar("R", bound=StrEnum)


def mermaid(table: Mapping[tuple[S | None, T], tuple[S | None, R]], final: Sequence[S] = ()) -> str:
    """`stateDiagram-v2` text: one arrow a pair of states, labelled `trigger → outcome`.

    What leaves a state as it is and is called "unchanged" is left out, for a diagram of everything
    shows nothing; so is what happens to a subject that does not come to be. `final` states are
    those with which the flow ends, unless it begins anew.
    """
    arrows: dict[tuple[S | None, S], list[str]] = {}
    for (before, trigger), (after, outcome) in table.items():
        if after is None or (after is before and outcome == "unchanged"):
            continue
        arrows.setdefault((before, after), []).append(f"{trigger} → {outcome}")
    lines = ["stateDiagram-v2"]
    for (before, after), labels in arrows.items():
        lines.append(f"    {before or '[*]'} --> {after}: {'<br>'.join(labels)}")
    lines += [f"    {state} --> [*]" for state in final]
    return "\n".join(lines) + "\n"
