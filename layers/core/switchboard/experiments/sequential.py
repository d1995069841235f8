"""What may be said of a difference between two variants, on whatever day one looks.

A difference is refuted once the bets against it (`bets`) have multiplied their capital by
2 / error on either side; what is never refuted is the interval. All days' intervals together hold
the true difference with a chance of at least 1 - error (a confidence sequence), so a verdict may be
read daily, acted upon at once, or waited with.

What was refuted once stays refuted: the interval of a day is the intersection of all days' until
then, and needs nothing kept, as it is computed from the days again.

Several variants are each compared with the control, and `comparisons` divides the error among them
(Bonferroni): the chance of any wrong verdict of one metric stays below the error, and intervals
and verdicts agree, which with Holm's steps they would not.
"""

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal

from switchboard.domain.model import Value
from switchboard.experiments.bets import Block, Day, Tally, blocks, evidence, size

# An interval's ends are found to within 2 / 2**22, and rounded outwards.
_HALVINGS = 22


class Verdict(StrEnum):
    BETTER = "better"
    NO_DIFFERENCE = "no difference worth having"
    KEEP_GOING = "keep going"


class Difference(Value):
    """Variant minus control, in the unit of the values, which lie between 0 and 1.

    `estimate` is None while one of them has nobody. `sure` is the confidence that belongs to the
    verdict: that the better one is better, or that the difference is not worth having; while it is
    "keep going", that there is a difference at all.
    `steady` is False when what was sure earlier is refuted later: the difference itself changed.
    """

    verdict: Verdict
    better: Literal["control", "variant"] | None
    estimate: float | None
    lower: float
    upper: float
    sure: float
    steady: bool


def difference(
    days: Iterable[Day], worth: float, error: float = 0.05, comparisons: int = 1
) -> Difference:
    """The verdict after these days, in their order.

    `worth` is the smallest difference worth having. One that is certain, however small, is said to
    be better; "no difference worth having" is said of an interval that holds 0 and lies within
    `worth` on both sides.
    """
    days = tuple(days)
    ours = tuple(blocks(days))
    needed = math.log(2 * comparisons / error)
    lower, upper = _lower(ours, needed), _upper(ours, needed)
    verdict, better = _verdict(lower, upper, worth)
    proof = _proof(ours, verdict, worth)
    return Difference(
        verdict=verdict,
        better=better,
        estimate=_estimate(days),
        lower=min(lower, upper),
        upper=max(lower, upper),
        sure=1 - min(1.0, 2 * comparisons * math.exp(-proof)),
        steady=lower < upper,
    )


def _lower(ours: Sequence[Block], needed: float) -> float:
    """The largest difference found of which it is refuted that the true one is no greater."""
    refuted, open_ = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (refuted + open_) / 2
        if _strongest(ours, middle, 1) >= needed:
            refuted = middle
        else:
            open_ = middle
    return refuted


def _upper(ours: Sequence[Block], needed: float) -> float:
    return -_lower(tuple(_swapped(block) for block in ours), needed)


def _swapped(block: Block) -> Block:
    return block._replace(control=block.variant, variant=block.control)


def _strongest(ours: Sequence[Block], claim: float, direction: Literal[1, -1]) -> float:
    return max(evidence(ours, claim, direction), default=0.0)


def _verdict(
    lower: float, upper: float, worth: float
) -> tuple[Verdict, Literal["control", "variant"] | None]:
    # The first difference that the halving tries is 0, so an end at 0 says that 0 is refuted.
    ahead, behind = lower >= 0, upper <= 0
    if ahead and not behind:
        return Verdict.BETTER, "variant"
    if behind and not ahead:
        return Verdict.BETTER, "control"
    if -worth <= lower < 0 < upper <= worth:
        return Verdict.NO_DIFFERENCE, None
    return Verdict.KEEP_GOING, None


def _proof(ours: Sequence[Block], verdict: Verdict, worth: float) -> float:
    if verdict is Verdict.NO_DIFFERENCE:
        return min(_strongest(ours, -worth, 1), _strongest(ours, worth, -1))
    return max(_strongest(ours, 0.0, 1), _strongest(ours, 0.0, -1))


def _estimate(days: Sequence[Day]) -> float | None:
    control = _mean([day.control for day in days])
    variant = _mean([day.variant for day in days])
    return None if control is None or variant is None else variant - control


def _mean(tallies: Sequence[Tally]) -> float | None:
    n = sum(size(tally) for tally in tallies)
    total = math.fsum(value * count for tally in tallies for value, count in tally)
    return total / n if n else None
