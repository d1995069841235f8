"""The simulation bites: each of the planted bugs is found within a thousand seeds."""

import pytest

from tests.simulation.planted import (
    AcknowledgedBeforeDurable,
    CommitAfterAct,
    DeduplicationLostOnRestart,
    OutboxNotSwept,
    VersionNotChecked,
)
from tests.simulation.planted_reviews import (
    PLANTED_IN_REVIEWS,
    AccountOverwritten,
    LinksNotSwept,
    MovedWithoutKey,
    MovementTooLate,
    ReservationDropped,
    SmsNotReadBack,
    SourceNotRemembered,
    VisitCountsAsPress,
)
from tests.simulation.run import has_reviews, run
from tests.simulation.world import Planted

WITHIN = 1000
TELLTALES: dict[type[Planted], tuple[int, tuple[str, ...]]] = {
    CommitAfterAct: (23, ("nobody had decided it", "should say", "the card says")),
    OutboxNotSwept: (19, ("still waits for the sweeper",)),
    VersionNotChecked: (31, ("the journal has", "was won by", "should say", "still holds")),
    DeduplicationLostOnRestart: (3, ("times", "is trying")),
    AcknowledgedBeforeDurable: (36, ("and nothing followed", "is not known", "no answers of his")),
    VisitCountsAsPress: (12, ("nobody had pressed",)),
    SourceNotRemembered: (155, ("is earned without", "never granted")),
    MovedWithoutKey: (176, ("1C has",)),
    ReservationDropped: (11, ("was asked again after",)),
    LinksNotSwept: (277, ("does not know of the press", "waits for the sweeper")),
    MovementTooLate: (15, ("never granted",)),
    AccountOverwritten: (186, ("bonuses, and the ledger has", "cheaper for")),
    SmsNotReadBack: (11, ("2 SMS",)),
}
"""The first seed that found it when it was planted, and what is then said.

The search begins there, for the test's sake: any of the thousand may be the one that finds it.
"""


@pytest.mark.parametrize("bug", TELLTALES, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug: type[Planted]) -> None:
    first, telltales = TELLTALES[bug]
    for seed in (*range(first, WITHIN), *range(first)):
        if bug in PLANTED_IN_REVIEWS and not has_reviews(seed):
            continue
        found = run(seed, planted=bug()).violations
        if found:
            assert any(word in line for line in found for word in telltales), found
            return
    pytest.fail(f"{WITHIN} seeds did not find it")
