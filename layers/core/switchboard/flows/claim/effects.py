"""What follows from each outcome of the claim: the post, its edits, the notices, the CRM."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from switchboard.domain.deal import Contact
from switchboard.domain.effects import (
    AddNote,
    AddTask,
    Button,
    EditMessage,
    Effect,
    Rows,
    Schedule,
    SendContact,
    SendMessage,
    UpdateDeal,
)
from switchboard.domain.events import Press, Unclaimed
from switchboard.domain.identity import Worker
from switchboard.flows.claim.job import Job, may_have_contact
from switchboard.flows.claim.table import Outcome, State
from switchboard.playbook.model import Playbook
from switchboard.texts.render import Markup, render

Values = Mapping[str, str | int]

_LINES = ("conditions", "deadline", "pay", "skills")


def of_deal(outcome: Outcome, job: Job, now: datetime, playbook: Playbook) -> tuple[Effect, ...]:
    """What follows when the deal was read back."""
    match outcome:
        case Outcome.OFFERED:
            return (_post(job, playbook), *_deadline(job, now, playbook))
        case Outcome.UPDATED:
            return (_edit(job, "job.offered", playbook, _buttons(job, playbook)),)
        case Outcome.WITHDRAWN:
            return (_edit(job, "job.withdrawn", playbook),)
        case Outcome.DONE:
            return (_edit(job, "job.done", playbook),)
        case Outcome.REVOKED if job.worker is not None:
            told = _say(job, "revoked.worker", job.worker.id, "worker.withdrawn", playbook)
            return (_edit(job, "job.withdrawn", playbook), told)
        case _:
            return ()


def of_press(
    outcome: Outcome, job: Job, press: Press, now: datetime, playbook: Playbook
) -> tuple[Effect, ...]:
    """What follows from a press. Losing presses have had their answer and nothing follows."""
    match outcome:
        case Outcome.WON:
            return _won(job, press.worker, now, playbook)
        case Outcome.CONTACT_SENT:
            return (_contact(job, f"contact.{press.id}", press.worker, job.chat),)
        case Outcome.GONE if press.action == "contact":
            # The job may have gone in the moment between the worker's answer and this step; the
            # sender then tells him so. No deep link: there is nothing left to come back to.
            return (_contact(job, f"contact.{press.id}", press.worker, None),)
        case _:
            return ()


def of_silence(job: Job, playbook: Playbook) -> tuple[Effect, ...]:
    """Nobody took the job in time: the manager is told, once an offer."""
    if playbook.dispatching.manager_chat is None:
        return ()
    minutes = playbook.dispatching.unclaimed_after_minutes or 0
    values: Values = {"url": job.url, "minutes": minutes}
    chat = playbook.dispatching.manager_chat
    return (_say(job, "overdue.manager", chat, "manager.unclaimed", playbook, values),)


def contact_text(job: Job, worker_id: int, offer: int, contact: Contact, playbook: Playbook) -> str:
    """The private message with the client's contact, or why this worker does not get it."""
    allowed = may_have_contact(job, worker_id, offer)
    if allowed is Outcome.GONE:
        return _text("worker.contact_gone", job, playbook)
    if allowed is Outcome.TAKEN and job.worker is not None:
        return _text("worker.contact_taken", job, playbook, _worker_values(job.worker))
    values = {"client": contact.name or "—", "phone": contact.phone}
    if not contact.phone:
        return _text("worker.no_phone", job, playbook, values)
    key = "worker.claimed" if job.state is State.CLAIMED else "worker.contact"
    return _text(key, job, playbook, values)


def start_first(parcel: SendContact, job: Job, url: str, playbook: Playbook) -> SendMessage:
    """The deep link in the group for a worker who cannot be written to yet."""
    values = {"first_name": parcel.worker.first_name}
    button = Button(text=_plain("chat.button.start", playbook), url=url)
    return SendMessage(
        # Once an offer and worker, however often he asks: the group has 20 messages a minute.
        id=f"{job.id}:{parcel.offer}:start.{parcel.worker.id}",
        chat=job.chat,
        text=_text("chat.start_first", job, playbook, values),
        buttons=((button,),),
    )


def _won(job: Job, worker: Worker, now: datetime, playbook: Playbook) -> tuple[Effect, ...]:
    dispatch = playbook.dispatching
    values = _worker_values(worker)
    found: list[Effect] = [
        _edit(job, "job.claimed", playbook),
        _say(job, "won.notice", job.chat, "chat.found", playbook, values),
        _contact(job, "won.contact", worker, job.chat),
        UpdateDeal(
            id=_id(job, "won.deal"),
            deal=job.deal,
            job=job.id,
            offer=job.offer,
            worker_name=worker.full_name,
            worker_login=f"@{worker.login}" if worker.login else "",
            responsible=_crm_user(worker, playbook),
        ),
        AddNote(
            id=_id(job, "won.note"), deal=job.deal, text=_text("crm.note", job, playbook, values)
        ),
    ]
    if dispatch.task is not None:
        due = now + timedelta(minutes=dispatch.task.due_minutes)
        text = _text("crm.task", job, playbook, values)
        found.append(
            AddTask(
                id=_id(job, "won.task"), deal=job.deal, text=text, due=due, responsible=job.manager
            )
        )
    if dispatch.manager_chat is not None:
        told = values | {"url": job.url}
        found.append(
            _say(job, "won.manager", dispatch.manager_chat, "manager.claimed", playbook, told)
        )
    return tuple(found)


def _post(job: Job, playbook: Playbook) -> SendMessage:
    return SendMessage(
        id=_id(job, "post"),
        chat=job.chat,
        text=_text("job.offered", job, playbook),
        buttons=_buttons(job, playbook),
        probe=True,
    )


def _edit(job: Job, key: str, playbook: Playbook, buttons: Rows = ()) -> EditMessage:
    values = _worker_values(job.worker) if job.worker else {}
    return EditMessage(
        id=_id(job, f"edit.{job.state}.{job.revision}"),
        chat=job.chat,
        of=_id(job, "post"),
        text=_text(key, job, playbook, values),
        buttons=buttons,
    )


def _say(
    job: Job,
    name: str,
    chat: int,
    key: str,
    playbook: Playbook,
    values: Values | None = None,
) -> SendMessage:
    return SendMessage(id=_id(job, name), chat=chat, text=_text(key, job, playbook, values))


def _contact(job: Job, name: str, worker: Worker, workers_chat: int | None) -> SendContact:
    return SendContact(
        id=_id(job, name),
        chat=worker.id,
        job=job.id,
        offer=job.offer,
        worker=worker,
        workers_chat=workers_chat,
    )


def _deadline(job: Job, now: datetime, playbook: Playbook) -> tuple[Schedule, ...]:
    minutes = playbook.dispatching.unclaimed_after_minutes
    if minutes is None:
        return ()
    event = Unclaimed(job=job.id, offer=job.offer)
    return (Schedule(id=_id(job, "overdue"), at=now + timedelta(minutes=minutes), event=event),)


def _buttons(job: Job, playbook: Playbook) -> Rows:
    contact, claim = (
        Button(text=_plain(f"job.button.{name}", playbook), data=f"{name}:{job.id}:{job.offer}")
        for name in ("contact", "claim")
    )
    return (contact,), (claim,)


def _crm_user(worker: Worker, playbook: Playbook) -> str | None:
    login = (worker.login or "").lower()
    for known in playbook.dispatching.workers:
        if known.telegram == worker.id or (login and (known.login or "").lower() == login):
            return known.crm_user
    return None


def _worker_values(worker: Worker) -> dict[str, str | int]:
    login = f" (@{worker.login})" if worker.login else ""
    return {"first_name": worker.first_name, "name": worker.full_name, "login": login}


def _text(
    key: str,
    job: Job,
    playbook: Playbook,
    values: Values | None = None,
) -> str:
    lines: dict[str, str | int] = {"title": job.facts.title}
    for name in _LINES:
        fact = getattr(job.facts, name)
        lines[name] = _line(name, fact, playbook) if fact else ""
    return render(key, playbook.language, {**lines, **(values or {})}, playbook.texts).strip()


def _line(name: str, fact: str, playbook: Playbook) -> Markup:
    return render(f"job.line.{name}", playbook.language, {name: fact}, playbook.texts)


def _plain(key: str, playbook: Playbook) -> str:
    return render(key, playbook.language, {}, playbook.texts)


def _id(job: Job, name: str) -> str:
    return f"{job.id}:{job.offer}:{name}"
