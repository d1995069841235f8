"""The cost that `make bench` tells is counted right: against sums that were made by hand."""

from collections import Counter

import pytest

from tests.bench import cost, prices
from tests.bench import dynamodb_units as units
from tests.bench.counted_world import CountedWorld

_KNOWN = prices.load()


def test_an_item_is_as_large_as_dynamodb_says() -> None:
    item = {
        "pk": {"S": "Анна"},  # 2 for the name, 8 for the letters
        "n": {"N": "-12345"},  # 1, and 3 for the digits, 1 for the number, 1 for the minus
        "round": {"N": "1000"},  # 5, and 1 for the digit, 1 for the number
        "m": {"M": {"a": {"BOOL": True}, "b": {"L": [{"S": "xy"}]}}},
        # 1, and 3 for the map, 1 for each of its two, "a" and 1, "b" and 3 + 1 + 2
    }
    assert units.size(item) == 10 + 6 + 7 + (1 + 3 + 2 + 2 + 7)


def test_writes_are_charged_by_the_larger_item() -> None:
    small = {"pk": {"S": "x" * 10}}
    large = {"pk": {"S": "x" * 1023}}  # 1,025 bytes with its name
    assert units.write_units(None, None) == 1
    assert units.write_units(None, small) == 1
    assert units.write_units(large, small) == units.write_units(small, large) == 2


def test_an_index_is_written_only_where_its_entry_changes() -> None:
    entry = {"pk": {"S": "a"}, "pending": {"N": "5"}, "sweep": {"S": "0"}}
    keys = ("sweep", "pending")
    moved = entry | {"pending": {"N": "6"}}
    assert units.index_write_units(None, None, keys) == 0
    assert units.index_write_units(entry, dict(entry), keys) == 0
    assert units.index_write_units(None, entry, keys) == 1
    assert units.index_write_units(entry, None, keys) == 1
    assert units.index_write_units(entry, moved, keys) == 2
    assert units.index_write_units(entry, entry | {"more": {"S": "x"}}, keys) == 1


@pytest.mark.parametrize(("consistent", "expected"), [(True, 2), (False, 1)])
def test_reads_are_charged_by_what_was_read_together(consistent: bool, expected: float) -> None:
    pages = [{"pk": {"S": "x" * 3000}}, {"pk": {"S": "x" * 3000}}]
    assert units.read_units(pages, consistent=consistent) == expected
    assert units.read_units([], consistent=consistent) == expected / 2


def test_a_press_that_loses_costs_what_it_costs_by_hand() -> None:
    """The playbook has to be read again; then the one write; no queue, no other function."""
    world = CountedWorld(_KNOWN)
    cost.begin(world)
    cost.JobLife(world)

    def until(seconds: float) -> None:
        world.clock.run(until=lambda: world.clock.elapsed >= seconds)

    until(1619)  # The winner was at 1600; the next one presses at 1620.
    before = Counter(world.bill.units)
    calls = Counter(world.bill.calls)
    (waited,) = (dict(item) for item in world.tables.items["jobs"].values())
    until(1630)
    (item,) = world.tables.items["jobs"].values()
    assert "pending" not in waited
    assert units.size(waited) < 1024 < units.size(item) < 2048

    assert world.bill.calls - calls == {"telegram dynamodb": 2}
    paid = {name: n - before[name] for name, n in world.bill.units.items() if n != before[name]}
    assumed = _KNOWN.assumed
    ms = 2 * assumed["dynamodb_ms"] + assumed["own_ms"]
    ms += assumed["cold_share"] * assumed["cold_ms"]
    logged = paid.pop("log_gb") * 1e9
    assert paid == pytest.approx(
        {
            "api_request": 1,
            "lambda_request": 1,
            "lambda_gb_second": ms / 1000,  # of 1 GB
            "dynamodb_read": 1,  # the live playbook, 1 KB, consistently
            "dynamodb_write": 2 + 1,  # an item above 1 KB by now, its entry in the index `pending`
        }
    )
    # The platform's lines and the door's, of some hundred bytes with its figure.
    platform = assumed["platform_log_bytes"] + assumed["access_log_bytes"]
    assert 300 < logged - platform < 1000


def test_a_job_is_counted_from_its_offer_to_its_end() -> None:
    life = cost.lived(_KNOWN)
    # Eight updates of Telegram, and a webhook each for the offer, our own write-back and the end.
    assert life.job["api_request"] == 8 + 3
    # The job's reminder goes over the scheduler, the sweeper's rounds are not the job's.
    assert life.job["scheduler_invocation"] == 1
    assert life.idle["scheduler_invocation"] == pytest.approx(1, rel=0.02)
    # Each message is sent, received and deleted.
    assert life.job["sqs_fifo"] >= 3 * (8 + 3)
    total = sum(cost.by_service(_KNOWN, life.job).values())
    assert total == pytest.approx(_KNOWN.usd(life.job) * 1000)
    assert life.job.keys() <= _KNOWN.of.keys()
