"""Rows of `make proof-dispatch` and `make proof-reviews`, small enough for every test run."""

import asyncio
from pathlib import Path

import pytest

from switchboard.flows.survey.understanding import read_score
from tests.experiments.peeking import Peeked
from tests.proofs.clients import spelt
from tests.proofs.rows import race, repeats, reviews_crawlers, reviews_peeking, reviews_presses
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


def test_crawlers_earn_nothing_and_are_kept_with_the_reason(tmp_path: Path) -> None:
    setting = Setting(links=2, visits=60)
    finding = asyncio.run(reviews_crawlers.prove(setting, tmp_path))
    assert finding.failures == ()


def test_of_many_presses_at_once_one_earns_the_bonus(tmp_path: Path) -> None:
    finding = asyncio.run(reviews_presses.prove(Setting(presses=80), tmp_path))
    assert finding.failures == ()


def test_the_row_of_the_verdict_can_fail() -> None:
    """Where both readers are the one that must not be read daily, the row says so."""
    always_wrong = [Peeked(200, 60)] * 8
    finding = reviews_peeking.judged(Setting(experiments=200), always_wrong, always_wrong)
    assert len(finding.failures) == 9


def test_clients_spell_their_scores_in_ways_of_which_nobody_doubts() -> None:
    for score in range(1, 11):
        understood = {read_score(spelt(turn, score), 1, 10) for turn in range(12)}
        assert understood == {score}
