"""One step of the claim: (job, event, now, playbook) to what the job is then and what follows.

Presses are written into the job's item in the order in which they arrive, and the first claim of
an offer takes the job in that same write. So the door learns the truth from one write (`judge`),
and whoever steps through the presses later finds the same winner.
"""

from collections.abc import Mapping
from datetime import datetime

from switchboard.domain.deal import Deal, Stage
from switchboard.domain.events import DealRead, Press, Unclaimed
from switchboard.domain.identity import job_id
from switchboard.domain.journal import Entry
from switchboard.flows.claim import effects as follow
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.table import TABLE, Outcome, State, Trigger
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Playbook

_TRIGGER_OF_STAGE: Mapping[Stage, Trigger] = {
    "search": Trigger.SEARCH,
    "done": Trigger.WON,
    "lost": Trigger.LOST,
    "other": Trigger.ELSEWHERE,
}


def step(
    job: Job | None,
    event: DealRead | Press | Unclaimed,
    now: datetime,
    playbook: Playbook,
    version: int,
) -> Decision[Job]:
    """The next state of the job and what follows. `version` is the playbook's."""
    match event:
        case DealRead():
            return _deal_read(job, event, now, playbook, version)
        case Press():
            return _pressed(job, event, now, playbook)
        case Unclaimed():
            return _unclaimed(job, event, now, playbook)


def _deal_read(
    job: Job | None, event: DealRead, now: datetime, playbook: Playbook, version: int
) -> Decision[Job]:
    deal = event.deal
    if job and deal and deal.updated_at < job.seen:
        return Decision(job, Outcome.OUTDATED)
    row = TABLE[_state(job), _TRIGGER_OF_STAGE[deal.stage] if deal else Trigger.LOST]
    if row.outcome is Outcome.OFFERED and deal:
        after = _offered(job, event, deal, playbook, version)
    elif row.outcome is Outcome.UPDATED and job and deal:
        if deal.facts == job.facts:
            return Decision(job, Outcome.UNCHANGED)
        after = _read_again(job, deal, row.to, revision=job.revision + 1)
    elif job is None or row.outcome is Outcome.UNCHANGED:
        return Decision(job, row.outcome)
    else:
        after = _read_again(job, deal, row.to)
    line = Entry(
        id=f"{after.offer}:{row.outcome}:{after.revision}",
        seq=-1,
        at=now,
        what="deal",
        outcome=row.outcome,
        offer=after.offer,
    )
    return Decision(after, row.outcome, follow.of_deal(row.outcome, after, now, playbook), line)


def _offered(job: Job | None, event: DealRead, deal: Deal, playbook: Playbook, version: int) -> Job:
    return Job(
        id=job_id(event.provider, event.deal_id),
        provider=event.provider,
        deal=event.deal_id,
        state=State.OFFERED,
        offer=job.offer + 1 if job else 1,
        revision=job.revision + 1 if job else 0,
        chat=playbook.dispatching.workers_chat,
        facts=deal.facts,
        url=deal.url,
        manager=deal.manager,
        seen=deal.updated_at,
        playbook=version,
    )


def _read_again(job: Job, deal: Deal | None, to: State | None, revision: int | None = None) -> Job:
    changes: dict[str, object] = {"state": to or job.state}
    if deal is not None:
        changes |= {"facts": deal.facts, "seen": deal.updated_at, "manager": deal.manager}
    if revision is not None:
        changes["revision"] = revision
    return job.model_copy(update=changes)


def _pressed(job: Job | None, press: Press, now: datetime, playbook: Playbook) -> Decision[Job]:
    if job is None:
        return Decision(None, Outcome.UNKNOWN)
    if press.offer != job.offer:
        outcome = Outcome.STALE
    else:
        outcome = TABLE[job.state, _press_trigger(press, job)].outcome
    after = job
    if outcome is Outcome.WON:
        after = job.model_copy(update={"state": State.CLAIMED, "worker": press.worker})
    line = Entry(
        id=press.id,
        seq=-1,
        at=press.at,
        what=press.action,
        outcome=outcome,
        offer=press.offer,
        worker=press.worker,
    )
    return Decision(after, outcome, follow.of_press(outcome, after, press, now, playbook), line)


def _press_trigger(press: Press, job: Job) -> Trigger:
    holds = (
        job.state is State.CLAIMED and job.worker is not None and job.worker.id == press.worker.id
    )
    if press.action == "claim":
        return Trigger.CLAIM_BY_HOLDER if holds else Trigger.CLAIM
    return Trigger.CONTACT_BY_HOLDER if holds else Trigger.CONTACT


def _unclaimed(
    job: Job | None, event: Unclaimed, now: datetime, playbook: Playbook
) -> Decision[Job]:
    row = TABLE[_state(job), Trigger.UNCLAIMED]
    if job is None or row.outcome is not Outcome.OVERDUE or event.offer != job.offer:
        return Decision(job, Outcome.UNCHANGED)
    line = Entry(
        id=f"{job.offer}:{row.outcome}",
        seq=-1,
        at=now,
        what="timer",
        outcome=row.outcome,
        offer=job.offer,
    )
    return Decision(job, row.outcome, follow.of_silence(job, playbook), line)


def _state(job: Job | None) -> State | None:
    return None if job is None else job.state
