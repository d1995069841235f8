"""What the world can reach, and what it would find: nothing but the doors, and no secret."""

import json
import re

from tests.template.expanded import TEMPLATE, Expanded
from tests.template.test_functions import FOLDERS

# Everything that this stack is made of. A new kind is looked at before it is let in.
KINDS = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
}
DOORS = {"TelegramWebhook", "CrmWebhook", "WhatsappWebhook", "Click", "Survey", "Health"}


def test_there_is_nothing_that_nobody_has_looked_at(expanded: Expanded) -> None:
    """No function address, no policy of a queue, no bucket, no user with keys."""
    assert {resource["Type"] for resource in expanded.resources.values()} == KINDS


def test_only_this_api_may_call_a_door_and_nobody_else_a_function(expanded: Expanded) -> None:
    permissions = expanded.of_type("AWS::Lambda::Permission").values()
    assert {one["FunctionName"] for one in permissions} == {f"{name}Function" for name in DOORS}
    for one in permissions:
        assert one["Principal"] == "apigateway.amazonaws.com"
        assert one["Action"] == "lambda:InvokeFunction"
        assert "${__ApiId__}" in json.dumps(one["SourceArn"])


def test_no_statement_allows_everything_or_everybody(expanded: Expanded) -> None:
    for name, role in expanded.of_type("AWS::IAM::Role").items():
        documents = [policy["PolicyDocument"] for policy in role["Policies"]]
        for document in (*documents, role["AssumeRolePolicyDocument"]):
            for statement in document["Statement"]:
                assert statement["Effect"] == "Allow", name
                assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), name
                assert statement.get("Resource") != "*", name
                assert "*" not in json.dumps(statement.get("Principal", {})), name


def test_browsers_of_other_sites_are_not_invited(expanded: Expanded) -> None:
    [api] = expanded.of_type("AWS::ApiGatewayV2::Api").values()
    assert "x-amazon-apigateway-cors" not in api["Body"]
    assert "CorsConfiguration" not in api


def test_no_secret_stands_in_the_template(expanded: Expanded) -> None:
    """Secrets are read from Parameter Store; the environment has names, and one switch."""
    for name in FOLDERS:
        for variable, value in expanded.environment(f"{name}Function").items():
            is_name = value in expanded.resources or value.partition(".")[0] in expanded.resources
            plain = variable in {"POWERTOOLS_SERVICE_NAME", "PTB_TIMEDELTA"}
            assert is_name or plain or value == "AWS::StackName", (name, variable)
    text = TEMPLATE.read_text("utf-8")
    assert not re.search(r"\d{6,}:[A-Za-z0-9_-]{30,}|AKIA[A-Z0-9]{16}", text)


def test_the_sender_is_held_at_its_queue_and_no_door_takes_what_others_need(
    expanded: Expanded,
) -> None:
    """Reserved concurrency takes from what the account has for all its functions, so none does; the
    queue lets the sender have ten at once."""
    for name, function in expanded.of_type("AWS::Lambda::Function").items():
        assert "ReservedConcurrentExecutions" not in function, name
    mapping = expanded.source_mapping("SenderFunction")
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == 10


def test_logs_end_some_day_and_leave_with_their_stack(expanded: Expanded) -> None:
    groups = expanded.of_type("AWS::Logs::LogGroup")
    assert set(groups) == {"ApiLogs", *(f"{name}Logs" for name in FOLDERS)}
    for name in groups:
        assert expanded.resources[name]["DeletionPolicy"] == "Delete"
