"""SQS, what carries its messages to the functions, and EventBridge Scheduler."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.clock import Clock
from tests.simulation.faults import Faults
from tests.simulation.processes import Ended, Function
from tests.simulation.trace import Trace

_REMEMBERED = 300.0
"""Seconds for which a FIFO queue knows a deduplication id."""
_MOST_RECEIVES = 100
"""template.yaml: maxReceiveCount."""
_LATE = 90.0


class ConflictException(ClientError):
    """There is a schedule of that name."""


class Message:
    def __init__(self, number: str, body: str, group: str, at: float) -> None:
        self.id = number
        self.body = body
        self.group = group
        self.visible_at = at
        self.receives = 0
        self.receipt = ""
        self.at = at
        self.first_received_at = 0.0


class Queue:
    """One queue and the mapping that hands its messages to its function."""

    def __init__(
        self,
        name: str,
        function: Function,
        visibility: float,
        clock: Clock,
        faults: Faults,
        chance: Random,
        trace: Trace,
    ) -> None:
        self.name = name
        self.fifo = name.endswith(".fifo")
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self.on_done: list[Callable[[Message], None]] = []
        """Told of each message that its function has dealt with."""
        self._function = function
        self._visibility = visibility
        self._clock = clock
        self._faults = faults
        self._chance = chance
        self._trace = trace
        self._once: dict[tuple[str, str], float] = {}
        self._numbers = 0
        self._batch = chance.choice((1, 3, 10))
        # AWS waits for the visibility to run out; the self-hosted profile sees a process die.
        self._seen_dying = chance.random() < 0.5

    def send(self, entry: dict[str, Any]) -> dict[str, str]:
        group = entry.get("MessageGroupId", "")
        if self.fifo:
            name = (group, entry["MessageDeduplicationId"])
            if self._once.get(name, 0) > self._clock.now:
                return {}
            self._once[name] = self._clock.now + _REMEMBERED
        at = self._clock.now + entry.get("DelaySeconds", 0)
        if not self.fifo and self._faults.happens("late"):
            at += self._chance.random() * _LATE
        self.put(entry["MessageBody"], group, at)
        return {}

    def put(self, body: str, group: str, at: float) -> None:
        self._numbers += 1
        self.messages.append(Message(f"{self.name}-{self._numbers}", body, group, at))
        self._poll_at(at)

    def set_visibility(self, receipt: str, seconds: int) -> None:
        for message in self.messages:
            if message.receipt == receipt and message.visible_at > self._clock.now:
                message.visible_at = self._clock.now + seconds
                self._poll_at(message.visible_at)
                return
        response: Any = {"Error": {"Code": "InvalidParameterValue"}}
        raise ClientError(response, "ChangeMessageVisibility")

    def _poll_at(self, when: float) -> None:
        self._clock.at(when + 0.02 * self._chance.random(), self._poll)

    def _poll(self) -> None:
        while self._function.free:
            batch = self._receive()
            if not batch:
                return
            self._hand_out(batch)
        if self.due(self._clock.now):
            self._poll_at(self._clock.now + 0.05)

    def due(self, moment: float) -> bool:
        """Whether a message can be handed out by then, as far as others do not hold it back."""
        blocked = set[str]()
        for message in self.messages:
            if message.visible_at <= moment and message.group not in blocked:
                return True
            if self.fifo:
                blocked.add(message.group)
        return False

    def _receive(self) -> list[Message]:
        now, found, blocked = self._clock.now, list[Message](), set[str]()
        for message in list(self.messages):
            if message.visible_at > now:
                # What is in flight, or waits, holds back what came after it in its group.
                if self.fifo:
                    blocked.add(message.group)
                continue
            if message.group in blocked:
                continue
            if message.receives >= _MOST_RECEIVES:
                self.messages.remove(message)
                self.dead.append(message)
                continue
            found.append(message)
            if len(found) >= self._batch:
                break
        if not self.fifo:
            self._chance.shuffle(found)
        for message in found:
            self._lease(message)
        return found

    def _lease(self, message: Message) -> None:
        message.receives += 1
        message.first_received_at = message.first_received_at or self._clock.now
        message.receipt = f"{message.id}-{message.receives}"
        seconds = self._visibility
        if self._faults.happens("short_visibility"):
            seconds = self._chance.random() ** 2 * 3
        message.visible_at = self._clock.now + seconds
        self._poll_at(message.visible_at)

    def _hand_out(self, batch: list[Message]) -> None:
        receipts = [(message, message.receipt) for message in batch]
        records = [
            {
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": str(message.receives),
                    **({"MessageGroupId": message.group} if self.fifo else {}),
                },
            }
            for message in batch
        ]

        def then(ended: Ended) -> None:
            if ended.died or ended.error is not None:
                if self._trace.on and ended.error:
                    self._trace.tell(self.name, f"the function failed: {ended.error!r}")
                if self._seen_dying:
                    self._bring_back(receipts)
                return
            failed = {one["itemIdentifier"] for one in ended.answer["batchItemFailures"]}
            for message, receipt in receipts:
                if message.id not in failed and not self._faults.happens("again"):
                    self._delete(message, receipt)
            self._poll_at(self._clock.now)

        if self._trace.on:
            for message in batch:
                said = f"hands out {message.id} (receive {message.receives}) {message.body}"
                self._trace.tell(self.name, said)
        if not self._function.invoke({"Records": records}, batch[0].receipt, then):
            raise AssertionError("no process was free")

    def _bring_back(self, receipts: list[tuple[Message, str]]) -> None:
        for message, receipt in receipts:
            if message.receipt == receipt:
                pause = 0.05 * 2 ** min(message.receives, 20)
                message.visible_at = min(message.visible_at, self._clock.now + pause)
                self._poll_at(message.visible_at)

    def _delete(self, message: Message, receipt: str) -> None:
        """A receipt that is no longer the message's own deletes nothing."""
        if message.receipt == receipt and message in self.messages:
            self.messages.remove(message)
            message.at = self._clock.now
            for told in self.on_done:
                told(message)


class Sqs:
    """boto3's client of one process."""

    def __init__(self, queues: dict[str, Queue], reach: Callable[..., Any]) -> None:
        self._queues = queues
        self._reach = reach

    def send_message(self, **entry: Any) -> Any:
        queue = self._queues[entry["QueueUrl"]]
        return self._reach("sqs", "send", entry, lambda: queue.send(entry))

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's
        queue = self._queues[QueueUrl]

        def act() -> dict[str, Any]:
            if not 1 <= len(Entries) <= 10:
                raise AssertionError("a batch has 1 to 10 entries")
            for entry in Entries:
                queue.send(entry)
            return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

        return self._reach("sqs", "send batch", [one["MessageBody"] for one in Entries], act)

    def change_message_visibility(self, **request: Any) -> Any:
        queue = self._queues[request["QueueUrl"]]
        receipt, seconds = request["ReceiptHandle"], request["VisibilityTimeout"]
        return self._reach(
            "sqs", "visibility", request, lambda: queue.set_visibility(receipt, seconds)
        )


class Schedules:
    """EventBridge Scheduler: one-time schedules into the timer queue, at least once."""

    def __init__(self, queue: Queue, clock: Clock, faults: Faults) -> None:
        self.names: set[str] = set()
        self._queue = queue
        self._clock = clock
        self._faults = faults

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["Name"]
        if name in self.names:
            response: Any = {"Error": {"Code": "ConflictException"}}
            raise ConflictException(response, "CreateSchedule")
        said = request["ScheduleExpression"].removeprefix("at(").removesuffix(")")
        when = datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()
        self.names.add(name)
        self._clock.at(when, lambda: self._fire(name, request["Target"]["Input"]))
        return {}

    def _fire(self, name: str, body: str) -> None:
        self.names.discard(name)
        for _ in range(2 if self._faults.happens("again") else 1):
            self._queue.put(body, "", self._clock.now)


class Scheduler:
    """boto3's client of one process."""

    class exceptions:  # noqa: N801 - boto3's own name
        ConflictException = ConflictException

    def __init__(self, schedules: Schedules, reach: Callable[..., Any]) -> None:
        self._schedules = schedules
        self._reach = reach

    def create_schedule(self, **request: Any) -> Any:
        return self._reach("scheduler", "create", request, lambda: self._schedules.create(request))
