"""Experiments made up by the thousand and read every day: how often is something said wrongly?"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

from switchboard.experiments.bets import Day, Tally, blocks, counted, evidence, size

# Somebody who looks every day: after how many clients does he first believe that the difference is
# another than the one given? None is never.
Reader = Callable[[Sequence[Day], float], int | None]
# The values (0..1) of so many clients, whose mean has the given distance from the base.
Clients = Callable[[random.Random, int, float], Tally]


@dataclass(frozen=True)
class Scene:
    """A chain of shops: how its clients answer, how many there are a day, how they are split."""

    clients: Clients
    per_day: int = 20
    share: float = 0.5
    days: int = 60

    def play(self, chance: random.Random, difference: float) -> list[Day]:
        return [self._day(chance, difference) for _ in range(self.days)]

    def _day(self, chance: random.Random, difference: float) -> Day:
        variant = drawn(chance, self.per_day, self.share)
        return Day(
            self.clients(chance, self.per_day - variant, 0.0),
            self.clients(chance, variant, difference),
        )


@dataclass(frozen=True)
class Peeked:
    """In how many of so many experiments something was said that is not so."""

    experiments: int
    wrong: int

    @property
    def rate(self) -> float:
        return self.wrong / self.experiments

    def is_above(self, rate: float) -> bool:
        """More than chance allows at this rate, but for once in 10,000 times."""
        return 1 - _at_most(self.wrong - 1, self.experiments, rate) < 1e-4

    def is_below(self, rate: float) -> bool:
        """Fewer than chance allows at this rate, but for once in 10,000 times."""
        return _at_most(self.wrong, self.experiments, rate) < 1e-4


def false_positive_rate(
    experiments: int,
    scene: Scene,
    reader: Reader,
    *,
    difference: float = 0.0,
    seed: int = 1,
) -> Peeked:
    """How often a daily reader is ever led to believe in another difference than there is."""
    chance = random.Random(seed)
    wrong = sum(
        reader(scene.play(chance, difference), difference) is not None for _ in range(experiments)
    )
    return Peeked(experiments, wrong)


def clients_needed(
    experiments: int, scene: Scene, difference: float, *, power: float = 0.8, seed: int = 1
) -> float:
    """After how many clients, both variants together, such a share of experiments has found the
    difference; infinite when the days are too few."""
    chance = random.Random(seed)
    found = sorted(
        always_valid(scene.play(chance, difference), 0.0) or math.inf for _ in range(experiments)
    )
    return found[math.ceil(power * experiments) - 1]


def always_valid(days: Sequence[Day], difference: float) -> int | None:
    """Reads the sequential test daily, with an error of 5 %."""
    ours = tuple(blocks(days))
    needed = math.log(2 / 0.05)
    looks = zip(
        accumulate(size(block.control) + size(block.variant) for block in ours),
        evidence(ours, difference, 1),
        evidence(ours, difference, -1),
        strict=True,
    )
    return next((n for n, more, less in looks if max(more, less) >= needed), None)


def fixed_horizon(days: Sequence[Day], difference: float) -> int | None:
    """Reads daily a z test of two means that is right for one look alone, with an error of 5 %.

    It begins when each variant has 30 clients, so that what goes wrong is the peeking.
    """
    needed = NormalDist().inv_cdf(0.975)
    control, variant = _Sums(), _Sums()
    for day in days:
        control.add(day.control)
        variant.add(day.variant)
        if min(control.n, variant.n) < 30:
            continue
        uncertainty = math.sqrt(control.variance / control.n + variant.variance / variant.n)
        if abs(variant.mean - control.mean - difference) > needed * uncertainty > 0:
            return control.n + variant.n
    return None


class _Sums:
    def __init__(self) -> None:
        self.n, self.total, self.squares = 0, 0.0, 0.0

    def add(self, tally: Tally) -> None:
        self.n += size(tally)
        self.total += sum(value * count for value, count in tally)
        self.squares += sum(value * value * count for value, count in tally)

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.n - self.mean**2)


def proportion(base: float) -> Clients:
    """Clients who do something, or not."""
    return lambda chance, n, difference: counted(drawn(chance, n, base + difference), n)


def scores(chance: random.Random, n: int, difference: float) -> Tally:
    """Averages as shops get them: mostly 9 and 10, and few that are very low. A difference is made
    by those who give 10 instead of 5, or the other way round."""
    values, weights = (0.1, 0.5, 0.8, 0.9, 1.0), [0.04, 0.11, 0.15, 0.3, 0.4]
    weights[1] -= 2 * difference
    weights[4] += 2 * difference
    return tuple((value, 1) for value in chance.choices(values, weights, k=n))


def drawn(chance: random.Random, n: int, probability: float) -> int:
    return sum(chance.random() < probability for _ in range(n))


def _at_most(hits: int, n: int, rate: float) -> float:
    """The chance of at most so many hits."""
    logs = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(rate)
        + (n - k) * math.log1p(-rate)
        for k in range(hits + 1)
    )
    return math.fsum(math.exp(log) for log in logs)
