"""A trace on AWS: the question to CloudWatch Logs Insights, and its answer."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cli.log_lines import Line
from cli.problems import Problem

_FIELDS = (
    "service, message, branch, kind, job, survey, subject, effect, action, provider, deals, "
    "outcome, verdict, reason, seconds, waited_s, fault, place, bytes, settled, found"
)
_GROUPS = 50
"""Log groups that one query may name."""
_PATIENCE = 60.0


def query(trace: str) -> str:
    """The access log of the doors calls the same id `request_id`."""
    return (
        f"fields @timestamp as timestamp, {_FIELDS}\n"
        f'| filter trace = "{trace}" or request_id = "{trace}"\n'
        "| sort @timestamp asc\n"
        "| limit 1000"
    )


def ask(
    client: Any,
    stack: str,
    trace: str,
    now: datetime,
    days: int,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Line]:
    """The lines of all functions of the stack. Raises Problem when there is no answer in time."""
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"{stack}-")
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    if not groups:
        raise Problem(f"There are no log groups of a stack {stack}")
    asked = client.start_query(
        logGroupNames=groups[:_GROUPS],
        startTime=int((now - timedelta(days=days)).timestamp()),
        endTime=int(now.timestamp()),
        queryString=query(trace),
    )
    waited = 0.0
    while waited < _PATIENCE:
        answer = client.get_query_results(queryId=asked["queryId"])
        if answer["status"] == "Complete":
            return [_line(row) for row in answer["results"]]
        if answer["status"] not in ("Scheduled", "Running"):
            raise Problem(f"CloudWatch has ended the query: {answer['status']}")
        sleep(1.0)
        waited += 1.0
    raise Problem("CloudWatch has not answered within a minute")


def _line(row: list[dict[str, str]]) -> Line:
    line: Line = {field["field"]: field["value"] for field in row}
    # Insights writes "2026-11-21 22:10:49.123", in UTC.
    if "timestamp" in line:
        line["timestamp"] = f"{line['timestamp'].replace(' ', 'T')}+00:00"
    return line
