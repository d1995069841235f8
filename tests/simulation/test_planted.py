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
    FailureForgotten,
    LinksNotSwept,
    MovedWithoutKey,
    MovementTooLate,
    OvertakenNoteTakenForNone,
    ReservationDropped,
    SmsNotReadBack,
    SourceNotRemembered,
    VisitCountsAsPress,
    WordsHeardAgain,
)
from tests.simulation.run import has_reviews, run
from tests.simulation.world import Planted

WITHIN = 1000
TELLTALES: dict[type[Planted], tuple[int, tuple[str, ...]]] = {
    CommitAfterAct: (11, ("nobody had decided it", "should say", "the card says")),
    OutboxNotSwept: (3, ("still waits for the sweeper",)),
    VersionNotChecked: (75, ("the journal has", "was won by", "should say", "still holds")),
    DeduplicationLostOnRestart: (2, ("times", "is trying")),
    AcknowledgedBeforeDurable: (19, ("and nothing followed", "is not known", "there was no SMS")),
    VisitCountsAsPress: (15, ("nobody had pressed",)),
    SourceNotRemembered: (130, ("is earned without", "never granted")),
    MovedWithoutKey: (139, ("1C has",)),
    ReservationDropped: (1, ("was asked again after",)),
    LinksNotSwept: (154, ("does not know of the press", "waits for the sweeper")),
    MovementTooLate: (53, ("never granted",)),
    AccountOverwritten: (165, ("bonuses, and the ledger has", "cheaper for")),
    SmsNotReadBack: (90, ("2 SMS",)),
    FailureForgotten: (12, ("there was no SMS",)),
    OvertakenNoteTakenForNone: (16, ("there was no SMS",)),
    WordsHeardAgain: (22, ("answered by what it had heard before",)),
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
