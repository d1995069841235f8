"""What is put into the queues and the Scheduler, and under which names."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from switchboard.domain.effects import AddNote, Parcel, Schedule, SendMessage
from switchboard.domain.effects import Outbound as Effect
from switchboard.domain.errors import Postponed
from switchboard.domain.events import Envelope, Settle, Unclaimed, envelopes
from switchboard.domain.journal import Entry
from switchboard.runtime.queues import HandOver, Inbox, Outbound, Timer
from switchboard.store.journal import Journal
from switchboard.store.record import Outbox
from tests.flows.story import BRANCH, JOB, NOW, VERSION, WORKERS_CHAT


class Sqs:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.failed: list[dict[str, str]] = []

    def send_message(self, **message: Any) -> None:
        self.messages.append(message)

    def send_message_batch(self, **request: Any) -> Any:
        assert request["QueueUrl"] == "outbound"
        entries = request["Entries"]
        assert 1 <= len(entries) <= 10
        assert len({entry["Id"] for entry in entries}) == len(entries)
        assert all(len(entry["MessageDeduplicationId"]) <= 128 for entry in entries)
        assert all(len(entry["MessageGroupId"]) <= 128 for entry in entries)
        self.batches.append(entries)
        return {"Failed": self.failed}


class ConflictException(Exception):
    pass


class Scheduler:
    class exceptions:  # noqa: N801 - boto3's own name
        ConflictException = ConflictException

    def __init__(self) -> None:
        self.schedules: dict[str, dict[str, Any]] = {}

    def create_schedule(self, **schedule: Any) -> None:
        name = schedule["Name"]
        assert len(name) <= 64
        if name in self.schedules:
            raise ConflictException
        self.schedules[name] = schedule


class JournalInMemory(Journal):
    def __init__(self) -> None:
        self.written: list[tuple[str, str, int]] = []

    def write(self, branch: str, job: str, lines: Sequence[Entry]) -> None:
        self.written.append((branch, job, len(lines)))


class Office:
    def __init__(self) -> None:
        self.sqs, self.scheduler, self.journal = Sqs(), Scheduler(), JournalInMemory()
        sqs, scheduler = cast("Any", self.sqs), cast("Any", self.scheduler)
        self.outbound = Outbound(sqs, "outbound")
        self.timer = Timer(sqs, "timer", scheduler, "arn:timer", "arn:role", "group")
        self.out = HandOver(self.outbound, self.timer, self.journal, NOW)

    def schedule(self, at: datetime) -> None:
        event = Unclaimed(job=JOB, offer=1)
        effect = Schedule(id=f"{JOB}:1:overdue", at=at, event=event)
        self.out.effects(BRANCH, Outbox((effect,), "trace", VERSION))


@pytest.fixture
def office() -> Office:
    return Office()


def _notes(count: int) -> tuple[Effect, ...]:
    return tuple(AddNote(id=f"note-{n}", deal="1", text="x") for n in range(count))


def test_effects_go_in_order_ten_at_a_time(office: Office) -> None:
    office.out.effects(BRANCH, Outbox(_notes(23), "trace", VERSION))
    assert [len(batch) for batch in office.sqs.batches] == [10, 10, 3]
    ids = [entry["MessageDeduplicationId"] for batch in office.sqs.batches for entry in batch]
    assert ids == [f"{BRANCH}.note-{n}" for n in range(23)]


def test_a_chat_and_a_deal_are_groups_of_their_own(office: Office) -> None:
    post = SendMessage(id="post", chat=WORKERS_CHAT, text="x")
    office.out.effects(BRANCH, Outbox((post, *_notes(1)), "trace", VERSION))
    groups = [entry["MessageGroupId"] for entry in office.sqs.batches[0]]
    assert groups == [f"{BRANCH}.chat.{WORKERS_CHAT}", f"{BRANCH}.deal.1"]


def test_nothing_to_hand_over_costs_no_call(office: Office) -> None:
    office.out.effects(BRANCH, Outbox())
    office.out.lines(BRANCH, JOB, ())
    assert (office.sqs.batches, office.sqs.messages, office.journal.written) == ([], [], [])


def test_a_queue_that_did_not_take_them_all_is_tried_again(office: Office) -> None:
    office.sqs.failed = [{"Id": "0", "Code": "ThrottlingException"}]
    with pytest.raises(Postponed):
        office.out.effects(BRANCH, Outbox(_notes(1), "trace", VERSION))


def test_a_parcel_that_is_replayed_passes_the_queues_memory(office: Office) -> None:
    parcel = Parcel(branch=BRANCH, trace="t", playbook=VERSION, effect=_notes(1)[0])
    office.outbound.put([parcel])
    office.outbound.put([parcel], again="#2")
    first, second = (batch[0]["MessageDeduplicationId"] for batch in office.sqs.batches)
    assert first != second


def test_long_ids_are_shortened_and_stay_different(office: Office) -> None:
    effects = tuple(AddNote(id="n" * 200 + str(n), deal="1", text="x") for n in range(3))
    office.out.effects("b" * 31, Outbox(effects, "trace", VERSION))
    ids = {entry["MessageDeduplicationId"] for entry in office.sqs.batches[0]}
    assert len(ids) == 3


def test_what_is_due_within_a_quarter_of_an_hour_waits_in_the_queue(office: Office) -> None:
    for minutes in (0, 15):
        office.schedule(NOW + timedelta(minutes=minutes))
    office.schedule(NOW - timedelta(minutes=5))
    assert [message["DelaySeconds"] for message in office.sqs.messages] == [0, 900, 0]
    sent = envelopes.validate_json(office.sqs.messages[0]["MessageBody"])
    assert (sent.branch, sent.trace, sent.event) == (BRANCH, "trace", Unclaimed(job=JOB, offer=1))
    assert office.scheduler.schedules == {}


def test_what_is_due_later_is_the_schedulers_once(office: Office) -> None:
    for _ in range(2):
        office.schedule(NOW + timedelta(minutes=16))
    assert office.sqs.messages == []
    (schedule,) = office.scheduler.schedules.values()
    assert schedule["ScheduleExpression"] == "at(2025-11-21T09:16:00)"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["ActionAfterCompletion"] == "DELETE"


def test_lines_go_to_the_journal(office: Office) -> None:
    line = Entry(id="1", seq=0, at=NOW, what="claim", outcome="won")
    office.out.lines(BRANCH, JOB, (line,))
    assert office.journal.written == [(BRANCH, JOB, 1)]


def test_the_inbox_keeps_one_subjects_events_in_order(office: Office) -> None:
    inbox = Inbox(cast("Any", office.sqs), "inbox")
    inbox.put(Envelope(branch=BRANCH, trace="t", event=Settle(job=JOB)), once="receipt-1")
    (message,) = office.sqs.messages
    assert message["MessageGroupId"] == f"{BRANCH}.{JOB}"
    assert message["MessageDeduplicationId"] == "receipt-1"
