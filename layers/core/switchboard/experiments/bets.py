"""Evidence that one variant is ahead of another by more than a given difference, day by day.

The method is testing by betting: two independent groups of bounded values are compared by bets that
are fair whatever the groups' common level is. Its parts:

- Bets on a bounded mean, and intervals from those that have not yet won: Waudby-Smith, Ramdas 2024,
  "Estimating means of bounded random variables by betting", J. R. Statist. Soc. B 86.
- Blocks that hold clients of both groups, whose size may be anything that does not depend on their
  answers: Turner, Ly, Grünwald 2024, "Generic E-variables for exact sequential k-sample tests that
  allow for optional stopping", J. Statist. Plann. Inference 230.
- A fixed mixture of bets: Robbins 1970, "Statistical methods related to the law of the iterated
  logarithm", Ann. Math. Statist. 41; as in Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform,
  nonparametric, nonasymptotic confidence sequences", Ann. Statist. 49.

For a claim "the variant's mean minus the control's is d", a block with `a` clients of the control
(values x) and `b` of the variant (values y), any stake s and any pair of guesses m, m + d of the
means that earlier blocks suggest, the block multiplies the capital by

    product(1 - s/a · (x - m)) · product(1 + s/b · (y - m - d))

The factors' arithmetic mean has expectation 1 under the claim, whatever the common level really is:
an error in m adds s to the one group's sum and takes it from the other's. The values are
independent, and the geometric mean is never above the arithmetic one, so the product's expectation
is at most 1. The capital is thus a nonnegative supermartingale, and by Ville's inequality it ever
reaches 1/p with a chance of at most p, at whatever moments it is looked at. Nothing here is
asymptotic: it holds for every number of clients, every base rate, any unequal or random split, and
for a level that moves from block to block.

What it asks for: one value a client, each independent of the others; the days in their order, and
within a block the same level for both groups. A day's counts are enough, not its order.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

# How often each value between 0 and 1 was seen.
Tally = tuple[tuple[float, int], ...]

# A block ends with the day on which both groups have as many: a block with few of one group wastes
# those of the other, and a larger one makes a small shop wait.
_LEAST_IN_BLOCK = 5
# The differences that are bet on, and the share of the capital that goes on each. The smallest are
# there for "no difference", the largest for a quick end.
_DIFFERENCES = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
_LOG_SHARES = tuple(math.log(share) for share in (0.1, 0.15, 0.25, 0.25, 0.2, 0.05))
# No single client can take more than this part of the capital.
_MOST_AT_STAKE = 0.9


class Day(NamedTuple):
    """What the clients asked on one day came to."""

    control: Tally
    variant: Tally


class Block(NamedTuple):
    """The clients of some days on end, and what was decided before any of their answers."""

    control: Tally
    variant: Tally
    centre: float
    stakes: tuple[float, ...]


def counted(hits: int, n: int) -> Tally:
    """The tally of a yes-or-no question."""
    return ((1.0, hits), (0.0, n - hits))


def size(tally: Tally) -> int:
    return sum(count for _, count in tally)


def blocks(days: Iterable[Day]) -> Iterator[Block]:
    """Days in their order as blocks. What is left over at the end waits for the days to come."""
    # Half a client at either end: the guess before anybody has answered.
    seen, total, squares = 1.0, 0.5, 0.5
    control: Tally = ()
    variant: Tally = ()
    for day in days:
        control, variant = control + day.control, variant + day.variant
        a, b = size(control), size(variant)
        if min(a, b) < _LEAST_IN_BLOCK:
            continue
        centre = total / seen
        yield Block(control, variant, centre, _stakes(squares / seen - centre**2, a, b))
        for value, count in control + variant:
            seen += count
            total += count * value
            squares += count * value * value
        control = variant = ()


def _stakes(variance: float, a: int, b: int) -> tuple[float, ...]:
    """For each difference the stake under which capital grows fastest, were it the true one."""
    uncertainty = max(variance, 1e-9) * (1 / a + 1 / b)
    most = _MOST_AT_STAKE * min(a, b)
    return tuple(min(difference / uncertainty, most) for difference in _DIFFERENCES)


def evidence(
    sequence: Iterable[Block], difference: float, direction: Literal[1, -1]
) -> Iterator[float]:
    """After each block the logarithm of the capital that was 1 at first.

    The bets are that variant minus control is more (`direction` 1) or less (-1) than `difference`.
    The capital falls (1) or rises (-1) as `difference` grows, at every block.
    """
    capitals = [0.0] * len(_DIFFERENCES)
    for block in sequence:
        # Both guesses lie within 0..1, so that no factor is negative.
        low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
        guess = min(max(block.centre - difference / 2, low), high)
        control = _sides(block.control, guess, -direction)
        variant = _sides(block.variant, guess + difference, direction)
        for i, stake in enumerate(block.stakes):
            capitals[i] += _gain(control, stake) + _gain(variant, stake)
        yield _mixed(capitals)


def _sides(tally: Tally, guess: float, sign: int) -> list[tuple[float, int]]:
    n = size(tally)
    return [(sign * (value - guess) / n, count) for value, count in tally if count]


def _gain(sides: list[tuple[float, int]], stake: float) -> float:
    return sum([count * math.log1p(stake * side) for side, count in sides])


def _mixed(capitals: Sequence[float]) -> float:
    parts = [share + capital for share, capital in zip(_LOG_SHARES, capitals, strict=True)]
    most = max(parts)
    return most + math.log(sum([math.exp(part - most) for part in parts]))
