"""A job, who holds it, and what may be told of it without stepping."""

from switchboard.domain.deal import JobFacts
from switchboard.domain.events import Press
from switchboard.domain.identity import Worker
from switchboard.domain.model import Value
from switchboard.flows.claim.table import Outcome, State


class Job(Value):
    """A deal that is, or was, offered to the workers.

    `offer` counts how often it was offered: a button of an earlier offer is stale. `revision`
    counts the changes of its facts. `seen` is the CRM's time of the newest deal acted upon.
    `playbook` is the version that this offer runs under.
    """

    id: str
    provider: str
    deal: str
    state: State
    offer: int
    revision: int = 0
    chat: int
    facts: JobFacts
    url: str = ""
    manager: str | None = None
    seen: int = 0
    playbook: int
    worker: Worker | None = None


class Holder(Value):
    """Who has taken the job in its item: a worker by one press, or nobody can (`worker` None)."""

    press: str = ""
    worker: Worker | None = None


CLOSED = Holder()


def judge(press: Press, holder: Holder | None) -> Outcome:
    """What to tell the presser, from who holds the job right after his press was written."""
    if holder is None:
        return Outcome.CONTACT_SENT
    if holder.worker is None:
        return Outcome.GONE
    if holder.press == press.id:
        return Outcome.WON
    if holder.worker.id != press.worker.id:
        return Outcome.TAKEN
    return Outcome.YOURS if press.action == "claim" else Outcome.CONTACT_SENT


def standing(job: Job, holder: Holder | None) -> Job:
    """The job as it stands, with a claim that is written but not yet stepped through."""
    if job.state is State.OFFERED and holder is not None and holder.worker is not None:
        return job.model_copy(update={"state": State.CLAIMED, "worker": holder.worker})
    return job


def claim_stands(job: Job, offer: int) -> bool:
    """Whether what followed from that offer's claim is still true."""
    return job.offer == offer and job.state in (State.CLAIMED, State.DONE)


def may_have_contact(job: Job, worker_id: int, offer: int) -> Outcome:
    """Whether this worker may be given the client's contact now: CONTACT_SENT, or why not."""
    if job.offer != offer or job.state in (State.WITHDRAWN, State.DONE):
        return Outcome.GONE
    if job.worker is not None and job.worker.id != worker_id:
        return Outcome.TAKEN
    return Outcome.CONTACT_SENT
