"""What a step decides."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from switchboard.domain.effects import Effect
from switchboard.domain.journal import Entry

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """The state afterwards, what follows outside, and the line for the journal, if any.

    `line.seq` is -1 for what the item itself will number when the decision is committed.
    """

    state: S | None
    outcome: str
    effects: tuple[Effect, ...] = ()
    line: Entry | None = None
