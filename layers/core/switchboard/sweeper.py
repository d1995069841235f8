"""The sweeper, each minute: what a crash left behind, and what a CRM never told.

It only puts events into the inbox, so whatever it finds goes the ordinary way, in its turn.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from switchboard.crm.port import Crm
from switchboard.domain.errors import Postponed, Refused
from switchboard.domain.events import DealTouched, Envelope, Settle
from switchboard.doors.telegram import Inbox, Log
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import Snapshot
from switchboard.store.jobs import Jobs

PATIENCE = timedelta(seconds=30)
"""How long something may wait in an item before the ordinary way is taken to have failed."""
OVERLAP = timedelta(minutes=2)
"""How far each look goes back behind the last: the CRM's clock and index are not ours."""
FIRST_LOOK = timedelta(minutes=10)


class Cursors(Protocol):
    """Up to when a CRM's changes have been looked through."""

    def get(self, branch: str, name: str) -> datetime | None: ...
    def put(self, branch: str, name: str, moment: datetime) -> None: ...


class Sweeper:
    def __init__(
        self,
        jobs: Jobs,
        inbox: Inbox,
        branches: Callable[[], list[str]],
        playbooks: LivePlaybooks,
        crm: Callable[[Snapshot], Crm],
        cursors: Cursors,
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._jobs = jobs
        self._inbox = inbox
        self._branches = branches
        self._playbooks = playbooks
        self._crm = crm
        self._cursors = cursors
        self._now = now
        self._log = log

    def sweep(self, trace: str) -> None:
        """One round. A branch that cannot be looked at holds up no other."""
        settled = self._settle_left_behind(trace)
        found = 0
        for branch in self._branches():
            try:
                found += self._find_untold(branch, trace)
            except (Postponed, Refused) as refusal:
                self._log.warning("not reconciled", branch=branch, reason=refusal.reason)
        self._log.info("swept", settled=settled, found=found)

    def _settle_left_behind(self, trace: str) -> int:
        now, count = self._now(), 0
        for branch, job in self._jobs.pending_since(now - PATIENCE):
            envelope = Envelope(branch=branch, trace=trace, event=Settle(job=job))
            self._inbox.put(envelope, once=f"{branch}.swept.{job}.{int(now.timestamp())}")
            count += 1
        return count

    def _find_untold(self, branch: str, trace: str) -> int:
        snapshot = self._playbooks.get(branch)
        if snapshot is None or not snapshot.playbook.crm.reconcile:
            return 0
        now, provider, count = self._now(), snapshot.playbook.crm.kind, 0
        since = self._cursors.get(branch, provider) or now - FIRST_LOOK
        for deal in self._crm(snapshot).changed_since((since - OVERLAP).astimezone(UTC)):
            event = DealTouched(provider=provider, deal=deal)
            envelope = Envelope(branch=branch, trace=trace, event=event)
            self._inbox.put(envelope, once=f"{branch}.{envelope.subject}.{trace}")
            count += 1
        self._cursors.put(branch, provider, now)
        return count
