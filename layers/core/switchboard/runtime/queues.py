"""The queues: the inbox, the outbound queue, and time (a queue's delay, or the Scheduler)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from switchboard.domain.effects import Parcel, Schedule
from switchboard.domain.errors import Postponed
from switchboard.domain.events import Envelope
from switchboard.domain.journal import Entry
from switchboard.store.journal import Journal
from switchboard.store.record import Outbox

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient

_BATCH = 10
"""Messages that one SendMessageBatch takes."""
_QUEUE_DELAY = timedelta(minutes=15)
"""The longest delay of an SQS message; past it the Scheduler keeps the time."""


class Inbox:
    """Events on their way to the pipeline, one subject's events one after another."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, envelope: Envelope, once: str) -> None:
        """Durable when this returns. `once` names this very receipt: the queue keeps one of it.

        Two receipts of the same webhook have different names: what they tell is read back, and a
        second change may look exactly like the first.
        """
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=_body(envelope),
            MessageGroupId=f"{envelope.branch}.{envelope.subject}",
            MessageDeduplicationId=once,
        )


class Outbound:
    """Effects on their way to the sender, one chat's or deal's after another."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, parcels: Sequence[Parcel], again: str = "") -> None:
        """Raises Postponed when the queue did not take them all; taking one twice is harmless.

        The queue itself drops an id that it has seen within five minutes. `again` is added to it
        where a parcel is to pass all the same: when a person replays it, or time is up for a retry.
        """
        for start in range(0, len(parcels), _BATCH):
            entries: list[Any] = [
                {
                    "Id": str(n),
                    "MessageBody": _body(parcel),
                    "MessageGroupId": f"{parcel.branch}.{parcel.effect.group}",
                    "MessageDeduplicationId": _once(parcel, again),
                }
                for n, parcel in enumerate(parcels[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Postponed(f"outbound queue: {answer['Failed'][0]['Code']}")


def _body(said: Envelope | Parcel) -> str:
    """JSON that SQS takes: it refuses these two, which JSON has no need to escape and which anybody
    may have in his name."""
    return said.model_dump_json().replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _once(parcel: Parcel, again: str) -> str:
    """At most 128 characters, which a long branch, deal and press would be over together."""
    name = f"{parcel.branch}.{parcel.effect.id}{again}"
    return name if len(name) <= 128 else hashlib.sha256(name.encode()).hexdigest()


class Timer:
    """Events that are due later: within 15 minutes a queue's delay, else the Scheduler."""

    def __init__(
        self,
        sqs: "SQSClient",
        url: str,
        scheduler: "EventBridgeSchedulerClient",
        arn: str,
        role: str,
        group: str,
    ) -> None:
        self._sqs = sqs
        self._url = url
        self._scheduler = scheduler
        self._arn = arn
        self._role = role
        self._group = group

    def put(self, envelope: Envelope, schedule: Schedule, now: datetime) -> None:
        """Repeating it is harmless: the flow sees whether the event still matters."""
        delay = schedule.at - now
        if delay <= _QUEUE_DELAY:
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=_body(envelope),
                DelaySeconds=max(0, round(delay.total_seconds())),
            )
            return
        # A schedule's name is 64 characters of a small alphabet; an effect's id is neither.
        name = f"{envelope.branch}-{hashlib.sha256(schedule.id.encode()).hexdigest()[:32]}"
        try:
            self._scheduler.create_schedule(
                Name=name,
                GroupName=self._group,
                ScheduleExpression=f"at({schedule.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._arn,
                    "RoleArn": self._role,
                    "Input": _body(envelope),
                },
            )
        except self._scheduler.exceptions.ConflictException:
            return


class HandOver:
    """Carries a commit's outbox and lines to where they belong (see pipeline.HandOver)."""

    def __init__(self, outbound: Outbound, timer: Timer, journal: Journal, now: datetime) -> None:
        self._outbound = outbound
        self._timer = timer
        self._journal = journal
        self._now = now

    def effects(self, branch: str, outbox: Outbox) -> None:
        parcels = [
            Parcel(
                branch=branch,
                trace=outbox.trace_of(effect),
                playbook=outbox.playbook,
                effect=effect,
            )
            for effect in outbox.effects
            if not isinstance(effect, Schedule)
        ]
        self._outbound.put(parcels)
        for effect in _schedules(outbox):
            trace = outbox.trace_of(effect)
            envelope = Envelope(branch=branch, trace=trace, event=effect.event)
            self._timer.put(envelope, effect, self._now)

    def lines(self, branch: str, subject: str, lines: Sequence[Entry]) -> None:
        if lines:
            self._journal.write(branch, subject, lines)


def _schedules(outbox: Outbox) -> Iterable[Schedule]:
    return (effect for effect in outbox.effects if isinstance(effect, Schedule))
