"""Each effect and each line goes under the trace of what it follows from, whoever settles it."""

from datetime import datetime, timedelta

from switchboard.domain.effects import EditMessage, Schedule, SendMessage
from switchboard.domain.events import DealRead, Press, Unclaimed
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step
from switchboard.flows.decision import Decision
from switchboard.pipeline import Flow, answer, settle
from switchboard.runtime.queues import HandOver
from switchboard.store.record import Outbox, Record, dump_outbox, load_outbox
from tests.flows.story import BRANCH, IVAN, JOB, NOW, OLGA, VERSION, deal, playbook, press
from tests.functions.test_queues import Office
from tests.pipeline.memory import JobsInMemory, Outside

PLAYBOOK = playbook()


class Traced(Outside):
    """Keeps each effect's trace, by the effect's id."""

    def __init__(self) -> None:
        super().__init__()
        self.traces: dict[str, str] = {}

    def effects(self, branch: str, outbox: Outbox) -> None:
        super().effects(branch, outbox)
        self.traces |= {effect.id: outbox.trace_of(effect) for effect in outbox.effects}


def _flow(record: Record[Job]) -> Flow[Job, DealRead | Press | Unclaimed]:
    del record

    def one(job: Job | None, event: DealRead | Press | Unclaimed, now: datetime) -> Decision[Job]:
        return step(job, event, now, PLAYBOOK, VERSION)

    return Flow(one, VERSION)


class Desk:
    def __init__(self) -> None:
        self.jobs = JobsInMemory()
        self.out = Traced()
        self.settle("offer", deal())

    def settle(self, trace: str, *events: DealRead | Press | Unclaimed) -> None:
        settle(self.jobs, self.out, BRANCH, JOB, _flow, events, NOW, trace)

    def press(self, made: Press, trace: str) -> None:
        answer(self.jobs, BRANCH, made.model_copy(update={"trace": trace}))

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(outcome, trace) of the journal."""
        return [(line.outcome, line.trace) for line in self.out.lines_in_order]


def test_presses_that_another_settles_keep_their_own_traces() -> None:
    desk = Desk()
    desk.press(press(IVAN, "contact", number=1), "ivan-asks")
    desk.press(press(OLGA, number=2), "olga-claims")
    desk.press(press(IVAN, number=3), "ivan-claims")
    desk.settle("sweeper")
    assert desk.lines == [
        ("offered", "offer"),
        ("contact_sent", "ivan-asks"),
        ("won", "olga-claims"),
        ("taken", "ivan-claims"),
    ]
    traces = desk.out.traces
    assert {traces[one] for one in traces if ":won." in one or ":edit." in one} == {"olga-claims"}
    assert {traces[one] for one in traces if ":contact." in one} >= {"ivan-asks"}
    assert "sweeper" not in traces.values()


def test_an_event_that_comes_with_presses_has_its_own_trace() -> None:
    desk = Desk()
    desk.press(press(IVAN, number=1), "claim")
    desk.settle("done", deal("done", at=200))
    assert desk.lines[-2:] == [("won", "claim"), ("done", "done")]
    assert desk.out.traces[f"{JOB}:1:won.note"] == "claim"


def test_a_press_written_before_there_were_traces_takes_the_settlers() -> None:
    desk = Desk()
    desk.press(press(IVAN, number=1), "")
    desk.settle("settler")
    assert desk.lines[-1] == ("won", "settler")
    assert desk.out.traces[f"{JOB}:1:won.note"] == "settler"


def _outbox() -> Outbox:
    overdue = Unclaimed(job=JOB, offer=1)
    effects = (
        SendMessage(id="post", chat=-1, text="x"),
        EditMessage(id="edit", chat=-1, of="post", text="y"),
        Schedule(id="soon", at=NOW + timedelta(minutes=1), event=overdue),
        Schedule(id="late", at=NOW + timedelta(hours=5), event=overdue),
    )
    return Outbox(effects, "settler", VERSION, {"edit": "press", "late": "webhook"})


def test_an_outbox_is_read_as_it_was_written() -> None:
    assert load_outbox(dump_outbox(_outbox())) == _outbox()
    plain = Outbox(_outbox().effects, "settler", VERSION)
    assert load_outbox(dump_outbox(plain)) == plain
    # One that was written before effects had traces of their own.
    assert '"traces"' not in dump_outbox(plain)


def test_parcels_and_timers_take_their_own_traces_along() -> None:
    office = Office()
    office.out.effects(BRANCH, _outbox())
    assert isinstance(office.out, HandOver)
    told = repr(office.sqs.__dict__) + repr(office.scheduler.__dict__)
    for effect, trace in (("post", "settler"), ("edit", "press")):
        assert f'"trace":"{trace}","playbook":{VERSION},"effect":{{"id":"{effect}"' in told
    for trace in ("settler", "webhook"):
        assert f'"trace":"{trace}","event":{{"kind":"unclaimed"' in told


def test_a_line_from_before_there_were_traces_is_read() -> None:
    line = Entry(id="1", seq=0, at=NOW, what="deal", outcome="offered")
    assert Entry.model_validate_json(line.model_dump_json(exclude={"trace"})) == line
