"""A queue's batch: each message for itself, and what fails goes back for as long as it should.

Lambda hands a failed message out again after the queue's visibility time-out, which is far longer
than a provider's "in three seconds". So the function itself says when: it changes the message's
visibility and then reports it as failed. In a FIFO queue that holds back its group and no other.
"""

import math
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from switchboard.domain.errors import Outage, Postponed, Refused
from switchboard.runtime.clients import is_away

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Record = Mapping[str, Any]

BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0)
"""Seconds before attempt 2, 3, … where nobody said better. SQS counts in whole seconds."""
_ROOM_MILLIS = 15_000
"""A message is not begun with less time left than one call to a provider may take."""
_LONGEST = 11 * 60 * 60
"""Seconds. SQS refuses more than 12 hours, counted from when the message was received."""
_FAULTS = 8
"""Attempts that our own faults get before they become dead letters."""


class Context(Protocol):
    """What we use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


class Log(Protocol):
    def info(self, message: str, **keys: Any) -> None: ...
    def warning(self, message: str, **keys: Any) -> None: ...
    def exception(self, message: str, **keys: Any) -> None: ...


class Batch:
    """Runs `act` on every message of a batch.

    `bury` lays a message down with the dead, with the reason; it raises nothing that is expected.
    """

    def __init__(
        self,
        client: "SQSClient",
        queue_url: str,
        act: Callable[[Record], None],
        bury: Callable[[Record, str], None],
        log: Log,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._act = act
        self._bury = bury
        self._log = log

    def run(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """The partial batch answer: the ids of the messages that are to come again."""
        held: dict[str, float] = {}
        failed: list[dict[str, str]] = []
        for record in event["Records"]:
            group = record["attributes"].get("MessageGroupId", record["messageId"])
            if context.get_remaining_time_in_millis() < _ROOM_MILLIS:
                held.setdefault(group, 1.0)
            # What comes after a held message in its group must not overtake it.
            seconds = held[group] if group in held else self._seconds_to_wait(record)
            if seconds is None:
                continue
            held[group] = seconds
            failed.append({"itemIdentifier": record["messageId"]})
            self._put_back(record, seconds)
        return {"batchItemFailures": failed}

    def _seconds_to_wait(self, record: Record) -> float | None:
        """None when the message is done with."""
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        try:
            self._act(record)
        except Postponed as postponed:
            seconds = postponed.seconds
            if seconds is None:
                seconds = back_off(postponed.attempt or attempt)
            self._tell(postponed, seconds)
            return seconds
        except Refused as refused:
            self._lay_down(record, refused.reason)
        except Exception as fault:
            self._log.exception("fault")
            # AWS being away says nothing about the message, however often it was tried.
            if attempt < _FAULTS or is_away(fault):
                return back_off(attempt)
            self._lay_down(record, f"fault: {type(fault).__name__}")
        return None

    def _tell(self, postponed: Postponed, seconds: float) -> None:
        said = {"outcome": "postponed", "reason": postponed.reason, "seconds": round(seconds, 2)}
        if isinstance(postponed, Outage):
            # Not always the one that the message was for: a contact for a chat is read in the CRM.
            self._log.warning("provider failed", **said, provider=postponed.provider)
        else:
            self._log.info("postponed", **said)

    def _lay_down(self, record: Record, reason: str) -> None:
        self._bury(record, reason)
        self._log.warning("dead letter", outcome="dead", reason=reason)

    def _put_back(self, record: Record, seconds: float) -> None:
        self._client.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=min(max(1, math.ceil(seconds)), _LONGEST),
        )


def back_off(attempt: int) -> float:
    """Longer each time, and never the same for two, so that they do not come back together."""
    base = BACK_OFF[min(attempt, len(BACK_OFF)) - 1]
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - no secret, only spread
