"""The simulation bites: each of five planted bugs is found within a thousand seeds."""

import pytest

from tests.simulation.planted import (
    AcknowledgedBeforeDurable,
    CommitAfterAct,
    DeduplicationLostOnRestart,
    OutboxNotSwept,
    VersionNotChecked,
)
from tests.simulation.run import run
from tests.simulation.world import Planted

WITHIN = 1000
TELLTALES: dict[type[Planted], tuple[int, tuple[str, ...]]] = {
    CommitAfterAct: (39, ("nobody had decided it", "should say")),
    OutboxNotSwept: (17, ("still waits for the sweeper",)),
    VersionNotChecked: (167, ("the journal has", "was won by", "should say", "still holds")),
    DeduplicationLostOnRestart: (0, ("times", "is trying")),
    AcknowledgedBeforeDurable: (47, ("was acknowledged, and nothing followed",)),
}
"""The first seed that found it when it was planted, and what is then said.

The search begins there, for the test's sake: any of the thousand may be the one that finds it.
"""


@pytest.mark.parametrize("bug", TELLTALES, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug: type[Planted]) -> None:
    first, telltales = TELLTALES[bug]
    for seed in (*range(first, WITHIN), *range(first)):
        found = run(seed, planted=bug()).violations
        if found:
            assert any(word in line for line in found for word in telltales), found
            return
    pytest.fail(f"{WITHIN} seeds did not find it")
