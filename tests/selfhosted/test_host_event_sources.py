"""Messages on their way to functions: order, attempts, failures, dead letters."""

import json
import os
import signal
from itertools import pairwise
from typing import Any

from tests.selfhosted.running_host import RunningHost, eventually


def done(host: RunningHost, name: str) -> list[str]:
    return [note["name"] for note in host.notes("done", name)]


def seen(host: RunningHost, name: str) -> list[tuple[str, int]]:
    return [(note["name"], int(note["attempt"])) for note in host.notes("seen", name)]


def seconds_between(host: RunningHost, name: str) -> list[float]:
    times = [int(note["sk"]) for note in host.notes("seen", name)]
    return [(later - earlier) / 1e9 for earlier, later in pairwise(times)]


def receive(host: RunningHost, queue: str) -> list[Any]:
    answer = host.client("sqs").receive_message(
        QueueUrl=host.queue(queue),
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    messages: list[Any] = answer.get("Messages", [])
    return messages


def delete(host: RunningHost, queue: str, message: Any) -> None:
    host.client("sqs").delete_message(
        QueueUrl=host.queue(queue), ReceiptHandle=message["ReceiptHandle"]
    )


def test_a_function_gets_the_event_of_sqs(host: RunningHost, name: str) -> None:
    sent = host.client("sqs").send_message(
        QueueUrl=host.queue("work.fifo"),
        MessageBody=json.dumps({"name": name}),
        MessageGroupId=f"g{name}",
        MessageDeduplicationId=f"d{name}",
        MessageAttributes={"trace": {"DataType": "String", "StringValue": "abc"}},
    )
    (note,) = eventually(lambda: host.notes("seen", name))
    record = json.loads(note["record"])
    assert record["messageId"] == sent["MessageId"]
    assert record["md5OfBody"] == sent["MD5OfMessageBody"]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:work.fifo"
    assert record["awsRegion"] == "us-east-1"
    assert record["messageAttributes"]["trace"]["stringValue"] == "abc"
    attributes = record["attributes"]
    assert attributes["MessageGroupId"] == f"g{name}"
    assert attributes["MessageDeduplicationId"] == f"d{name}"
    assert attributes["SequenceNumber"] == sent["SequenceNumber"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"} <= attributes.keys()


def test_groups_keep_their_order_while_heads_fail(host: RunningHost, name: str) -> None:
    expected = {group: [f"{name}-{group}-{n}" for n in range(5)] for group in "abc"}
    for n in range(5):
        for group in "abc":
            order = {"do": "later", "seconds": 0} if n == 1 else {}
            host.send("work.fifo", f"{group}-{name}", name=f"{name}-{group}-{n}", **order)
    assert eventually(lambda: len(done(host, name)) == 15, 20)
    for group, names in expected.items():
        assert done(host, f"{name}-{group}") == names
        attempts = [attempt for n, attempt in seen(host, f"{name}-{group}-1")]
        assert attempts == [1, 2]


def test_a_failed_item_comes_back_after_its_visibility_and_others_do_not(
    host: RunningHost, name: str
) -> None:
    host.send("loose", name=f"{name}-bad", do="fail")
    for n in range(3):
        host.send("loose", name=f"{name}-good-{n}")
    assert eventually(lambda: len(done(host, name)) == 4)
    assert seen(host, f"{name}-bad") == [(f"{name}-bad", 1), (f"{name}-bad", 2)]
    assert seconds_between(host, f"{name}-bad")[0] >= 0.9
    assert [attempt for _, attempt in seen(host, f"{name}-good")] == [1, 1, 1]


def test_an_exception_fails_the_whole_batch(host: RunningHost, name: str) -> None:
    host.send("loose", name=name, do="raise")
    assert eventually(lambda: done(host, name) == [name])
    assert seconds_between(host, name)[0] >= 0.9


def test_a_function_delays_one_group_and_the_others_go_on(host: RunningHost, name: str) -> None:
    host.send("work.fifo", f"slow-{name}", name=f"{name}-slow-1", do="later", seconds=2)
    host.send("work.fifo", f"slow-{name}", name=f"{name}-slow-2")
    host.send("work.fifo", f"fast-{name}", name=f"{name}-fast")
    assert eventually(lambda: len(done(host, name)) == 3)
    assert done(host, name) == [f"{name}-fast", f"{name}-slow-1", f"{name}-slow-2"]
    assert 1.9 < seconds_between(host, f"{name}-slow-1")[0] < 4


def test_a_dying_process_loses_nothing(host: RunningHost, name: str) -> None:
    host.send("work.fifo", name, name=f"{name}-1", do="die")
    host.send("work.fifo", name, name=f"{name}-2")
    assert eventually(lambda: done(host, name) == [f"{name}-1", f"{name}-2"])
    assert seen(host, f"{name}-1") == [(f"{name}-1", 1), (f"{name}-1", 2)]


def test_a_killed_process_loses_nothing(host: RunningHost, name: str) -> None:
    host.send("work.fifo", name, name=f"{name}-1", do="hang")
    host.send("work.fifo", name, name=f"{name}-2")
    (note,) = eventually(lambda: host.notes("seen", name))
    os.kill(int(note["pid"]), signal.SIGKILL)
    assert eventually(lambda: done(host, name) == [f"{name}-1", f"{name}-2"])


def test_a_message_that_always_fails_ends_among_the_dead(host: RunningHost, name: str) -> None:
    host.client("sqs").send_message(
        QueueUrl=host.queue("work.fifo"),
        MessageBody=json.dumps({"name": f"{name}-1", "do": "later", "seconds": 0, "times": 99}),
        MessageGroupId=name,
        MessageDeduplicationId=name,
        MessageAttributes={"trace": {"DataType": "String", "StringValue": "abc"}},
    )
    host.send("work.fifo", name, name=f"{name}-2")
    (dead,) = eventually(lambda: receive(host, "work-dead.fifo"))
    assert json.loads(dead["Body"])["name"] == f"{name}-1"
    assert dead["Attributes"]["MessageGroupId"] == name
    assert dead["Attributes"]["MessageDeduplicationId"] == name
    source = "arn:aws:sqs:us-east-1:000000000000:work.fifo"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == source
    assert dead["MessageAttributes"]["trace"]["StringValue"] == "abc"
    delete(host, "work-dead.fifo", dead)
    assert [attempt for _, attempt in seen(host, f"{name}-1")] == [1, 2, 3]
    assert eventually(lambda: done(host, name) == [f"{name}-2"])


def test_a_delayed_message_waits_for_its_time(host: RunningHost, name: str) -> None:
    host.send("loose", name=f"{name}-mark")
    host.client("sqs").send_message(
        QueueUrl=host.queue("loose"),
        MessageBody=json.dumps({"name": f"{name}-late"}),
        DelaySeconds=2,
    )
    assert eventually(lambda: len(done(host, name)) == 2)
    assert 1.7 < seconds_between(host, name)[0] < 4


def test_many_messages_of_many_groups(host: RunningHost, name: str) -> None:
    url = host.queue("work.fifo")
    for n in range(20):
        entries = [
            {
                "Id": str(group),
                "MessageBody": json.dumps({"name": f"{name}-{group}-{n:02d}"}),
                "MessageGroupId": f"{name}-{group}",
                "MessageDeduplicationId": f"{name}-{group}-{n}",
            }
            for group in range(10)
        ]
        host.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert eventually(lambda: len(done(host, name)) >= 200, 30)
    for group in range(10):
        names = done(host, f"{name}-{group}-")
        assert names == [f"{name}-{group}-{n:02d}" for n in range(20)]
    assert max(int(note["batch"]) for note in host.notes("seen", name)) > 1
