"""The intervals of one variant against published values, and where little is known."""

import random

import pytest

from switchboard.experiments.intervals import mean_score, wilson


@pytest.mark.parametrize(
    ("hits", "n", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_what_newcombe_published(
    hits: int, n: int, lower: float, upper: float
) -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I."""
    assert wilson(hits, n) == pytest.approx((lower, upper), abs=5e-5)


def test_wilson_of_nobody_is_everything() -> None:
    assert wilson(0, 0) == (0, 1)


def test_wilson_reaches_its_ends_exactly() -> None:
    assert wilson(0, 7).lower == 0
    assert wilson(7, 7).upper == 1


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 5)])
def test_wilson_refuses_more_hits_than_clients(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="of"):
        wilson(hits, n)


def test_thirty_scores_have_students_interval() -> None:
    """15 times 8 and 15 times 10: mean 9, deviation 1.01710, t(29) = 2.04523."""
    half = 2.04523 * 1.01710 / 30**0.5
    assert mean_score([8.0, 10.0] * 15) == pytest.approx((9 - half, 9 + half), abs=1e-4)


def test_few_scores_claim_little() -> None:
    assert mean_score([]) == (0, 10)
    lower, upper = mean_score([9.0, 10.0])
    assert lower < 4
    assert upper > 9.9


def test_scores_all_alike_are_no_certainty() -> None:
    lower, upper = mean_score([10.0] * 50)
    assert lower == pytest.approx(10 * wilson(50, 50).lower)
    assert 9 < lower < 9.5
    assert upper == 10


def test_nearly_all_intervals_hold_the_true_mean() -> None:
    """Scores as shops get them, skewed, few and many: at least 90 % of the nominal 95 %."""
    chance = random.Random(4)
    values, weights = (1.0, 5.0, 8.0, 9.0, 10.0), (4, 11, 15, 30, 40)
    true = sum(value * weight for value, weight in zip(values, weights, strict=True)) / 100
    for n in (5, 12, 30, 100):
        intervals = [mean_score(chance.choices(values, weights, k=n)) for _ in range(500)]
        assert sum(lower <= true <= upper for lower, upper in intervals) >= 450


def test_a_score_outside_its_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        mean_score([9.0, 11.0])
