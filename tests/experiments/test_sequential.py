"""What holds of every comparison, whatever the clients do."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.experiments.bets import Day, Tally, blocks, counted, evidence, size
from switchboard.experiments.sequential import Difference, Verdict, difference
from tests.experiments.peeking import always_valid

WORTH = 0.03


def tally(n: int) -> st.SearchStrategy[Tally]:
    yes_or_no = st.integers(0, n).map(lambda hits: counted(hits, n))
    score = st.sampled_from((0.0, 0.25, 0.8, 0.95, 1.0))
    scored = st.lists(score, min_size=n, max_size=n).map(lambda s: tuple((v, 1) for v in s))
    return yes_or_no | scored


some_clients = st.integers(0, 30).flatmap(tally)
some_days = st.lists(st.builds(Day, some_clients, some_clients), max_size=15)


def steadily(control: float, variant: float, days: int, n: int = 50) -> list[Day]:
    return [Day(counted(round(control * n), n), counted(round(variant * n), n))] * days


def swapped(days: Sequence[Day]) -> list[Day]:
    return [Day(day.variant, day.control) for day in days]


def is_narrower(later: Difference, earlier: Difference) -> bool:
    return earlier.lower <= later.lower and later.upper <= earlier.upper


def test_before_anybody_has_answered_nothing_is_known() -> None:
    found = difference([], WORTH)
    assert found.verdict is Verdict.KEEP_GOING
    assert (found.lower, found.upper) == (-1, 1)
    assert found.estimate is None
    assert found.sure == 0


def test_a_clear_difference_is_told_with_its_size() -> None:
    found = difference(steadily(0.3, 0.5, 10), WORTH)
    assert found.verdict is Verdict.BETTER
    assert found.better == "variant"
    assert found.estimate == pytest.approx(0.2)
    assert 0 < found.lower < 0.2 < found.upper
    assert found.sure > 0.95


def test_a_long_draw_is_no_difference_worth_having() -> None:
    found = difference(steadily(0.3, 0.3, 300), WORTH)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert found.better is None
    assert -WORTH <= found.lower < 0 < found.upper <= WORTH
    assert found.sure >= 0.95


def test_a_short_draw_decides_nothing() -> None:
    assert difference(steadily(0.3, 0.3, 10), WORTH).verdict is Verdict.KEEP_GOING


def test_a_small_but_certain_difference_is_better() -> None:
    found = difference(steadily(0.3, 0.32, 2000), WORTH)
    assert found.verdict is Verdict.BETTER
    assert found.upper < WORTH


def test_a_difference_that_turns_round_is_not_steady_and_decides_nothing() -> None:
    found = difference(steadily(0.3, 0.6, 10) + steadily(0.6, 0.3, 40), WORTH)
    assert not found.steady
    assert found.verdict is Verdict.KEEP_GOING


def test_several_variants_make_each_wait_longer() -> None:
    days = steadily(0.3, 0.45, 8)
    alone, among = difference(days, WORTH), difference(days, WORTH, comparisons=4)
    assert among.lower < alone.lower
    assert alone.upper < among.upper
    assert among.sure < alone.sure


def test_a_variant_that_nobody_gets_waits_for_ever() -> None:
    found = difference([Day(counted(20, 50), ())] * 100, WORTH)
    assert found.verdict is Verdict.KEEP_GOING
    assert (found.lower, found.upper) == (-1, 1)


@settings(deadline=None)
@given(some_days)
def test_swapping_the_variants_swaps_the_verdict(days: list[Day]) -> None:
    one, other = difference(days, WORTH), difference(swapped(days), WORTH)
    assert one.verdict is other.verdict
    assert one.better == {"control": "variant", "variant": "control", None: None}[other.better]
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-6)
    assert one.sure == pytest.approx(other.sure)


@settings(deadline=None)
@given(some_days, some_days)
def test_more_days_narrow_the_interval_and_take_no_verdict_back(
    days: list[Day], more: list[Day]
) -> None:
    earlier, later = difference(days, WORTH), difference(days + more, WORTH)
    if later.steady:
        assert is_narrower(later, earlier)
        assert earlier.better in (None, later.better)


@settings(deadline=None)
@given(some_days)
def test_the_daily_reader_of_the_simulation_sees_what_the_owner_sees(days: list[Day]) -> None:
    """Whoever reads `difference` every day is told "better" at some time, or never, just as the
    reader who looks at the evidence alone."""
    told = [difference(days[: day + 1], WORTH).better for day in range(len(days))]
    last = next((one for one in told if one is not None), None)
    assert (last is not None) == (always_valid(days, 0.0) is not None)


@given(some_days)
def test_blocks_hold_all_clients_in_their_order_but_for_those_that_wait(days: list[Day]) -> None:
    ours = list(blocks(days))
    assert all(min(size(block.control), size(block.variant)) >= 5 for block in ours)
    together = sum((block.control for block in ours), ())
    everybody = sum((day.control for day in days), ())
    assert everybody[: len(together)] == together


@given(some_days, st.floats(-1, 1), st.floats(-1, 1))
def test_what_refutes_a_difference_refutes_all_beyond_it(
    days: list[Day], one: float, other: float
) -> None:
    """So what is not refuted is one interval, and halving finds its ends."""
    low, high = sorted((one, other))
    ours = tuple(blocks(days))
    for at_low, at_high in zip(evidence(ours, low, 1), evidence(ours, high, 1), strict=True):
        assert at_low >= at_high - 1e-9
    for at_low, at_high in zip(evidence(ours, low, -1), evidence(ours, high, -1), strict=True):
        assert at_low <= at_high + 1e-9


@pytest.mark.parametrize("level", [0.05, 0.3, 0.8])
@pytest.mark.parametrize("gap", [0.0, 0.1])
@pytest.mark.parametrize("direction", [1, -1])
def test_no_bet_against_the_truth_gains_on_average(
    level: float, gap: float, direction: int
) -> None:
    """Exactly, over all that a block of 6 and 9 clients may come to, after a day that misleads."""
    past = Day(counted(9, 10), counted(1, 10))
    before = next(evidence(tuple(blocks([past])), gap, 1 if direction > 0 else -1))
    expected = 0.0
    for hits in range(7):
        for others in range(10):
            chance = binomial(hits, 6, level) * binomial(others, 9, level + gap)
            ours = tuple(blocks([past, Day(counted(hits, 6), counted(others, 9))]))
            *_, after = evidence(ours, gap, 1 if direction > 0 else -1)
            expected += chance * math.exp(after - before)
    assert expected <= 1 + 1e-12


def binomial(hits: int, n: int, share: float) -> float:
    return math.comb(n, hits) * share**hits * (1 - share) ** (n - hits)
