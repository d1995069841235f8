"""What a thousand jobs cost on AWS: units that were counted, at public prices.

One job lives in the simulated application, without faults and with the wiring of production:
offered by a webhook, asked about by three workers, pressed by five, won by one, written back, done.
The same hours without a job are counted too, and taken away: what is left is the job's own.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from switchboard.domain.identity import Worker
from tests.bench import dynamodb_units, prices
from tests.bench.counted_world import CountedWorld
from tests.bench.finding import Finding, NotMeasured
from tests.bench.prices import Prices
from tests.simulation.amocrm import SEARCH, WON
from tests.simulation.setting import MANAGER_CHAT, WORKERS, WORKERS_CHAT, playbook
from tests.simulation.telegram import Press

_GOAL = 1
_HOURS = 2
_MINUTES_A_MONTH = 43_800
_BYTES_A_GB = 2**30
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "DynamoDB": ("dynamodb_write", "dynamodb_read"),
    "SQS": ("sqs_fifo", "sqs_standard"),
    "Lambda": ("lambda_request", "lambda_gb_second"),
    "API": ("api_request",),
    "Scheduler": ("scheduler_invocation",),
    "logs": ("log_gb",),
}
_TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Life(NamedTuple):
    """Units by their names, of one job and of one minute without any; bytes that the job leaves in
    the tables; CloudWatch's metrics that were seen."""

    job: Mapping[str, float]
    idle: Mapping[str, float]
    left: int
    figures: frozenset[str]


def measured() -> Iterator[Finding]:
    known = prices.load()
    life = lived(known)
    each, idle = known.usd(life.job), known.usd(life.idle) * _MINUTES_A_MONTH
    polling = polling_usd(known)
    watching = watching_usd(known, len(life.figures))
    standing = idle + polling + watching
    jobs = known.assumed["jobs_a_day"] * _MINUTES_A_MONTH / 1440
    share = (idle + polling) / jobs * 1000
    stored = life.left * 1000 / _BYTES_A_GB * known.of["dynamodb_stored_gb_month"]
    parts = ", ".join(f"{name} {usd:.3f}" for name, usd in by_service(known, life.job).items())
    units = ", ".join(
        f"{name} {life.job.get(name, 0):.4g}" for name in known.of if name in life.job
    )
    yield Finding(
        "cost per 1,000 jobs",
        f"${each * 1000:.2f}",
        "",
        "",
        f"≤ ${_GOAL}",
        each * 1000 <= _GOAL,
        (
            f"{parts} (USD, {known.region}, prices of {known.date}: to be checked, prices.toml)",
            f"a job: {units}",
            f"each month, jobs or none: ${standing:.2f} = sweeper {idle:.2f}, queues that are asked"
            f" in vain {polling:.2f}, {len(life.figures)} metrics, alarms and dashboard"
            f" {watching:.2f}",
            f"of sweeper and queues 1,000 jobs bear {share:.2f} at"
            f" {known.assumed['jobs_a_day']} jobs a day",
            f"1,000 jobs leave {life.left * 1000 / 1e6:.1f} MB, ${stored:.4f} a month",
        ),
    )


def by_service(known: Prices, job: Mapping[str, float]) -> dict[str, float]:
    """US dollars of a thousand jobs."""
    return {
        name: known.usd({unit: job.get(unit, 0) * 1000 for unit in units})
        for name, units in _GROUPS.items()
    }


def lived(known: Prices) -> Life:
    quiet, busy = CountedWorld(known), CountedWorld(known)
    for world in (quiet, busy):
        begin(world)
        world.clock.after(1, partial(world.sweep_each_minute, lambda: False))
    job = JobLife(busy)
    for world in (quiet, busy):
        world.clock.run(until=partial(_is_over, world))
    job.check()
    ours = {
        unit: number - quiet.bill.units[unit]
        for unit, number in busy.bill.units.items()
        if number != quiet.bill.units[unit]
    }
    idle = {unit: number / (_HOURS * 60) for unit, number in quiet.bill.units.items()}
    left = sum(_stored(busy).values()) - sum(_stored(quiet).values())
    return Life(ours, idle, left, frozenset(busy.bill.figures))


def _is_over(world: CountedWorld) -> bool:
    return world.clock.elapsed >= _HOURS * 3600


def polling_usd(known: Prices) -> float:
    """A month of Lambda's pollers at queues with nothing in them."""
    assumed = known.assumed
    asked = assumed["pollers"] * _MINUTES_A_MONTH * 60 / assumed["poll_seconds"]
    return known.usd({"sqs_fifo": 2 * asked, "sqs_standard": asked})


def watching_usd(known: Prices, figures: int) -> float:
    """A month of CloudWatch's metrics, the template's alarms and its dashboard."""
    said = yaml.load(_TEMPLATE.read_text(encoding="utf-8"), _AnyTag)
    of = [
        one["Properties"]
        for one in said["Resources"].values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    ]
    looked_at = sum(
        sum("MetricStat" in one for one in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in of
    )
    return known.usd(
        {"metric_month": figures, "alarm_metric_month": looked_at, "dashboard_month": 1}
    )


class _AnyTag(yaml.SafeLoader):
    """CloudFormation's own tags are of no interest here."""


_AnyTag.add_multi_constructor("!", lambda *_: None)


def begin(world: CountedWorld) -> None:
    """The playbook is live, and everybody has started the bot."""
    # Its own texts, as long as real ones, where the simulation's say no more than their names.
    said = playbook(1, unclaimed_after_minutes=20).model_copy(update={"texts": {}})
    world.store.publish(said, world._calm_now())
    world.chats.started |= {MANAGER_CHAT, *(worker.id for worker in WORKERS)}


class JobLife:
    """One job and all who have to do with it. Its manager is told when nobody takes it at first."""

    def __init__(self, world: CountedWorld) -> None:
        self._world = world
        self._presses: list[Press] = []
        after = world.clock.after
        after(70, self._offer)
        for number, worker in enumerate(WORKERS[:3]):
            after(300 + 90 * number, partial(self._press, worker, "contact"))
        for number, worker in enumerate(WORKERS):
            after(1600 + 20 * number, partial(self._press, worker, "claim"))
        after(5000, self._finish)

    def check(self) -> None:
        """Raises NotMeasured when the job did not live as it should have."""
        (job,) = (key[1] for key in self._world.tables.items["jobs"])
        told = [said for press in self._presses for _, said in press.answers]
        lead = next(iter(self._world.account.leads.values()))
        post = next(iter(self._world.chats.messages[WORKERS_CHAT].values()))
        if len(told) != 8 or self._world.wrong or not self._world.queues_are_empty:
            raise NotMeasured(f"{job}: {told} {self._world.wrong}")
        if self._world.pending or not lead.fields or post.buttons:
            raise NotMeasured(f"{job} did not come to its end")

    def _offer(self) -> None:
        name = "Нотариальный перевод документов для визы, немецкий"
        self._lead = self._world.account.add(name, "+7 900 000-00-01", SEARCH)

    def _press(self, worker: Worker, action: str) -> None:
        # Telegram's identities of a press have 19 digits.
        identity = f"42519872600000{len(self._presses):05d}"
        press = Press(
            identity,
            worker,
            action,
            f"amocrm-{self._lead.id}",
            1,
            WORKERS_CHAT,
            self._world.clock.now,
        )
        self._presses.append(press)
        self._world.updates.press(press)

    def _finish(self) -> None:
        self._world.account.change(self._lead, "manager", status=WON)


def _stored(world: CountedWorld) -> dict[str, int]:
    """Bytes by table; DynamoDB adds a hundred to each item that it stores."""
    tables: Mapping[str, Mapping[Any, Any]] = world.tables.items
    return {
        name: sum(dynamodb_units.size(item) + 100 for item in items.values())
        for name, items in tables.items()
    }
