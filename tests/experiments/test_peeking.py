"""A verdict that may be read every day: how often it is wrong, and how soon it is right.

`make proof-reviews` runs the same with more experiments.
"""

import math

import pytest

from tests.experiments.peeking import (
    Peeked,
    Scene,
    always_valid,
    clients_needed,
    false_positive_rate,
    fixed_horizon,
    proportion,
    scores,
)

EXPERIMENTS = 250
SCENES = [
    Scene(clients, share=share)
    for clients in (proportion(0.05), proportion(0.3), proportion(0.8), scores)
    for share in (0.5, 0.2)
]


def test_reading_every_day_is_wrong_at_most_once_in_twenty() -> None:
    each = [
        false_positive_rate(EXPERIMENTS, scene, always_valid, seed=seed)
        for seed, scene in enumerate(SCENES)
    ]
    assert not any(one.is_above(0.05) for one in each)
    together = Peeked(sum(one.experiments for one in each), sum(one.wrong for one in each))
    assert together.is_below(0.05)


@pytest.mark.parametrize("scene", SCENES[1:4], ids=["5 % uneven", "30 %", "30 % uneven"])
def test_a_test_for_one_look_read_every_day_does_not_pass(scene: Scene) -> None:
    """So the bound above is one that can be missed."""
    assert false_positive_rate(EXPERIMENTS, scene, fixed_horizon).is_above(0.05)


def test_the_test_for_one_look_is_right_when_looked_at_once() -> None:
    """It is the peeking that spoils it."""
    once = Scene(proportion(0.3), per_day=1200, days=1)
    assert not false_positive_rate(EXPERIMENTS, once, fixed_horizon).is_above(0.05)


@pytest.mark.parametrize(
    ("scene", "difference"), [(Scene(proportion(0.3), share=0.3), 0.15), (Scene(scores), -0.1)]
)
def test_the_true_difference_is_hardly_ever_outside_the_interval(
    scene: Scene, difference: float
) -> None:
    peeked = false_positive_rate(EXPERIMENTS, scene, always_valid, difference=difference)
    assert not peeked.is_above(0.05)


def test_a_shop_with_three_clients_a_day_is_not_misled() -> None:
    small = Scene(proportion(0.3), per_day=3, days=120)
    assert not false_positive_rate(EXPERIMENTS, small, always_valid).is_above(0.05)


def test_a_real_difference_is_found() -> None:
    """30 % against 45 %: 80 % of experiments find it within 700 clients, both variants together.
    A test for one look, at a number fixed before, needs 326."""
    assert clients_needed(100, Scene(proportion(0.3), days=60), 0.15) <= 700


def test_half_a_point_of_the_average_is_found() -> None:
    """Half a point of ten, of scores whose standard deviation is 2 points."""
    assert clients_needed(100, Scene(scores, days=80), 0.05) <= 1300


def test_what_is_not_there_is_not_found() -> None:
    assert clients_needed(30, Scene(proportion(0.3), days=20), 0.0) == math.inf
