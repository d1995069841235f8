"""The results of an experiment, from its surveys: a line a variant, the split, the verdicts.

Counted is each client's first survey in the experiment, once it is `window_days` old. A client who
is asked again is no new client. And a young survey would count for those who answer quickly and not
yet for those who never will; old ones count in the order of their days, whatever came of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from statistics import fmean

from switchboard.experiments.assignment import check_weights
from switchboard.experiments.bets import Day, Tally, counted
from switchboard.experiments.intervals import Interval, mean_score, wilson
from switchboard.experiments.sequential import difference
from switchboard.experiments.split import check_split
from switchboard.experiments.table import (
    BEST_SCORE,
    Comparison,
    Figure,
    Metric,
    Results,
    Seen,
    Terms,
    VariantLine,
)


def results(
    surveys: Iterable[Seen],
    weights: Sequence[tuple[str, int]],
    today: date,
    terms: Terms | None = None,
) -> Results:
    """The table of an experiment whose first variant is the control.

    Surveys of variants that have no weight make the split wrong. Raises ValueError for weights
    that `assign` refuses.
    """
    check_weights(weights)
    terms = terms or Terms()
    asked = [survey for survey in surveys if survey.asked]
    firsts = _first_of_each(asked)
    before = today - timedelta(days=terms.window_days)
    old = [survey for survey in firsts if survey.at <= before]
    names = [name for name, _ in weights]
    counts = dict.fromkeys(names, 0)
    for survey in old:
        counts[survey.variant] = counts.get(survey.variant, 0) + 1
    return Results(
        terms=terms,
        lines=tuple(_line(name, [s for s in old if s.variant == name]) for name in names),
        split=check_split(counts, weights),
        comparisons=tuple(_comparisons(old, names, terms)),
        young=len(firsts) - len(old),
        repeated=len(asked) - len(firsts),
    )


def _first_of_each(surveys: Iterable[Seen]) -> list[Seen]:
    firsts: dict[str, Seen] = {}
    for survey in sorted(surveys, key=lambda s: s.at):
        firsts.setdefault(survey.client, survey)
    return list(firsts.values())


def _line(name: str, surveys: Sequence[Seen]) -> VariantLine:
    scores = _values(surveys, Metric.AVERAGE)
    return VariantLine(
        variant=name,
        n=len(surveys),
        response=_rate(_values(surveys, Metric.RESPONSE)),
        completion=_rate(_values(surveys, Metric.COMPLETION)),
        average=_figure(scores, mean_score(scores, BEST_SCORE)),
        click=_rate(_values(surveys, Metric.CLICK)),
    )


def _rate(values: Sequence[float]) -> Figure:
    return _figure(values, wilson(sum(values), len(values)))


def _figure(values: Sequence[float], interval: Interval) -> Figure:
    value = fmean(values) if values else None
    return Figure(n=len(values), value=value, lower=interval.lower, upper=interval.upper)


def _values(surveys: Iterable[Seen], metric: Metric) -> list[float]:
    """What the metric says of each survey that it is about."""
    match metric:
        case Metric.RESPONSE:
            return [float(survey.answered) for survey in surveys]
        case Metric.COMPLETION:
            return [float(survey.completed) for survey in surveys]
        case Metric.AVERAGE:
            return [survey.average for survey in surveys if survey.average is not None]
        case Metric.CLICK:
            return [float(survey.clicked) for survey in surveys if survey.invited]


def _comparisons(
    surveys: Sequence[Seen], names: Sequence[str], terms: Terms
) -> Iterator[Comparison]:
    control, *others = names
    days = [list(day) for _, day in groupby(surveys, key=lambda s: s.at)]
    for metric in Metric:
        for variant in others:
            yield _compared(days, metric, control, variant, terms, len(others))


def _compared(
    days: Sequence[Sequence[Seen]],
    metric: Metric,
    control: str,
    variant: str,
    terms: Terms,
    comparisons: int,
) -> Comparison:
    scored = metric is Metric.AVERAGE
    unit, worth = (BEST_SCORE, terms.worth_score) if scored else (1.0, terms.worth_rate)
    pairs = [Day(_tally(day, metric, control), _tally(day, metric, variant)) for day in days]
    found = difference(pairs, worth / unit, terms.error, comparisons)
    better = {"control": control, "variant": variant, None: None}[found.better]
    return Comparison(
        metric=metric,
        control=control,
        variant=variant,
        verdict=found.verdict,
        better=better,
        difference=None if found.estimate is None else unit * found.estimate,
        lower=unit * found.lower,
        upper=unit * found.upper,
        sure=found.sure,
        steady=found.steady,
    )


def _tally(day: Iterable[Seen], metric: Metric, variant: str) -> Tally:
    values = _values((survey for survey in day if survey.variant == variant), metric)
    if metric is not Metric.AVERAGE:
        return counted(round(sum(values)), len(values))
    return tuple((value / BEST_SCORE, values.count(value)) for value in sorted(set(values)))
