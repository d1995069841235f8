"""What is watched: every figure that an alarm looks at is one that is written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switchboard.runtime.metrics import MEASURES
from tests.template.expanded import TEMPLATE, Expanded
from tests.template.test_exposure import DOORS
from tests.template.test_functions import FOLDERS

STACK = "AWS::StackName"
ALARMS = {
    "DeadLetters": "dead-letters",
    "DeadQueues": "dead-queues",
    "Waiting": "waiting",
    "QueueAge": "queue-age",
    "ProviderErrors": "provider-errors",
    "Faults": "faults",
    "DoorErrors": "door-errors",
    "WorkerErrors": "worker-errors",
    "DoorThrottles": "door-throttles",
    "WorkerThrottles": "worker-throttles",
    "ApiErrors": "api-errors",
}
OURS = {measure.name: measure for measures in MEASURES.values() for measure in measures}


def metrics_of(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(namespace, name, dimensions) of all that the alarm looks at."""
    looked_at = [
        one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one
    ]
    for metric in looked_at or [alarm]:
        dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
        yield metric["Namespace"], metric["MetricName"], dimensions


def alarms(expanded: Expanded) -> dict[str, dict[str, Any]]:
    return expanded.of_type("AWS::CloudWatch::Alarm")


def test_there_is_an_alarm_for_each_and_a_word_on_what_to_do(expanded: Expanded) -> None:
    assert set(alarms(expanded)) == {f"{name}Alarm" for name in ALARMS}
    guide = (Path(TEMPLATE).parent / "docs" / "observing.md").read_text("utf-8")
    for name, shown in ALARMS.items():
        alarm = expanded.properties(f"{name}Alarm")
        assert alarm["AlarmName"] == f"${{AWS::StackName}}-{shown}"
        assert f"`{shown}`" in guide, shown


def test_an_alarm_is_told_to_the_topic_where_there_is_one(expanded: Expanded) -> None:
    for name, alarm in alarms(expanded).items():
        to = [{"Fn::If": ["HasAlarmTopic", "AlarmTopicArn", "AWS::NoValue"]}]
        assert alarm["AlarmActions"] == alarm["OKActions"] == to, name


def test_alarms_look_at_what_our_functions_write(expanded: Expanded) -> None:
    seen = set()
    for name, alarm in alarms(expanded).items():
        for namespace, metric, dimensions in metrics_of(alarm):
            if namespace != STACK:
                assert namespace in {"AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"}, name
                continue
            # CloudWatch finds a metric by all of its dimensions or not at all.
            assert OURS[metric].by == (), (name, metric)
            assert set(dimensions) == {"service"}, (name, metric)
            assert dimensions["service"] in FOLDERS.values(), (name, metric)
            seen.add(metric)
    assert seen == {"DeadLetters", "OldestWaiting", "ProviderErrors", "Faults"}


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
@pytest.mark.parametrize(
    ("kind", "functions"), [("Door", DOORS), ("Worker", FOLDERS.keys() - DOORS)]
)
def test_no_function_goes_unwatched(
    expanded: Expanded, kind: str, functions: set[str], metric: str
) -> None:
    watched = list(metrics_of(expanded.properties(f"{kind}{metric}Alarm")))
    assert {found for _, found, _ in watched} == {metric}
    assert {dimensions["FunctionName"] for *_, dimensions in watched} == {
        f"{function}Function" for function in functions
    }


def test_the_faults_of_every_function_of_ours_are_watched(expanded: Expanded) -> None:
    watched = metrics_of(expanded.properties("FaultsAlarm"))
    # Health has no code that could fail.
    assert {dimensions["service"] for *_, dimensions in watched} == {*FOLDERS.values()} - {"health"}


def test_every_dead_letter_queue_is_watched(expanded: Expanded) -> None:
    watched = metrics_of(expanded.properties("DeadQueuesAlarm"))
    dead = {name for name in expanded.of_type("AWS::SQS::Queue") if name.endswith("DeadQueue")}
    assert {dimensions["QueueName"] for *_, dimensions in watched} == {
        f"{name}.QueueName" for name in dead
    }


def test_an_expression_adds_up_all_that_stands_below_it(expanded: Expanded) -> None:
    for name, alarm in alarms(expanded).items():
        if "Metrics" not in alarm:
            continue
        total, *parts = alarm["Metrics"]
        [inside] = re.findall(r"\[(.*)\]", total["Expression"])
        assert inside.split(", ") == [part["Id"] for part in parts], name
        assert all(part["ReturnData"] is False for part in parts), name
        # "Creating an alarm based on a metric math expression": ten metrics at most.
        assert len(parts) <= 10, name


def test_a_silent_sweeper_is_an_alarm_too(expanded: Expanded) -> None:
    waiting = expanded.properties("WaitingAlarm")
    assert waiting["TreatMissingData"] == "breaching"
    others = [alarm for name, alarm in alarms(expanded).items() if name != "WaitingAlarm"]
    assert {alarm["TreatMissingData"] for alarm in others} == {"notBreaching"}


def test_the_dashboard_shows_what_there_is(expanded: Expanded) -> None:
    [dashboard] = expanded.of_type("AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]
    shown = json.loads(body)
    for reference in re.findall(r"\$\{([^!}]+)\}", body):
        logical = reference.partition(".")[0]
        assert logical in expanded.resources or logical.startswith("AWS::"), reference
    listed, *figures = shown["widgets"]
    assert listed["properties"]["alarms"] == [f"${{{name}Alarm.Arn}}" for name in ALARMS]
    named = set(re.findall(r'MetricName=\\"(\w+)', body.replace('\\\\"', '\\"')))
    for widget in figures:
        for metric in widget["properties"]["metrics"]:
            if metric[0] == "${AWS::StackName}":
                named.add(metric[1])
    assert named == set(OURS)
    # A search finds a metric by exactly its dimensions.
    for dimensions, name in re.findall(
        r"SEARCH\('\{\\\"[^,]+,([\w,]+)\} MetricName=\\\"(\w+)", body
    ):
        own, also = {"service", *OURS[name].by}, set(OURS[name].also)
        assert set(dimensions.split(",")) in (own, also), name


def test_widgets_do_not_lie_upon_each_other(expanded: Expanded) -> None:
    [dashboard] = expanded.of_type("AWS::CloudWatch::Dashboard").values()
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(dashboard["DashboardBody"])["widgets"]:
        place = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not place & taken
        assert max(x for x, _ in place) < 24
        taken |= place
