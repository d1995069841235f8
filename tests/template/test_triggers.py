"""What starts the functions, and where a message goes that nobody can handle."""

import pytest

from tests.template.expanded import Expanded

WORKERS = {"Inbox": "Inbox", "Sender": "Outbound", "Timer": "Timer"}


def test_the_doors_are_these_and_no_others(expanded: Expanded) -> None:
    paths = expanded.properties("Api")["Body"]["paths"]
    routes = {
        (method.upper(), path): operation["x-amazon-apigateway-integration"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    functions = {
        ("POST", "/telegram/{branch}"): "TelegramWebhookFunction",
        ("POST", "/crm/{branch}/{provider}/{secret}"): "CrmWebhookFunction",
        **{(method, "/whatsapp/{branch}"): "WhatsappWebhookFunction" for method in ("GET", "POST")},
        **{(method, "/r/{code}"): "ClickFunction" for method in ("GET", "HEAD", "POST")},
        **{(method, "/s/{code}"): "SurveyFunction" for method in ("GET", "HEAD", "POST")},
        ("GET", "/health"): "HealthFunction",
    }
    assert set(routes) == set(functions)
    for route, integration in routes.items():
        assert functions[route] in integration["uri"], route
        assert integration["payloadFormatVersion"] == "2.0", route


@pytest.mark.parametrize(("function", "queue"), WORKERS.items())
def test_a_batch_fails_message_by_message(expanded: Expanded, function: str, queue: str) -> None:
    mapping = expanded.source_mapping(f"{function}Function")
    assert mapping["EventSourceArn"] == f"{queue}Queue.Arn"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # More than 10 is not allowed for FIFO queues.
    assert mapping["BatchSize"] == 10
    assert "MaximumBatchingWindowInSeconds" not in mapping


def test_senders_at_once_are_limited(expanded: Expanded) -> None:
    assert expanded.source_mapping("SenderFunction")["ScalingConfig"] == {"MaximumConcurrency": 10}


@pytest.mark.parametrize(("function", "queue"), WORKERS.items())
def test_a_message_stays_hidden_six_times_the_time_out(
    expanded: Expanded, function: str, queue: str
) -> None:
    timeout = expanded.properties(f"{function}Function")["Timeout"]
    assert expanded.properties(f"{queue}Queue")["VisibilityTimeout"] >= 6 * timeout


@pytest.mark.parametrize(("queue", "fifo"), [("Inbox", True), ("Outbound", True), ("Timer", False)])
def test_what_nobody_can_handle_goes_to_the_dead_letters(
    expanded: Expanded, queue: str, fifo: bool
) -> None:
    living = expanded.properties(f"{queue}Queue")
    dead = expanded.properties(f"{queue}DeadQueue")
    assert living["RedrivePolicy"] == {
        "deadLetterTargetArn": f"{queue}DeadQueue.Arn",
        "maxReceiveCount": 100,
    }
    ending = ".fifo" if fifo else ""
    assert living["QueueName"] == f"${{AWS::StackName}}-{queue.lower()}{ending}"
    assert dead["QueueName"] == f"${{AWS::StackName}}-{queue.lower()}-dead{ending}"
    for queued in (living, dead):
        assert queued.get("FifoQueue", False) is fifo
        assert queued["SqsManagedSseEnabled"] is True
        # 14 days, the longest that SQS keeps a message.
        assert queued["MessageRetentionPeriod"] == 1_209_600


def test_groups_of_a_fifo_queue_do_not_share_one_limit(expanded: Expanded) -> None:
    for queue in ("InboxQueue", "OutboundQueue"):
        properties = expanded.properties(queue)
        assert properties["FifoThroughputLimit"] == "perMessageGroupId"
        assert properties["DeduplicationScope"] == "messageGroup"


def test_the_sweeper_runs_each_minute(expanded: Expanded) -> None:
    [schedule] = expanded.of_type("AWS::Scheduler::Schedule").values()
    assert schedule["Name"] == "${AWS::StackName}-sweeper"
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["Arn"] == "SweeperFunction.Arn"
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
