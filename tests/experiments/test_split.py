"""A split that is not as planned is noticed; chi-square against its table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.experiments.split import SplitVerdict, check_split, chi_square_tail


@pytest.mark.parametrize(
    ("statistic", "freedom", "p_value"),
    [
        (3.841458820694124, 1, 0.05),
        (10.827566170662733, 1, 0.001),
        (5.991464547107979, 2, 0.05),
        (16.26623619623813, 3, 0.001),
        (18.307038053275146, 10, 0.05),
        (0.7107230213973244, 4, 0.95),
    ],
)
def test_the_table_of_chi_square(statistic: float, freedom: int, p_value: float) -> None:
    assert chi_square_tail(statistic, freedom) == pytest.approx(p_value, rel=1e-9)


@given(st.floats(0, 300))
def test_where_chi_square_has_a_closed_form_it_is_met(statistic: float) -> None:
    """On both sides of the place where the series gives way to the continued fraction."""
    one, two = math.erfc(math.sqrt(statistic / 2)), math.exp(-statistic / 2)
    assert chi_square_tail(statistic, 1) == pytest.approx(one, rel=1e-9, abs=1e-14)
    assert chi_square_tail(statistic, 2) == pytest.approx(two, rel=1e-9, abs=1e-14)
    four = two * (1 + statistic / 2)
    assert chi_square_tail(statistic, 4) == pytest.approx(four, rel=1e-9, abs=1e-14)


def test_a_known_split() -> None:
    """821 588 against 815 482 of equal weights, the classic example: p is about 1.8e-6."""
    split = check_split({"a": 821_588, "b": 815_482}, [("a", 50), ("b", 50)])
    assert split.p_value == pytest.approx(1.8e-6, rel=0.03)
    assert split.verdict is SplitVerdict.MISMATCH


@pytest.mark.parametrize(
    ("counts", "weights", "verdict"),
    [
        ({"a": 510, "b": 490}, [("a", 50), ("b", 50)], SplitVerdict.AS_PLANNED),
        ({"a": 900, "b": 100}, [("a", 90), ("b", 10)], SplitVerdict.AS_PLANNED),
        ({"a": 500, "b": 500}, [("a", 60), ("b", 40)], SplitVerdict.MISMATCH),
        ({"a": 1000}, [("a", 99), ("b", 1)], SplitVerdict.AS_PLANNED),
        ({"a": 1000}, [("a", 50), ("b", 50)], SplitVerdict.MISMATCH),
        ({"a": 7, "b": 1}, [("a", 50), ("b", 50)], SplitVerdict.TOO_FEW),
        ({}, [("a", 50), ("b", 50)], SplitVerdict.TOO_FEW),
        ({"a": 500, "b": 500, "gone": 1}, [("a", 1), ("b", 1)], SplitVerdict.MISMATCH),
        ({"a": 500, "b": 1}, [("a", 1), ("b", 0)], SplitVerdict.MISMATCH),
        ({"a": 500}, [("a", 1)], SplitVerdict.AS_PLANNED),
    ],
)
def test_splits(
    counts: dict[str, int], weights: list[tuple[str, int]], verdict: SplitVerdict
) -> None:
    assert check_split(counts, weights).verdict is verdict
