"""A queue's batch: every message for itself, groups in order, and each comes again in its time."""

import io
import json
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, cast

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError

from switchboard.domain.effects import parcels
from switchboard.domain.errors import Misconfigured, Postponed, Refused
from switchboard.runtime.batch import BACK_OFF, Batch, back_off
from switchboard.runtime.logs import Log

Message = Mapping[str, Any]


class Sqs:
    """Takes down when each message is to come again."""

    def __init__(self) -> None:
        self.seconds: dict[str, int] = {}

    def change_message_visibility(self, **request: Any) -> None:
        assert request["QueueUrl"] == "queue"
        seconds = request["VisibilityTimeout"]
        assert isinstance(seconds, int)
        # SQS refuses more than twelve hours.
        assert 0 <= seconds < 43_200
        self.seconds[request["ReceiptHandle"].removeprefix("receipt-")] = seconds


class Context:
    """A function's context with so much time left, less with every look."""

    def __init__(self, millis: int = 60_000, each: int = 0) -> None:
        self._millis = millis
        self._each = each

    def get_remaining_time_in_millis(self) -> int:
        self._millis -= self._each
        return self._millis


class Desk:
    """A batch with what is done to its messages, by their bodies."""

    def __init__(self, **troubles: BaseException) -> None:
        self.sqs = Sqs()
        self.done: list[str] = []
        self.buried: list[tuple[str, str]] = []
        self.said = io.StringIO()
        self._troubles = troubles
        log = Log(Logger(service=f"batch-{token_hex(4)}", stream=self.said, utc=True))
        self.batch = Batch(cast("Any", self.sqs), "queue", self._act, self._bury, log)

    def run(self, *messages: Message, context: Context | None = None) -> list[str]:
        """The ids that are reported as failed."""
        answer = self.batch.run({"Records": messages}, context or Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def _act(self, record: Message) -> None:
        trouble = self._troubles.get(record["body"])
        if trouble is not None:
            raise trouble
        self.done.append(record["messageId"])

    def _bury(self, record: Message, reason: str) -> None:
        self.buried.append((record["messageId"], reason))


def _message(name: str, body: str = "", group: str | None = None, attempt: int = 1) -> Message:
    attributes = {"ApproximateReceiveCount": str(attempt)}
    if group is not None:
        attributes["MessageGroupId"] = group
    return {
        "messageId": name,
        "receiptHandle": f"receipt-{name}",
        "body": body,
        "attributes": attributes,
    }


def test_what_succeeds_does_not_come_again() -> None:
    desk = Desk()
    assert desk.run(_message("1", group="a"), _message("2", group="b")) == []
    assert desk.done == ["1", "2"]
    assert desk.sqs.seconds == {}


def test_what_is_postponed_comes_again_when_it_was_said_in_whole_seconds_upwards() -> None:
    desk = Desk(soon=Postponed("pace", 0.1), later=Postponed("pace", 16.2))
    failed = desk.run(_message("1", "soon"), _message("2", "later"))
    assert failed == ["1", "2"]
    assert desk.sqs.seconds == {"1": 1, "2": 17}


def test_a_day_is_longer_than_a_queue_can_wait() -> None:
    desk = Desk(flood=Postponed("telegram: too many requests", 86_400.0))
    assert desk.run(_message("1", "flood")) == ["1"]
    assert desk.sqs.seconds["1"] > 36_000


def test_a_held_message_holds_its_group_and_no_other() -> None:
    desk = Desk(slow=Postponed("pace", 5.0))
    failed = desk.run(
        _message("1", group="a"),
        _message("2", "slow", group="a"),
        _message("3", group="a"),
        _message("4", group="b"),
        _message("5", group="a"),
    )
    assert desk.done == ["1", "4"]
    assert failed == ["2", "3", "5"]
    assert desk.sqs.seconds == {"2": 5, "3": 5, "5": 5}


def test_a_dead_letter_does_not_hold_its_group() -> None:
    desk = Desk(never=Refused("no such chat"), wrong=Misconfigured("no token"))
    failed = desk.run(
        _message("1", "never", group="a"),
        _message("2", "wrong", group="a"),
        _message("3", group="a"),
    )
    assert failed == []
    assert desk.buried == [("1", "no such chat"), ("2", "no token")]
    assert desk.done == ["3"]


def test_in_a_standard_queue_every_message_is_a_group_of_its_own() -> None:
    desk = Desk(slow=Postponed("pace", 5.0))
    assert desk.run(_message("1", "slow"), _message("2")) == ["1"]
    assert desk.done == ["2"]


def test_where_nobody_says_when_the_waits_grow() -> None:
    desk = Desk(down=Postponed("amocrm: 503"))
    waits = []
    for attempt in (1, 4, 7, 10, 50):
        desk.run(_message("1", "down", attempt=attempt))
        waits.append(desk.sqs.seconds["1"])
    assert waits[:4] == sorted(waits[:4])
    assert waits[0] <= 2
    assert all(720 <= wait <= 1080 for wait in waits[3:])


def test_waiting_for_others_in_the_group_is_no_attempt_where_attempts_are_counted() -> None:
    hiccup = Postponed("telegram: no answer")
    hiccup.attempt = 1
    desk = Desk(hiccup=hiccup)
    desk.run(_message("1", "hiccup", attempt=12))
    assert desk.sqs.seconds["1"] <= 2


@pytest.mark.parametrize("attempt", [1, 2, len(BACK_OFF), 1000])
def test_no_two_wait_the_same_so_that_they_do_not_come_back_together(attempt: int) -> None:
    base = BACK_OFF[min(attempt, len(BACK_OFF)) - 1]
    waits = {back_off(attempt) for _ in range(20)}
    assert len(waits) > 10
    assert all(0.8 * base <= wait <= 1.2 * base for wait in waits)


def test_our_own_faults_get_eight_attempts() -> None:
    for attempt in range(1, 8):
        desk = Desk(broken=ZeroDivisionError("Иван +79000000007"))
        assert desk.run(_message("1", "broken", attempt=attempt)) == ["1"]
        assert desk.buried == []
    desk = Desk(broken=ZeroDivisionError("Иван +79000000007"))
    assert desk.run(_message("1", "broken", attempt=8)) == []
    assert desk.buried == [("1", "fault: ZeroDivisionError")]
    # The log names the fault and its place; the values in it may be anybody's.
    (line, *_) = [json.loads(text) for text in desk.said.getvalue().splitlines()]
    assert line["fault"] == "ZeroDivisionError"
    assert line["place"].startswith("test_batch.py:")
    assert "79000000007" not in desk.said.getvalue()


@pytest.mark.parametrize(
    "away",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.example.test"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"),
        ClientError(
            {
                "Error": {"Code": "X"},
                "ResponseMetadata": {
                    "HTTPStatusCode": 503,
                    "HTTPHeaders": {},
                    "HostId": "",
                    "RequestId": "",
                    "RetryAttempts": 3,
                },
            },
            "PutItem",
        ),
    ],
)
def test_aws_being_away_buries_nothing_however_long_it_lasts(away: Exception) -> None:
    desk = Desk(broken=away)
    assert desk.run(_message("1", "broken", attempt=50)) == ["1"]
    assert desk.buried == []


def test_what_aws_refuses_for_good_is_a_fault_like_another() -> None:
    refused = ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")
    desk = Desk(broken=refused)
    assert desk.run(_message("1", "broken", attempt=8)) == []
    assert desk.buried == [("1", "fault: ClientError")]
    assert '"code":"ValidationException"' in desk.said.getvalue()


def test_what_was_postponed_never_dies_of_it() -> None:
    desk = Desk(down=Postponed("amocrm: 503"))
    assert desk.run(_message("1", "down", attempt=90)) == ["1"]
    assert desk.buried == []


@pytest.mark.parametrize("poison", ["", "{", "null", '{"branch": "demo"}', "[" * 10_000])
def test_poison_is_buried_in_the_end_and_holds_nobody_for_ever(poison: str) -> None:
    desk = Desk()

    def act(record: Message) -> None:
        parcels.validate_json(record["body"])

    log = Log(Logger(stream=desk.said))
    desk.batch = Batch(cast("Any", desk.sqs), "queue", act, desk._bury, log)
    assert desk.run(_message("1", poison, attempt=1)) == ["1"]
    assert desk.run(_message("1", poison, attempt=8)) == []
    assert desk.buried == [("1", "fault: ValidationError")]


def test_with_little_time_left_nothing_more_is_begun() -> None:
    desk = Desk()
    messages = [_message(str(n), group="a" if n < 3 else "b") for n in range(5)]
    failed = desk.run(*messages, context=Context(31_000, each=8_000))
    assert desk.done == ["0", "1"]
    assert failed == ["2", "3", "4"]
    assert set(desk.sqs.seconds.values()) == {1}
