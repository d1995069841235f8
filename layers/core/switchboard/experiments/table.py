"""What an experiment's results are made from, and what they are."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from switchboard.domain.model import Value
from switchboard.experiments.sequential import Verdict
from switchboard.experiments.split import Split, SplitVerdict

BEST_SCORE = 10.0


class Metric(StrEnum):
    RESPONSE = "response"
    COMPLETION = "completion"
    AVERAGE = "average"
    CLICK = "click"


class Seen(Value):
    """One survey as it stands: what a client was shown, when, and what came of it.

    `at` is the day on which his variant was drawn, not that of the message: variants may differ in
    their delay. `asked` says that the message went out, `answered` that at least one answer came,
    `completed` that all did. `average` is of his scores, 0..10, if he gave any. `invited` says that
    he was asked for a review, `clicked` that he pressed that link. What happens later than
    `window_days` after `at` should not be told: it comes when the survey has been counted.
    """

    client: str
    variant: str
    at: date
    asked: bool = True
    answered: bool = False
    completed: bool = False
    average: float | None = Field(default=None, ge=0, le=BEST_SCORE)
    invited: bool = False
    clicked: bool = False


class Terms(Value):
    """What an experiment is judged by; to be settled before it starts.

    `deciding` is the metric that decides; the others inform. `error` is the chance of a wrong
    verdict of one metric over the whole life of the experiment. `worth_rate` (a share) and
    `worth_score` (points) are the smallest differences worth having.
    """

    deciding: Metric = Metric.RESPONSE
    error: float = Field(default=0.05, gt=0, lt=1)
    worth_rate: float = Field(default=0.03, gt=0, lt=1)
    worth_score: float = Field(default=0.3, gt=0, lt=BEST_SCORE)
    window_days: int = Field(default=7, ge=1)


class Figure(Value):
    """A share (0..1) or a mean score (0..10) of `n` clients, with its 95 % interval."""

    n: int
    value: float | None
    lower: float
    upper: float


class VariantLine(Value):
    """One variant's figures. `average` is of those who gave scores, `click` of those invited."""

    variant: str
    n: int
    response: Figure
    completion: Figure
    average: Figure
    click: Figure


class Comparison(Value):
    """One variant against the control by one metric. Differences are variant minus control, in
    shares or points; `sure`, `steady` are those of `sequential.Difference`."""

    metric: Metric
    control: str
    variant: str
    verdict: Verdict
    better: str | None
    difference: float | None
    lower: float
    upper: float
    sure: float
    steady: bool

    @property
    def plain(self) -> str:
        """The verdict in words: "warm is better", "no difference worth having", "keep going"."""
        return self.verdict.value if self.better is None else f"{self.better} is better"


class Results(Value):
    """`young` surveys wait for their window to pass; `repeated` are of clients already counted."""

    terms: Terms
    lines: tuple[VariantLine, ...]
    split: Split
    comparisons: tuple[Comparison, ...]
    young: int
    repeated: int

    @property
    def readable(self) -> bool:
        """False when the split is wrong: then no verdict means anything."""
        return self.split.verdict is not SplitVerdict.MISMATCH

    @property
    def deciding(self) -> tuple[Comparison, ...]:
        return self.by(self.terms.deciding)

    def by(self, metric: Metric) -> tuple[Comparison, ...]:
        return tuple(one for one in self.comparisons if one.metric is metric)
