"""The question to CloudWatch, and what its answer becomes."""

from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from cli.main import app
from cli.problems import Problem
from cli.trace_aws import ask, query
from cli.trace_words import of_line
from tests.flows.story import NOW

TRACE = "JKJaXmPLvHcESHA="


@pytest.fixture
def logs() -> Any:
    return boto3.client(
        "logs",
        region_name="eu-central-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="example",
    )


def _row(**fields: str) -> list[dict[str, str]]:
    return [{"field": name, "value": value} for name, value in fields.items()]


def test_the_answer_is_told_in_the_same_words(logs: Any) -> None:
    row = _row(
        timestamp="2026-11-21 22:10:49.123",
        service="sender",
        message="effect",
        kind="add_note",
        effect="amocrm-1:1:won.note",
        provider="amocrm",
        outcome="delivered",
        waited_s="0.42",
    )
    with Stubber(logs) as stub:
        groups = [{"logGroupName": "prod-SenderLogs-X"}, {"logGroupName": "prod-ApiLogs-Y"}]
        stub.add_response(
            "describe_log_groups", {"logGroups": groups}, {"logGroupNamePrefix": "prod-"}
        )
        stub.add_response(
            "start_query",
            {"queryId": "q"},
            {
                "logGroupNames": [group["logGroupName"] for group in groups],
                "startTime": int(NOW.timestamp()) - 3 * 86_400,
                "endTime": int(NOW.timestamp()),
                "queryString": query(TRACE),
            },
        )
        stub.add_response("get_query_results", {"status": "Running"}, {"queryId": "q"})
        done = {"status": "Complete", "results": [row]}
        stub.add_response("get_query_results", done, {"queryId": "q"})
        slept: list[float] = []
        [line] = ask(logs, "prod", TRACE, NOW, 3, slept.append)
        stub.assert_no_pending_responses()
    assert slept == [1.0]
    told = of_line(line)
    assert told is not None
    assert told.at == datetime.fromisoformat("2026-11-21T22:10:49.123+00:00")
    expected = "add_note (amocrm-1:1:won.note) to amocrm: delivered, 0.42 s after it was queued"
    assert (told.where, told.what) == ("sender", expected)


def test_a_stack_that_is_not_there_is_said_so(logs: Any) -> None:
    with Stubber(logs) as stub:
        stub.add_response("describe_log_groups", {"logGroups": []})
        with pytest.raises(Problem, match="no log groups"):
            ask(logs, "prod", TRACE, NOW, 1)


def test_a_query_that_fails_is_a_problem(logs: Any) -> None:
    with Stubber(logs) as stub:
        stub.add_response("describe_log_groups", {"logGroups": [{"logGroupName": "prod-A"}]})
        stub.add_response("start_query", {"queryId": "q"})
        stub.add_response("get_query_results", {"status": "Failed"})
        with pytest.raises(Problem, match="Failed"):
            ask(logs, "prod", TRACE, NOW, 1)


def test_without_a_data_folder_the_question_is_printed() -> None:
    shown = CliRunner().invoke(app, ["trace", TRACE, "--stack", "prod"])
    assert shown.exit_code == 0
    assert shown.stdout.strip() == query(TRACE)
    assert "prod-" in shown.stderr


@pytest.mark.parametrize("trace", ['x" or 1=1', "a|b", "", "x" * 200])
def test_what_is_no_trace_reaches_no_query(trace: str) -> None:
    assert CliRunner().invoke(app, ["trace", trace]).exit_code == 1
