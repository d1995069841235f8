"""A rate is never exceeded, whoever asks, however many at once, whatever their clocks say."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from switchboard.store.budgets import Budgets, Rate
from switchboard.store.database import ConditionFailed, Database, Item, Request

NOW = 1_700_000_000.0


@pytest.fixture
def table(tables: Callable[[str], str]) -> str:
    return tables("deliveries")


@pytest.fixture
def budgets(database: Database, table: str) -> Budgets:
    return Budgets(database, table)


def test_calls_are_spaced_by_the_rate(budgets: Budgets) -> None:
    rate = [Rate(5, slack=0)]
    assert budgets.reserve("demo", "crm", rate, NOW) == 0
    assert budgets.reserve("demo", "crm", rate, NOW) == pytest.approx(0.2)
    assert budgets.reserve("demo", "crm", rate, NOW + 0.15) == pytest.approx(0.05)
    assert budgets.reserve("demo", "crm", rate, NOW + 0.2) == 0


def test_a_refused_call_takes_nothing(budgets: Budgets) -> None:
    rate = [Rate(1, slack=0)]
    assert budgets.reserve("demo", "crm", rate, NOW) == 0
    for _ in range(5):
        assert budgets.reserve("demo", "crm", rate, NOW + 0.5) == pytest.approx(0.5)
    assert budgets.reserve("demo", "crm", rate, NOW + 1) == 0


def test_a_burst_goes_at_once_and_is_paid_for_afterwards(budgets: Budgets) -> None:
    rate = [Rate(20, 60, burst=5, slack=0)]
    waits = [budgets.reserve("demo", "group", rate, NOW) for _ in range(6)]
    assert waits[:5] == [0, 0, 0, 0, 0]
    assert waits[5] == pytest.approx(60 / 16)


def test_a_bucket_empties_at_once_and_fills_up_while_nobody_calls(budgets: Budgets) -> None:
    rate = [Rate.bucket(2, 50)]
    # One of the fifty is left to what the network delivers late.
    assert [budgets.reserve("demo", "crm", rate, NOW) for _ in range(49)] == [0] * 49
    assert budgets.reserve("demo", "crm", rate, NOW) == pytest.approx(0.5, abs=0.01)
    went = [budgets.reserve("demo", "crm", rate, NOW + 10) for _ in range(21)]
    assert went[:19] == [0] * 19
    assert went[-1] > 0
    later = [budgets.reserve("demo", "crm", rate, NOW + 1000) for _ in range(50)]
    assert later[:49] == [0] * 49
    assert later[49] > 0


@pytest.mark.parametrize(("per_second", "size"), [(2, 50), (5, 250), (0.01, 50), (50, 1), (2, 1)])
def test_a_bucket_never_overflows(per_second: float, size: int) -> None:
    rate = Rate.bucket(per_second, size)
    assert 1 <= rate.burst <= size
    assert rate.interval >= 1_000_000 / per_second
    assert rate.interval == pytest.approx(1_000_000 / per_second, rel=0.01)


def test_two_rates_in_one_budget_both_hold(budgets: Budgets) -> None:
    rates = [Rate(1, slack=0), Rate(20, 60, burst=3, slack=0)]
    went = list(_went(budgets, rates, [NOW + step / 10 for step in range(1200)]))
    assert _most_in_window(went, 1) == 1
    assert _most_in_window(went, 60) <= 20
    # Both rates at work: the start is paced by the first, the long run by the second.
    assert went[1] - went[0] == pytest.approx(1)
    assert len(went) >= 36


def test_neither_rate_is_charged_when_the_other_refuses(budgets: Budgets) -> None:
    rates = [Rate(1, slack=0), Rate(2, 60, burst=2, slack=0)]
    assert budgets.reserve("demo", "group", rates, NOW) == 0
    assert budgets.reserve("demo", "group", rates, NOW + 0.5) == pytest.approx(0.5)
    assert budgets.reserve("demo", "group", rates, NOW + 1) == 0
    assert budgets.reserve("demo", "group", rates, NOW + 2) == pytest.approx(58)


def test_budgets_of_branches_and_names_are_apart(budgets: Budgets) -> None:
    rate = [Rate(1)]
    assert budgets.reserve("demo", "crm", rate, NOW) == 0
    assert budgets.reserve("demo", "telegram", rate, NOW) == 0
    assert budgets.reserve("other", "crm", rate, NOW) == 0
    assert budgets.reserve("demo", "crm", rate, NOW) > 0


def test_slack_makes_intervals_longer(budgets: Budgets) -> None:
    assert budgets.reserve("demo", "crm", [Rate(1, slack=0.25)], NOW) == 0
    assert budgets.reserve("demo", "crm", [Rate(1, slack=0.25)], NOW) == pytest.approx(1.25)


def test_a_hold_stops_everybody_and_a_shorter_one_does_not_undo_it(
    budgets: Budgets, database: Database, table: str
) -> None:
    budgets.hold("demo", "crm", NOW + 30)
    budgets.hold("demo", "crm", NOW + 10)
    assert Budgets(database, table).reserve("demo", "crm", [Rate(5)], NOW) == pytest.approx(30)
    assert budgets.held_until("demo", "crm") == NOW + 30
    assert budgets.held_until("demo", "telegram") is None
    assert budgets.reserve("demo", "crm", [Rate(5)], NOW + 30) == 0


def test_a_clock_that_is_behind_waits(budgets: Budgets) -> None:
    rate = [Rate(1, slack=0)]
    assert budgets.reserve("demo", "crm", rate, NOW) == 0
    assert budgets.reserve("demo", "crm", rate, NOW - 3) == pytest.approx(4)


def test_a_wrong_clock_does_not_close_the_budget(
    budgets: Budgets, database: Database, table: str
) -> None:
    rate = [Rate(1, slack=0)]
    wrong = Budgets(database, table)
    assert wrong.reserve("demo", "crm", rate, NOW + 86_400) == 0
    assert budgets.reserve("demo", "crm", rate, NOW) == 0
    assert budgets.reserve("demo", "crm", rate, NOW) == pytest.approx(1)


@pytest.mark.parametrize(
    "rates",
    [
        [Rate(5, 1, slack=0)],
        [Rate(6, 1, burst=3, slack=0)],
        [Rate(4, 1, burst=2, slack=0), Rate(7, 3, burst=4, slack=0)],
    ],
    ids=["spaced", "burst", "two-rates"],
)
def test_processes_together_never_exceed_the_rate(
    database: Database, table: str, rates: list[Rate]
) -> None:
    """Each thread is a process with its own memory, at its own moment: clocks differ freely."""
    gate = threading.Barrier(6)

    def process(skew: float) -> list[float]:
        gate.wait()
        moments = [NOW + skew + step / 8 for step in range(40)]
        return list(_went(Budgets(database, table), rates, moments))

    with ThreadPoolExecutor(6) as pool:
        went = sorted(moment for own in pool.map(process, range(6)) for moment in own)
    for rate in rates:
        assert _most_in_window(went, rate.seconds) <= rate.calls
    assert len(went) >= 4


def test_exactly_the_burst_goes_at_one_moment(database: Database, table: str) -> None:
    rate = [Rate(10, 1, burst=4, slack=0)]
    gate = threading.Barrier(8)

    def process(_: int) -> int:
        own = Budgets(database, table)
        gate.wait()
        return sum(own.reserve("demo", "crm", rate, NOW) == 0 for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(process, range(8))) == 4


class Contended:
    """A database in which somebody else is always faster, yet leaves the slot free."""

    def __init__(self) -> None:
        self.asked = 0

    def update(self, _request: Request) -> Item:
        self.asked += 1
        raise ConditionFailed({"pk": {"S": "demo#budget#crm"}})


def test_contention_ends_in_a_short_wait() -> None:
    contended = Contended()
    budgets = Budgets(contended, "deliveries")  # type: ignore[arg-type]
    assert 0 < budgets.reserve("demo", "crm", [Rate(1)], NOW) < 1
    assert 1 < contended.asked < 10


def test_a_slot_costs_one_write(database: Database, table: str) -> None:
    counted = Counted(database)
    budgets = Budgets(counted, table)  # type: ignore[arg-type]
    rate = [Rate(10, 1, burst=3, slack=0), Rate(100, 60, burst=9, slack=0)]
    assert [budgets.reserve("demo", "crm", rate, NOW + step / 9) for step in range(4)] == [0] * 4
    assert counted.asked == 4


class Counted:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked = 0

    def update(self, request: Request) -> Item:
        self.asked += 1
        return self._database.update(request)


def test_rates_that_cannot_be_kept_are_refused(budgets: Budgets) -> None:
    with pytest.raises(ValueError, match="burst"):
        budgets.reserve("demo", "crm", [Rate(2, burst=3)], NOW)
    with pytest.raises(ValueError, match="same window"):
        budgets.reserve("demo", "crm", [Rate(2), Rate(3)], NOW)


def _went(budgets: Budgets, rates: Sequence[Rate], moments: Sequence[float]) -> Iterator[float]:
    for moment in moments:
        if budgets.reserve("demo", "crm", rates, moment) == 0:
            yield moment


def _most_in_window(moments: Sequence[float], seconds: float) -> int:
    """The most moments in any half-open window; microseconds decide, as in the budget itself."""
    whole = sorted(round(moment * 1_000_000) for moment in moments)
    window = round(seconds * 1_000_000)
    return max(sum(start <= moment < start + window for moment in whole) for start in whole)
