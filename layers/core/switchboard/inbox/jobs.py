"""Events of jobs, each by the playbook that its job runs under."""

from collections.abc import Callable, Sequence
from datetime import datetime

from switchboard.domain.events import DealRead, Envelope, Press, Unclaimed
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step
from switchboard.flows.claim.table import State
from switchboard.pipeline import Flow, HandOver, Subjects, settle
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import Snapshot
from switchboard.store.record import Record

JobEvent = DealRead | Press | Unclaimed


class JobInbox:
    def __init__(
        self,
        jobs: Subjects[Job],
        playbooks: LivePlaybooks[Playbook],
        out: Callable[[datetime], HandOver],
    ) -> None:
        self._jobs = jobs
        self._playbooks = playbooks
        self._out = out

    def settle(
        self, envelope: Envelope, live: Snapshot, events: Sequence[JobEvent], now: datetime
    ) -> str:
        """Steps the events, and the presses that wait in the job's item."""

        def flow_of(record: Record[Job]) -> Flow[Job, JobEvent]:
            """An offer that is on keeps the playbook that it was made by."""
            job = record.state
            if job is None or job.state in (State.WITHDRAWN, State.DONE):
                playbook, version = live.playbook, live.version
            else:
                playbook = self._playbooks.at(envelope.branch, job.playbook)
                version = job.playbook
            return Flow(lambda s, e, at: step(s, e, at, playbook, version), version)

        return settle(
            self._jobs,
            self._out(now),
            envelope.branch,
            envelope.subject,
            flow_of,
            events,
            now,
            envelope.trace,
        )
