"""What each function may do, action by action: an addition here is a decision, not an accident."""

import pytest

from tests.template.expanded import Expanded, Grant

PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/switchboard/*"
SCHEDULES = (
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${TimerSchedules}/*"
)

READ_PARAMETER = {Grant("ssm:GetParameter", PARAMETERS)}
MAKE_SCHEDULES = {
    Grant("scheduler:CreateSchedule", SCHEDULES),
    Grant(
        "iam:PassRole",
        "SchedulerRole.Arn",
        "iam:PassedToService StringEquals scheduler.amazonaws.com",
    ),
}


def table(name: str, *operations: str, index: str = "") -> set[Grant]:
    resource = f"${{{name}Table.Arn}}/index/{index}" if index else f"{name}Table.Arn"
    return {Grant(f"dynamodb:{operation}", resource) for operation in operations}


def send(queue: str) -> set[Grant]:
    return {Grant("sqs:SendMessage", f"{queue}Queue.Arn")}


def consume(queue: str) -> set[Grant]:
    operations = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
    return {
        Grant(f"sqs:{operation}", f"{queue}Queue.Arn")
        for operation in (*operations, "GetQueueAttributes")
    }


ALLOWED = {
    "TelegramWebhook": (
        table("Jobs", "GetItem", "UpdateItem")
        | table("Settings", "Query")
        | send("Inbox")
        | READ_PARAMETER
    ),
    "CrmWebhook": table("Settings", "Query") | send("Inbox") | READ_PARAMETER,
    "WhatsappWebhook": table("Settings", "Query") | send("Inbox") | READ_PARAMETER,
    "Click": table("Links", "UpdateItem", "PutItem") | send("Inbox"),
    "Survey": (
        table("Links", "GetItem", "UpdateItem") | table("Settings", "GetItem") | send("Inbox")
    ),
    "Health": set(),
    "Inbox": (
        table("Jobs", "GetItem", "UpdateItem")
        | table("Sessions", "GetItem", "UpdateItem")
        | table("Surveys", "GetItem", "UpdateItem")
        | table("Ledger", "GetItem", "UpdateItem")
        | table("Clients", "GetItem", "UpdateItem")
        | table("Links", "UpdateItem")
        | table("Settings", "GetItem", "Query", "PutItem", "UpdateItem")
        | table("Deliveries", "GetItem", "UpdateItem")
        | table("Journal", "BatchWriteItem")
        | consume("Inbox")
        | send("Inbox")
        | send("Outbound")
        | send("Timer")
        | MAKE_SCHEDULES
        | READ_PARAMETER
    ),
    "Sender": (
        table("Deliveries", "GetItem", "UpdateItem")
        | table("Jobs", "GetItem")
        | table("Ledger", "GetItem")
        | table("Links", "PutItem", "UpdateItem")
        | table("Settings", "GetItem", "Query", "PutItem", "UpdateItem")
        | consume("Outbound")
        | send("Outbound")
        | send("Inbox")
        | READ_PARAMETER
    ),
    "Timer": consume("Timer") | send("Inbox"),
    "Sweeper": (
        table("Jobs", "Query", index="pending")
        | table("Sessions", "Query", index="pending")
        | table("Surveys", "Query", index="pending")
        | table("Ledger", "Query", index="pending")
        | table("Links", "Query", index="pending")
        | table("Links", "GetItem")
        | table("Settings", "GetItem", "Query", "PutItem", "UpdateItem", "Scan")
        | table("Deliveries", "GetItem", "UpdateItem")
        | send("Inbox")
        | READ_PARAMETER
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_exactly_what_it_does(expanded: Expanded, name: str) -> None:
    own_log = {
        Grant(f"logs:{operation}", f"{name}Logs.Arn")
        for operation in ("CreateLogStream", "PutLogEvents")
    }
    assert expanded.grants(f"{name}Role") == ALLOWED[name] | own_log


def test_every_function_has_its_own_role_that_only_lambda_may_take(expanded: Expanded) -> None:
    functions = expanded.of_type("AWS::Lambda::Function")
    assert {name: function["Role"] for name, function in functions.items()} == {
        f"{name}Function": f"{name}Role.Arn" for name in ALLOWED
    }
    for name in ALLOWED:
        [statement] = expanded.properties(f"{name}Role")["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_scheduler_may_only_fill_the_timer_queue_and_only_from_our_group(
    expanded: Expanded,
) -> None:
    assert expanded.grants("SchedulerRole") == send("Timer")
    [statement] = expanded.properties("SchedulerRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": "AWS::AccountId",
            "aws:SourceArn": "TimerSchedules.Arn",
        }
    }


def test_no_role_has_a_wildcard_action_or_a_managed_policy(expanded: Expanded) -> None:
    for name, role in expanded.of_type("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        for grant in expanded.grants(name):
            assert "*" not in grant.action, (name, grant)
            assert grant.resource in {PARAMETERS, SCHEDULES} or "*" not in grant.resource, (
                name,
                grant,
            )


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_knows_the_tables_it_may_touch_and_no_other(
    expanded: Expanded, name: str
) -> None:
    known = set(expanded.environment(f"{name}Function").values())
    for kind in ("AWS::DynamoDB::Table", "AWS::SQS::Queue"):
        for resource in expanded.of_type(kind):
            used = {
                grant.action
                for grant in expanded.grants(f"{name}Role")
                if f"{resource}.Arn" in grant.resource
            }
            if used:
                assert resource in known, resource
            if not used:
                assert resource not in known, resource
