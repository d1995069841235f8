"""Intervals for one variant by itself, each right for one look at a fixed number of clients.

They show how rough a figure is. Two variants are compared by `sequential`, never by whether two of
these overlap.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

# Below this the t interval of skewed scores covers too seldom.
_ENOUGH_FOR_T = 30


class Interval(NamedTuple):
    lower: float
    upper: float


def wilson(hits: float, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a share of `n`, between 0 and 1; nothing known gives (0, 1).

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n}")
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for rounding.
    lower = 0.0 if hits == 0 else max(0.0, centre - half)
    upper = 1.0 if hits == n else min(1.0, centre + half)
    return Interval(lower, upper)


def mean_score(scores: Sequence[float], best: float = 10.0, confidence: float = 0.95) -> Interval:
    """An interval for the mean of scores between 0 and `best`.

    Student's t from 30 scores on. With fewer, or when all are alike, it would claim more than is
    known; then every score counts as its share of `best` in Wilson's interval. That is wider than
    need be: of all that lies between 0 and `best` with one mean, what is only ever 0 or `best`
    spreads most (Bhatia, Davis 2000, "A better bound on the variance").
    """
    n = len(scores)
    if any(not 0 <= score <= best for score in scores):
        raise ValueError(f"a score is outside 0..{best:g}")
    spread = stdev(scores) if n >= _ENOUGH_FOR_T else 0.0
    if not spread:
        hits = min(float(n), max(0.0, math.fsum(scores) / best))
        return Interval(*(best * end for end in wilson(hits, n, confidence)))
    mean = fmean(scores)
    half = _student((1 + confidence) / 2, n - 1) * spread / math.sqrt(n)
    return Interval(max(0.0, mean - half), min(best, mean + half))


def _student(probability: float, freedom: float) -> float:
    """Student's quantile, right to five digits from 29 degrees of freedom on.

    Abramowitz, Stegun 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + terms[0] / freedom + terms[1] / freedom**2 + terms[2] / freedom**3
