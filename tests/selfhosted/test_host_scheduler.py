"""EventBridge Scheduler through boto3, and functions called by the clock."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from selfhosted.schedule_expressions import UnknownExpressionError, due, period
from tests.selfhosted.running_host import RunningHost, eventually

ROLE = "arn:aws:iam::000000000000:role/SchedulerRole"


def request(name: str, seconds: float, **target: Any) -> dict[str, Any]:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return {
        "Name": name,
        "GroupName": "timers",
        "ScheduleExpression": f"at({moment:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": "arn:aws:sqs:us-east-1:000000000000:loose",
            "RoleArn": ROLE,
            "Input": json.dumps({"name": name}),
            **target,
        },
    }


def done(host: RunningHost, name: str) -> list[str]:
    return [note["name"] for note in host.notes("done", name)]


def get(host: RunningHost, name: str) -> Any:
    return host.client("scheduler").get_schedule(Name=name, GroupName="timers")


def gone(host: RunningHost, name: str) -> bool:
    try:
        get(host, name)
    except host.client("scheduler").exceptions.ResourceNotFoundException:
        return True
    return False


def test_a_schedule_fires_once_and_is_gone(host: RunningHost, name: str) -> None:
    started = time.time()
    wanted = request(name, 2)
    answer = host.client("scheduler").create_schedule(**wanted)
    assert answer["ScheduleArn"].endswith(f":schedule/timers/{name}")
    kept = get(host, name)
    assert kept["ScheduleExpression"] == wanted["ScheduleExpression"]
    assert kept["Target"]["Input"] == wanted["Target"]["Input"]
    assert eventually(lambda: done(host, name) == [name])
    assert time.time() - started > 0.9
    assert eventually(lambda: gone(host, name))
    time.sleep(0.7)
    assert done(host, name) == [name]


def test_fifo_queues_get_the_group_that_the_schedule_names(host: RunningHost, name: str) -> None:
    target = {
        "Arn": "arn:aws:sqs:us-east-1:000000000000:work.fifo",
        "SqsParameters": {"MessageGroupId": f"g{name}"},
    }
    host.client("scheduler").create_schedule(**request(name, 0, **target))
    (note,) = eventually(lambda: host.notes("seen", name))
    assert json.loads(note["record"])["attributes"]["MessageGroupId"] == f"g{name}"


def test_a_schedule_can_be_moved_and_deleted(host: RunningHost, name: str) -> None:
    scheduler = host.client("scheduler")
    scheduler.create_schedule(**request(f"{name}-a", 3600))
    scheduler.create_schedule(**request(f"{name}-b", 3600))
    scheduler.update_schedule(**request(f"{name}-a", 0))
    scheduler.delete_schedule(Name=f"{name}-b", GroupName="timers")
    assert eventually(lambda: done(host, name) == [f"{name}-a"])
    assert gone(host, f"{name}-b")


def test_a_name_is_taken_once(host: RunningHost, name: str) -> None:
    scheduler = host.client("scheduler")
    scheduler.create_schedule(**request(name, 3600))
    with pytest.raises(scheduler.exceptions.ConflictException):
        scheduler.create_schedule(**request(name, 7200))
    scheduler.delete_schedule(Name=name, GroupName="timers")
    for call in (scheduler.delete_schedule, scheduler.get_schedule):
        with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
            call(Name=name, GroupName="timers")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.update_schedule(**request(name, 10))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ScheduleExpressionTimezone": "Europe/Moscow"},
        {"ScheduleExpression": "cron(0 12 * * ? *)"},
        {"ScheduleExpression": "at(2026-02-30T10:00:00)"},
        {"Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:nobody", "RoleArn": ROLE}},
        {"Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:work.fifo", "RoleArn": ROLE}},
        {"Target": {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:x", "RoleArn": ROLE}},
    ],
)
def test_what_is_not_served_is_refused(host: RunningHost, name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        host.client("scheduler").create_schedule(**{**request(name, 10), **wrong})
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert gone(host, name)


def test_the_clock_calls_functions_of_the_template(host: RunningHost) -> None:
    ticks = eventually(lambda: host.notes("tick"))
    assert {tick["sk"].partition("@")[0] for tick in ticks} <= {"TickEach", "TickOld"}
    assert len({tick["sk"].partition("@")[0] for tick in ticks}) == 2


def test_expressions() -> None:
    assert period("rate(1 minute)") == 60
    assert period("rate(2 hours)") == 7200
    assert period("rate(3 days)") == 259_200
    assert period("at(2026-01-01T00:00:00)") is None
    assert due("at(1970-01-01T00:00:10)", "UTC", 0) == 10_000
    assert due("rate(1 minute)", "UTC", 5) == 60_005
    with pytest.raises(UnknownExpressionError):
        period("rate(0 minutes)")
    with pytest.raises(UnknownExpressionError, match="UTC only"):
        due("at(1970-01-01T00:00:10)", "Asia/Omsk", 0)
