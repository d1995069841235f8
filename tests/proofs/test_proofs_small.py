"""Rows 1 and 2 of `make proof-dispatch`, small enough for every run of the tests."""

import asyncio
from pathlib import Path

import pytest

from tests.proofs.rows import race, repeats
from tests.proofs.setting import Setting

pytestmark = pytest.mark.proof


def test_of_many_who_press_at_once_one_wins_and_the_others_are_told_the_truth(
    tmp_path: Path,
) -> None:
    finding = asyncio.run(race.prove(Setting(rounds=1, presses=60), tmp_path))
    assert finding.failures == ()


def test_webhooks_that_come_thrice_and_shuffled_change_nothing(tmp_path: Path) -> None:
    finding = asyncio.run(repeats.prove(Setting(deals=5, spread=0.3), tmp_path))
    assert finding.failures == ()
