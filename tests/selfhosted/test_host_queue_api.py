"""The SQS API as boto3 uses it, on queues that no function empties."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.selfhosted.running_host import RunningHost, eventually


class Queue:
    """One queue through boto3."""

    def __init__(self, host: RunningHost, name: str) -> None:
        self.sqs = host.client("sqs")
        self.url = host.queue(name)

    def send(self, body: str, **more: Any) -> Any:
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def send_to(self, group: str, body: str, deduplication: str | None = None) -> Any:
        identity = deduplication or str(uuid4())
        return self.send(body, MessageGroupId=group, MessageDeduplicationId=identity)

    def receive(self, most: int = 10, **more: Any) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
            **more,
        )
        messages: list[Any] = answer.get("Messages", [])
        return messages

    def delete(self, message: Any) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def hide(self, message: Any, seconds: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=seconds,
        )

    def drain(self) -> None:
        deadline = time.monotonic() + 5
        while self.count() > 0 and time.monotonic() < deadline:
            for message in self.receive():
                self.delete(message)
            time.sleep(0.02)

    def count(self) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return sum(
            int(value)
            for name, value in answer["Attributes"].items()
            if name.startswith("ApproximateNumberOfMessages")
        )


@pytest.fixture
def loose(host: RunningHost) -> Iterator[Queue]:
    queue = Queue(host, "manual")
    yield queue
    queue.drain()


@pytest.fixture
def fifo(host: RunningHost) -> Iterator[Queue]:
    queue = Queue(host, "manual.fifo")
    yield queue
    queue.drain()


def bodies(messages: list[Any]) -> list[str]:
    return [message["Body"] for message in messages]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    text: str = error.value.response["Error"]["Code"]
    return text


def test_a_message_comes_as_it_was_sent(loose: Queue) -> None:
    attributes = {
        "trace": {"DataType": "String", "StringValue": "abc"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = loose.send('{"text": "привет"}', MessageAttributes=attributes)
    (message,) = loose.receive()
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == '{"text": "привет"}'
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    loose.delete(message)
    assert loose.count() == 0


def test_a_received_message_hides_and_comes_back(loose: Queue) -> None:
    loose.send("once more")
    (first,) = loose.receive(VisibilityTimeout=1)
    assert loose.receive() == []
    (second,) = loose.receive(WaitTimeSeconds=5)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    loose.delete(first)
    assert loose.count() == 1, "a receipt that is over deletes nothing"


def test_visibility_can_be_changed(loose: Queue) -> None:
    loose.send("later")
    (message,) = loose.receive(VisibilityTimeout=30)
    loose.hide(message, 0)
    assert bodies(loose.receive()) == ["later"]


def test_a_delayed_message_waits(loose: Queue) -> None:
    loose.send("later", DelaySeconds=1)
    assert loose.receive() == []
    assert bodies(loose.receive(WaitTimeSeconds=3)) == ["later"]


def test_waiting_receivers_are_woken(host: RunningHost, loose: Queue) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(loose.receive, WaitTimeSeconds=10)
        time.sleep(0.3)
        Queue(host, "manual").send("wake up")
        started = time.monotonic()
        assert bodies(waiting.result()) == ["wake up"]
    assert time.monotonic() - started < 2


def test_batches_report_each_entry(fifo: Queue) -> None:
    entries = [
        {"Id": f"e{n}", "MessageBody": str(n), "MessageGroupId": "g", "MessageDeduplicationId": key}
        for n, key in enumerate(str(uuid4()) for _ in range(9))
    ]
    bad = {"Id": "bad", "MessageBody": "x", "MessageGroupId": "g"}
    answer = fifo.sqs.send_message_batch(QueueUrl=fifo.url, Entries=[*entries, bad])
    assert [entry["Id"] for entry in answer["Successful"]] == [f"e{n}" for n in range(9)]
    assert [entry["Id"] for entry in answer["Failed"]] == ["bad"]
    seen = []
    for most in (1, 3, 10):
        for message in fifo.receive(most):
            seen.append(message["Body"])
            fifo.delete(message)
    assert seen == [str(n) for n in range(9)]


def test_a_group_waits_for_its_head_and_other_groups_do_not(fifo: Queue) -> None:
    fifo.send_to("a", "a1")
    fifo.send_to("a", "a2")
    fifo.send_to("b", "b1")
    (head,) = fifo.receive(1, VisibilityTimeout=30)
    assert head["Body"] == "a1"
    assert bodies(fifo.receive()) == ["b1"]
    assert "a2" not in bodies(fifo.receive())
    fifo.hide(head, 0)
    (again,) = fifo.receive(1, VisibilityTimeout=30)
    assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("a1", "2")
    assert "a2" not in bodies(fifo.receive())
    fifo.delete(again)
    assert "a2" in bodies(fifo.receive())


def test_a_repeat_is_the_same_message_even_after_deletion(fifo: Queue) -> None:
    identity = str(uuid4())
    first = fifo.send_to("g", "one", identity)
    second = fifo.send_to("g", "two", identity)
    assert second["MessageId"] == first["MessageId"]
    assert second["SequenceNumber"] == first["SequenceNumber"]
    (message,) = fifo.receive()
    assert message["Body"] == "one"
    assert message["Attributes"]["MessageDeduplicationId"] == identity
    fifo.delete(message)
    third = fifo.send_to("g", "three", identity)
    assert third["MessageId"] == first["MessageId"]
    assert fifo.count() == 0


def test_the_scope_of_deduplication_is_the_queue_or_the_group(
    host: RunningHost, fifo: Queue, name: str
) -> None:
    identity = str(uuid4())
    ids = {fifo.send_to(group, "x", identity)["MessageId"] for group in ("a", "b")}
    assert len(ids) == 1
    per_group = Queue(host, "work.fifo")
    order = json.dumps({"name": name})
    ids = {per_group.send_to(group, order, identity)["MessageId"] for group in ("a", "b")}
    assert len(ids) == 2
    assert eventually(lambda: len(host.notes("done", name)) == 2)


@pytest.mark.parametrize(
    ("queue", "request_", "expected"),
    [
        ("manual", {"MessageBody": ""}, "MissingParameter"),
        ("manual", {"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
        ("manual.fifo", {"MessageBody": "x"}, "MissingParameter"),
        ("manual.fifo", {"MessageBody": "x", "MessageGroupId": "g"}, "InvalidParameterValue"),
        (
            "manual.fifo",
            {
                "MessageBody": "x",
                "MessageGroupId": "g",
                "MessageDeduplicationId": "d",
                "DelaySeconds": 1,
            },
            "InvalidParameterValue",
        ),
        ("manual", {"MessageBody": "x" * (1024 * 1024 + 1)}, "InvalidParameterValue"),
    ],
)
def test_bad_messages_are_refused(
    host: RunningHost, queue: str, request_: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError) as refused:
        host.client("sqs").send_message(QueueUrl=host.queue(queue), **request_)
    assert code(refused) == expected


def test_unknown_queues_and_foreign_receipts_are_refused(host: RunningHost, loose: Queue) -> None:
    with pytest.raises(host.client("sqs").exceptions.QueueDoesNotExist):
        host.client("sqs").get_queue_url(QueueName="nobody")
    with pytest.raises(ClientError) as refused:
        loose.sqs.delete_message(QueueUrl=loose.url, ReceiptHandle="nonsense")
    assert code(refused) == "ReceiptHandleIsInvalid"


def test_calls_that_are_not_served_are_named(host: RunningHost) -> None:
    with pytest.raises(ClientError, match="PurgeQueue"):
        host.client("sqs").purge_queue(QueueUrl=host.queue("manual"))


def test_a_foreign_signature_is_refused(host: RunningHost) -> None:
    foreign = boto3.client(
        "sqs",
        endpoint_url=host.variables["AWS_ENDPOINT_URL_SQS"],
        region_name="us-east-1",
        aws_access_key_id=host.variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="wrong",
    )
    try:
        with pytest.raises(ClientError) as refused:
            foreign.list_queues()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    finally:
        foreign.close()


def test_queues_can_be_listed(host: RunningHost) -> None:
    listed = host.client("sqs").list_queues(QueueNamePrefix="work")["QueueUrls"]
    assert [url.rsplit("/", 1)[1] for url in listed] == ["work-dead.fifo", "work.fifo"]
