"""Whether clients were split as the weights say. If not, something drops clients of one variant,
and no other figure can be believed.

Pearson's chi-square test against the weights. The threshold is 0.001 because the table is read
daily. Fabijan et al. 2019, "Diagnosing sample ratio mismatch in online controlled experiments".
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from switchboard.domain.model import Value
from switchboard.experiments.assignment import check_weights

THRESHOLD = 0.001
# Cochran 1954: below this the chi-square distribution is no good approximation.
_LEAST_EXPECTED = 5


class SplitVerdict(StrEnum):
    AS_PLANNED = "as planned"
    MISMATCH = "not as planned"
    TOO_FEW = "too few to tell"


class Split(Value):
    """`p_value` is the chance of a split at least this far from the weights, if all is well."""

    verdict: SplitVerdict
    p_value: float


def check_split(counts: Mapping[str, int], weights: Sequence[tuple[str, int]]) -> Split:
    """Judges how many clients each variant has. Counts of variants without a weight must be 0.

    Raises ValueError for weights that `assign` refuses.
    """
    check_weights(weights)
    shares = {name: weight for name, weight in weights if weight}
    if any(count for name, count in counts.items() if name not in shares):
        return Split(verdict=SplitVerdict.MISMATCH, p_value=0.0)
    n, total = sum(counts.values()), sum(shares.values())
    expected = {name: n * weight / total for name, weight in shares.items()}
    if min(expected.values()) < _LEAST_EXPECTED:
        return Split(verdict=SplitVerdict.TOO_FEW, p_value=1.0)
    statistic = sum((counts.get(name, 0) - due) ** 2 / due for name, due in expected.items())
    p_value = chi_square_tail(statistic, len(shares) - 1)
    mismatch = p_value < THRESHOLD
    verdict = SplitVerdict.MISMATCH if mismatch else SplitVerdict.AS_PLANNED
    return Split(verdict=verdict, p_value=p_value)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable exceeds `statistic`; 1 with nothing free to vary."""
    shape, at = freedom / 2, statistic / 2
    if freedom == 0 or at <= 0:
        return 1.0
    if at < shape + 1:
        return 1 - _lower_gamma(shape, at)
    return _upper_gamma(shape, at)


def _lower_gamma(shape: float, at: float) -> float:
    """Regularised P by its series, which converges fast left of `shape + 1` (DLMF 8.7.1)."""
    term = total = 1 / shape
    step = shape
    while term > total * 1e-16:
        step += 1
        term *= at / step
        total += term
    return total * _gamma_front(shape, at)


def _upper_gamma(shape: float, at: float) -> float:
    """Regularised Q by its continued fraction (DLMF 8.9.2), evaluated by Lentz's method."""
    b = at + 1 - shape
    c, d = math.inf, 1 / b
    fraction, change, i = d, 0.0, 0
    while abs(change - 1) > 1e-15:
        i += 1
        a = i * (shape - i)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        change = c * d
        fraction *= change
    return fraction * _gamma_front(shape, at)


def _gamma_front(shape: float, at: float) -> float:
    return math.exp(shape * math.log(at) - at - math.lgamma(shape))
