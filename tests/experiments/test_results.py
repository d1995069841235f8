"""From surveys to the table that an owner reads."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from switchboard.experiments.intervals import wilson
from switchboard.experiments.results import results
from switchboard.experiments.sequential import Verdict
from switchboard.experiments.split import SplitVerdict
from switchboard.experiments.table import Metric, Seen, Terms

FIRST = date(2026, 9, 1)
LATER = FIRST + timedelta(days=100)
HALVES = [("plain", 50), ("warm", 50)]


def surveys(variant: str, days: int, answered: int, of: int) -> Iterable[Seen]:
    """So many of each day's clients answer, complete, score 9 and are invited; one presses."""
    for day in range(days):
        for number in range(of):
            yes = number < answered
            yield Seen(
                client=f"{variant}-{day}-{number}",
                variant=variant,
                at=FIRST + timedelta(days=day),
                answered=yes,
                completed=yes,
                average=9.0 if yes else None,
                invited=yes,
                clicked=number == 0 and yes,
            )


def both(answered: tuple[int, int], days: int = 20, of: int = 20) -> list[Seen]:
    plain, warm = answered
    return [*surveys("plain", days, plain, of), *surveys("warm", days, warm, of)]


def test_a_line_tells_what_clients_of_a_variant_did() -> None:
    table = results(both((6, 12)), HALVES, LATER)
    plain, warm = table.lines
    assert (plain.variant, plain.n, warm.variant, warm.n) == ("plain", 400, "warm", 400)
    assert plain.response.value == 0.3
    assert (plain.response.lower, plain.response.upper) == wilson(120, 400)
    assert (plain.average.n, plain.average.value) == (120, 9.0)
    assert warm.click.n == 240
    assert warm.click.value == pytest.approx(1 / 12)
    assert table.split.verdict is SplitVerdict.AS_PLANNED
    assert table.readable


def test_the_verdict_names_who_is_better_and_by_how_much() -> None:
    (response,) = results(both((6, 12)), HALVES, LATER).deciding
    assert response.metric is Metric.RESPONSE
    assert response.plain == "warm is better"
    assert response.difference == pytest.approx(0.3)
    assert 0 < response.lower < 0.3 < response.upper
    (other,) = results(both((12, 6)), HALVES, LATER).deciding
    assert other.plain == "plain is better"
    assert other.difference == pytest.approx(-0.3)


def test_scores_are_compared_in_points() -> None:
    (average,) = results(both((10, 10), days=80), HALVES, LATER).by(Metric.AVERAGE)
    assert average.plain == "no difference worth having"
    assert average.difference == 0
    assert -0.3 <= average.lower < 0 < average.upper <= 0.3
    strict = Terms(worth_score=0.01)
    (same,) = results(both((10, 10), days=80), HALVES, LATER, strict).by(Metric.AVERAGE)
    assert same.plain == "keep going"


def test_scores_between_the_ends_are_told_apart() -> None:
    better = [
        s.model_copy(update={"average": 9.75}) if s.variant == "warm" and s.average else s
        for s in both((10, 10), days=40)
    ]
    (average,) = results(better, HALVES, LATER).by(Metric.AVERAGE)
    assert average.plain == "warm is better"
    assert average.difference == pytest.approx(0.75)


def test_young_surveys_wait() -> None:
    """Of 20 days the last 7 are younger than the window when the table is read on the 20th."""
    table = results(both((6, 12)), HALVES, FIRST + timedelta(days=19))
    assert table.lines[0].n == 13 * 20
    assert table.young == 2 * 7 * 20


def test_a_client_counts_once_by_his_first_survey() -> None:
    first = Seen(client="c-1", variant="plain", at=FIRST)
    again = Seen(client="c-1", variant="plain", at=FIRST + timedelta(days=40), answered=True)
    table = results([again, first], HALVES, LATER)
    assert table.lines[0].n == 1
    assert table.lines[0].response.value == 0
    assert table.repeated == 1


def test_a_survey_that_never_went_out_is_nobodys() -> None:
    table = results([Seen(client="c-1", variant="plain", at=FIRST, asked=False)], HALVES, LATER)
    assert table.lines[0].n == 0
    assert table.repeated == 0


def test_an_experiment_without_surveys_has_a_table() -> None:
    table = results([], HALVES, LATER)
    assert [line.response.value for line in table.lines] == [None, None]
    assert (table.lines[0].click.lower, table.lines[0].click.upper) == (0, 1)
    assert (table.lines[0].average.lower, table.lines[0].average.upper) == (0, 10)
    assert {one.verdict for one in table.comparisons} == {Verdict.KEEP_GOING}
    assert table.split.verdict is SplitVerdict.TOO_FEW


def test_a_lost_variant_makes_the_table_unreadable() -> None:
    lopsided = [*surveys("plain", 20, 6, 20), *surveys("warm", 20, 6, 10)]
    table = results(lopsided, HALVES, LATER)
    assert table.split.verdict is SplitVerdict.MISMATCH
    assert not table.readable


def test_a_variant_that_is_not_in_the_experiment_makes_the_table_unreadable() -> None:
    stray = Seen(client="c-1", variant="old", at=FIRST)
    assert not results([*both((6, 12)), stray], HALVES, LATER).readable


def test_each_of_several_variants_meets_the_control() -> None:
    """And each must be surer than it would have to be alone."""
    thirds = [("plain", 1), ("warm", 1), ("short", 1)]
    three = [*both((6, 12)), *surveys("short", 20, 6, 20)]
    warm, short = results(three, thirds, LATER).by(Metric.RESPONSE)
    assert (warm.control, warm.variant, warm.plain) == ("plain", "warm", "warm is better")
    assert (short.control, short.variant, short.plain) == ("plain", "short", "keep going")
    (alone,) = results(both((6, 12)), HALVES, LATER).by(Metric.RESPONSE)
    assert warm.lower < alone.lower


def test_an_experiment_of_one_variant_compares_nothing() -> None:
    table = results(surveys("plain", 3, 1, 5), [("plain", 1)], LATER)
    assert table.comparisons == ()
    assert table.readable


def test_every_metric_has_its_verdict_and_the_deciding_one_is_chosen() -> None:
    table = results(both((6, 12)), HALVES, LATER, Terms(deciding=Metric.CLICK))
    assert {one.metric for one in table.comparisons} == set(Metric)
    assert [one.metric for one in table.deciding] == [Metric.CLICK]
