"""Start: a person opens a private chat with the bot, alone or through a job's deep link."""

from datetime import datetime

from switchboard.domain.effects import Effect, SendContact, SendMessage
from switchboard.domain.events import Started
from switchboard.domain.identity import Worker
from switchboard.domain.model import Value
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Playbook
from switchboard.texts.render import render


class Session(Value):
    """What is kept of a private chat: when it was first opened, and the last event acted upon."""

    worker: int
    started_at: datetime
    last: str


def step(session: Session | None, event: Started, playbook: Playbook) -> Decision[Session]:
    """The contact for a good link; otherwise a greeting, or a word about the bad link."""
    if session is not None and session.last == event.id:
        return Decision(session, "repeated")
    started_at = session.started_at if session else event.at
    after = Session(worker=event.worker.id, started_at=started_at, last=event.id)
    outcome = "contact" if event.link else "link_refused" if event.link_refused else "greeted"
    return Decision(after, outcome, (_answer(event, playbook),))


def _answer(event: Started, playbook: Playbook) -> Effect:
    effect_id, chat = f"start.{event.worker.id}.{event.id}", event.worker.id
    if event.link is not None:
        return SendContact(
            id=effect_id,
            chat=chat,
            job=event.link.job,
            offer=event.link.offer,
            worker=event.worker,
        )
    if event.link_refused:
        return SendMessage(id=effect_id, chat=chat, text=link_refused(event.worker, playbook))
    text = _said("worker.greeting", event.worker, playbook)
    return SendMessage(id=effect_id, chat=chat, text=text)


def link_refused(worker: Worker, playbook: Playbook) -> str:
    """What a worker reads whose link is another's, or old, or leads to a job long gone."""
    return _said("worker.link_invalid", worker, playbook)


def _said(key: str, worker: Worker, playbook: Playbook) -> str:
    return render(key, playbook.language, {"first_name": worker.first_name}, playbook.texts)
