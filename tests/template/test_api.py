"""The public HTTP API: its limits, and what its access log must not say."""

import json
import re
from typing import Any

from tests.template.expanded import Expanded


def stage_of(expanded: Expanded) -> dict[str, Any]:
    [stage] = expanded.of_type("AWS::ApiGatewayV2::Stage").values()
    return stage


def test_requests_are_throttled(expanded: Expanded) -> None:
    assert stage_of(expanded)["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 1000,
        "ThrottlingBurstLimit": 2000,
    }


def test_the_access_log_holds_no_secret_and_no_personal_data(expanded: Expanded) -> None:
    settings = stage_of(expanded)["AccessLogSettings"]
    assert settings["DestinationArn"] == "ApiLogs.Arn"
    assert expanded.properties("ApiLogs")["RetentionInDays"] == "LogRetentionDays"
    # One line of JSON, its list closed: $context.path has the CRM's secret, $context.identity the
    # caller's address.
    assert "\n" not in settings["Format"]
    assert set(json.loads(settings["Format"]).values()) == {
        "$context.requestId",
        "$context.requestTime",
        "$context.routeKey",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integrationStatus",
        "$context.integrationLatency",
        "$context.error.responseType",
    }
    assert not re.search(r"path|identity|header|authorizer", settings["Format"])


def test_no_other_log_group_is_kept_for_ever(expanded: Expanded) -> None:
    for name, group in expanded.of_type("AWS::Logs::LogGroup").items():
        assert group["RetentionInDays"] == "LogRetentionDays", name
