"""Private chats with the bot: who opens one, who shares his number, and who writes unasked."""

from datetime import datetime, timedelta

from switchboard.domain.effects import Button, Effect, SendContact, SendMessage
from switchboard.domain.events import ClientSaid, ContactShared, Started
from switchboard.domain.identity import Worker
from switchboard.domain.model import Value
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Playbook
from switchboard.texts.render import render

_AGAIN = timedelta(hours=24)
"""How often a person who writes unasked is told that nobody reads it here."""


class Session(Value):
    """What is kept of a private chat: when it was first opened, and the last event acted upon.

    `worker` is the person's Telegram id, whether he works for the branch or is its client.
    """

    worker: int
    started_at: datetime
    last: str
    told_at: datetime | None = None


def step(
    session: Session | None, event: Started | ContactShared | ClientSaid, playbook: Playbook
) -> Decision[Session]:
    """The contact for a good link; otherwise a greeting, or a word about what went wrong."""
    if session is not None and session.last == event.id:
        return Decision(session, "repeated")
    match event:
        case Started():
            outcome = (
                "contact" if event.link else "link_refused" if event.link_refused else "greeted"
            )
            after = _after(session, event.worker.id, event.id, event.at)
            return Decision(after, outcome, (_answer(event, playbook),))
        case ContactShared():
            after = _after(session, event.worker.id, event.id, event.at)
            return Decision(
                after, "known" if event.own else "foreign_card", _shared(event, playbook)
            )
        case ClientSaid():
            return _said_unasked(session, event, playbook)


def link_refused(worker: Worker, playbook: Playbook) -> str:
    """What a worker reads whose link is another's, or old, or leads to a job long gone."""
    return _said("worker.link_invalid", worker, playbook)


def _after(session: Session | None, person: int, event: str, at: datetime) -> Session:
    return Session(
        worker=person,
        started_at=session.started_at if session else at,
        last=event,
        told_at=session.told_at if session else None,
    )


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
    if playbook.reviews is not None:
        text = _said("client.greeting", event.worker, playbook)
        return SendMessage(id=effect_id, chat=chat, text=text, buttons=_ask_number(playbook))
    text = _said("worker.greeting", event.worker, playbook)
    return SendMessage(id=effect_id, chat=chat, text=text)


def _shared(event: ContactShared, playbook: Playbook) -> tuple[Effect, ...]:
    if playbook.reviews is None:
        return ()
    effect_id = f"start.{event.worker.id}.{event.id}"
    key = "client.known" if event.own else "client.foreign_card"
    text = _said(key, event.worker, playbook)
    buttons = () if event.own else _ask_number(playbook)
    return (SendMessage(id=effect_id, chat=event.worker.id, text=text, buttons=buttons),)


def _said_unasked(
    session: Session | None, event: ClientSaid, playbook: Playbook
) -> Decision[Session]:
    told_at, chat = session.told_at if session else None, event.chat
    told_lately = told_at is not None and event.at - told_at < _AGAIN
    if chat is None or playbook.reviews is None or told_lately:
        return Decision(session, "unasked")
    text = render(
        "client.nothing_asked",
        playbook.language,
        {"company": playbook.reviews.company},
        playbook.texts,
    )
    told = SendMessage(id=f"start.{chat}.{event.id}", chat=chat, text=text)
    after = _after(session, chat, event.id, event.at)
    return Decision(after.model_copy(update={"told_at": event.at}), "told", (told,))


def _ask_number(playbook: Playbook) -> tuple[tuple[Button, ...], ...]:
    text = render("client.button.contact", playbook.language, {}, playbook.texts)
    return ((Button(text=text, contact=True),),)


def _said(key: str, worker: Worker, playbook: Playbook) -> str:
    company = playbook.reviews.company if playbook.reviews else ""
    values = {"first_name": worker.first_name, "company": company}
    return render(key, playbook.language, values, playbook.texts)
