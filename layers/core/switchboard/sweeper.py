"""The sweeper, each minute: what a crash left behind, and what a CRM never told.

It only puts events into the inbox, so whatever it finds goes the ordinary way, in its turn.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from switchboard.crm.port import Change, Crm
from switchboard.domain.errors import Outage, Postponed, Refused
from switchboard.domain.events import DealTouched, Envelope, LinkPressed, Resume, Settle
from switchboard.doors.telegram import Inbox, Log
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import Snapshot
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from switchboard.store.pending import Left

FlowName = Literal["survey", "account", "session"]

PATIENCE = timedelta(seconds=30)
"""How long something may wait in an item before the ordinary way is taken to have failed."""
OVERLAP = timedelta(minutes=2)
"""How far each look goes back behind the last: the CRM's clock and index are not ours."""
FIRST_LOOK = timedelta(minutes=10)
MOST = 1000
"""Changes of one branch in one look, which must end before the function's time does. The next look
goes on where this one has stopped."""


class Subjects(Protocol):
    """A flow's table, and which of its subjects were left with an outbox."""

    def pending_since(self, before: datetime) -> Iterable[Left]: ...


class Cursors(Protocol):
    """Up to when a CRM's changes have been looked through."""

    def get(self, branch: str, name: str) -> datetime | None: ...
    def put(self, branch: str, name: str, moment: datetime) -> None: ...


class Sweeper:
    def __init__(
        self,
        jobs: Jobs,
        flows: Mapping[FlowName, Subjects],
        links: Links,
        inbox: Inbox,
        branches: Callable[[], list[str]],
        playbooks: LivePlaybooks[Playbook],
        crm: Callable[[Snapshot], Crm],
        cursors: Cursors,
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._jobs = jobs
        self._flows = flows
        self._links = links
        self._inbox = inbox
        self._branches = branches
        self._playbooks = playbooks
        self._crm = crm
        self._cursors = cursors
        self._now = now
        self._log = log

    def sweep(self, trace: str) -> None:
        """One round. A branch that cannot be looked at holds up no other."""
        waited = [
            *self._settle_left_behind(trace),
            *self._resume_left_behind(trace),
            *self._tell_of_presses(trace),
        ]
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

    def _resume_left_behind(self, trace: str) -> list[float]:
        """The same for subjects whose outbox was committed and not handed over."""
        now, waited = self._now(), list[float]()
        for flow, subjects in self._flows.items():
            for branch, subject, since in subjects.pending_since(now - PATIENCE):
                event = Resume(flow=flow, subject=subject)
                envelope = Envelope(branch=branch, trace=trace, event=event)
                # A job and a survey of one deal have the same name.
                once = f"{branch}.swept.{flow}.{subject}.{int(now.timestamp())}"
                self._inbox.put(envelope, once=once)
                waited.append((now - since).total_seconds())
        return waited

    def _tell_of_presses(self, trace: str) -> list[float]:
        """The same for presses on links that the survey has not heard of."""
        now, waited = self._now(), list[float]()
        for code, since in self._links.pending_since(now - PATIENCE):
            link = self._links.read(code)
            if link is None or link.pressed_at is None:
                continue
            event = LinkPressed(code=code, survey=link.survey, at=link.pressed_at)
            envelope = Envelope(branch=link.branch, trace=trace, event=event)
            self._inbox.put(envelope, once=f"swept.{code}.{int(now.timestamp())}")
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
        now, provider = self._now(), snapshot.playbook.crm.kind
        since = (self._cursors.get(branch, provider) or now - FIRST_LOOK) - OVERLAP
        told = _Told(int(since.timestamp()))
        try:
            for change in self._crm(snapshot).changed_since(since.astimezone(UTC)):
                if told.ends_before(change):
                    self._log.warning(
                        "not reconciled", branch=branch, reason="more in the next look"
                    )
                    break
                event = DealTouched(provider=provider, deal=change.deal)
                envelope = Envelope(branch=branch, trace=trace, event=event)
                self._inbox.put(
                    envelope, once=f"{branch}.{envelope.subject}.{trace}.{change.at or 0}"
                )
                told.count += 1
            else:
                told.everything = True
        finally:
            # A CRM that has had enough of us after some pages: they need not be read again.
            cursor = told.cursor(now)
            if cursor is not None:
                self._cursors.put(branch, provider, cursor)
        return told.count


class _Told:
    """How far a look has got: all changes before the second `reached` are told."""

    def __init__(self, since: int) -> None:
        self._since = self._reached = since
        self.count = 0
        self.everything = False

    def ends_before(self, change: Change) -> bool:
        """Whether there are enough. A second is told as a whole: nothing leads into its middle."""
        if change.at is None or change.at <= self._reached:
            return False
        self._reached = change.at
        return self.count >= MOST

    def cursor(self, now: datetime) -> datetime | None:
        """Where the next look goes on, as it goes back by OVERLAP; None: where this one did."""
        if self.everything:
            return now
        if self._reached == self._since:
            return None
        return min(datetime.fromtimestamp(self._reached, UTC) + OVERLAP, now)
