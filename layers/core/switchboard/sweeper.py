"""The sweeper, each minute: what a crash left behind, and what a CRM never told.

It only puts events into the inbox, so whatever it finds goes the ordinary way, in its turn.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from switchboard.crm.port import Crm
from switchboard.domain.errors import Outage, Postponed, Refused
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
        waited = self._settle_left_behind(trace)
        found = 0
        for branch in self._branches():
            try:
                found += self._find_untold(branch, trace)
            except (Postponed, Refused) as refusal:
                self._tell(branch, refusal)
            except Exception:
                self._log.exception("not reconciled", branch=branch)
        oldest = round(max(waited, default=0))
        self._log.info("swept", settled=len(waited), found=found, oldest_s=oldest)

    def _settle_left_behind(self, trace: str) -> list[float]:
        """How many seconds each of the jobs that are to be settled has waited.

        The sweeper's trace is only that of its asking: what waits has kept its own.
        """
        now, waited = self._now(), list[float]()
        for branch, job, since in self._jobs.pending_since(now - PATIENCE):
            envelope = Envelope(branch=branch, trace=trace, event=Settle(job=job))
            self._inbox.put(envelope, once=f"{branch}.swept.{job}.{int(now.timestamp())}")
            waited.append((now - since).total_seconds())
        return waited

    def _tell(self, branch: str, refusal: Postponed | Refused) -> None:
        said = {"branch": branch, "reason": refusal.reason}
        if isinstance(refusal, Outage):
            self._log.warning("provider failed", **said, provider=refusal.provider)
        else:
            self._log.warning("not reconciled", **said)

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
