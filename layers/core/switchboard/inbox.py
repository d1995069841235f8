"""The inbox: events from machines, one subject's one after another, each to its flow."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from switchboard.crm.port import Crm
from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import (
    ChatMigrated,
    DealRead,
    DealTouched,
    Envelope,
    Press,
    Settle,
    Started,
    Unclaimed,
)
from switchboard.flows import start
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step as claim_step
from switchboard.flows.claim.table import State
from switchboard.flows.decision import Decision
from switchboard.flows.start import Session
from switchboard.pipeline import Flow, HandOver, Subjects, settle
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.store.record import Record

S = TypeVar("S")


class InboxWorker:
    def __init__(
        self,
        playbooks: LivePlaybooks,
        store: PlaybookStore,
        jobs: Subjects[Job],
        sessions: Subjects[Session],
        out: Callable[[datetime], HandOver],
        crm: Callable[[Snapshot], Crm],
        now: Callable[[], datetime],
    ) -> None:
        self._playbooks = playbooks
        self._store = store
        self._jobs = jobs
        self._sessions = sessions
        self._out = out
        self._crm = crm
        self._now = now

    def handle(self, envelope: Envelope) -> str:
        """What the event came to. Raises Postponed, Refused or Misconfigured."""
        branch, now = envelope.branch, self._now()
        live = self._playbooks.get(branch)
        if live is None:
            raise Misconfigured("the branch has no published playbook")
        match envelope.event:
            case ChatMigrated(old=old, new=new):
                if not _is_ours(old, live):
                    return "not ours"
                return "moved" if self._store.record_migration(branch, old, new) else "circular"
            case Started() as event:
                return settle(
                    self._sessions,
                    self._out(now),
                    branch,
                    envelope.subject,
                    lambda _: Flow(_start_step(live), live.version),
                    (event,),
                    now,
                    envelope.trace,
                )
            case DealTouched(provider=provider, deal=deal):
                # Read only now that this subject's turn has come: of two webhooks in the wrong
                # order the later one reads what is true, and so does the earlier one.
                read = self._crm(live).deal(deal)
                event = DealRead(provider=provider, deal_id=deal, deal=read)
                return self._claim(envelope, live, (event,), now)
            case Settle():
                return self._claim(envelope, live, (), now)
            case DealRead() | Press() | Unclaimed() as event:
                return self._claim(envelope, live, (event,), now)

    def _claim(
        self,
        envelope: Envelope,
        live: Snapshot,
        events: Sequence[DealRead | Press | Unclaimed],
        now: datetime,
    ) -> str:
        def flow_of(record: Record[Job]) -> Flow[Job, DealRead | Press | Unclaimed]:
            """An offer that is on keeps the playbook that it was made by."""
            job = record.state
            if job is None or job.state in (State.WITHDRAWN, State.DONE):
                playbook, version = live.playbook, live.version
            else:
                playbook = self._playbooks.at(envelope.branch, job.playbook)
                version = job.playbook
            return Flow(lambda s, e, at: claim_step(s, e, at, playbook, version), version)

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


def _is_ours(chat: int, live: Snapshot) -> bool:
    """Whether the playbook names this chat, by its first id or by the one it moved to since."""
    ours = {live.playbook.dispatch.workers_chat, live.playbook.dispatch.manager_chat}
    return chat in ours or any(new == chat and old in ours for old, new in live.moved.items())


def _start_step(
    live: Snapshot,
) -> Callable[[Session | None, Started | Press, datetime], Decision[Session]]:
    def step(session: Session | None, event: Started | Press, now: datetime) -> Decision[Session]:
        del now
        if isinstance(event, Press):
            raise TypeError("no press is ever written into a session")
        return start.step(session, event, live.playbook)

    return step
