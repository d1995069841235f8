"""The flows that a run plays. A new flow is a module here beside `claim.py`, named in `run.FLOWS`.

A flow says what people and machines do to it (`play`), and what must be true of it once the faults
have stopped and everything has come to rest (`broken`). Crashes, repeats, clocks and queues are not
its concern, and neither is what holds for every flow: see `invariants.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tests.simulation.history import History
from tests.simulation.telegram import Press
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.reviews import Played


@dataclass
class Run:
    """One run as the flows see it. Events belong before `length` (seconds).

    What takes days has until `until`; the faults stop then.
    """

    world: World
    history: History
    length: float
    until: float
    presses: list[Press] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)
    """The worker of each `/start`, by the update's number."""
    reviews: "Played | None" = None
    """Who takes part in the reviews of this run."""


class SimulatedFlow(Protocol):
    def play(self, run: Run) -> None:
        """Puts the flow's events on the clock."""

    def broken(self, run: Run) -> Iterator[str]:
        """What is not as it should be, a line each."""
