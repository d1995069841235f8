"""Events of private chats: who a person is, and what he is answered while nothing is asked."""

from collections.abc import Callable, Sequence
from datetime import datetime

from switchboard.crm.phone import e164
from switchboard.domain.events import ClientSaid, ContactShared, Envelope, Started
from switchboard.domain.identity import client_id
from switchboard.flows import start
from switchboard.flows.decision import Decision
from switchboard.flows.start import Session
from switchboard.pipeline import Flow, HandOver, Subjects, settle
from switchboard.playbook.store import Snapshot
from switchboard.store.clients import Clients

ChatEvent = Started | ContactShared | ClientSaid


class ChatInbox:
    def __init__(
        self,
        sessions: Subjects[Session],
        clients: Clients,
        out: Callable[[datetime], HandOver],
    ) -> None:
        self._sessions = sessions
        self._clients = clients
        self._out = out

    def shared(
        self, envelope: Envelope, live: Snapshot, event: ContactShared, now: datetime
    ) -> str:
        """A person's own card makes him known; another's is refused."""
        # Telegram writes a number in full, and now and then without the plus.
        phone = e164(f"+{event.phone.lstrip('+')}", live.playbook.language) if event.own else None
        if phone is not None:
            client = client_id(envelope.branch, phone)
            self._clients.bind(envelope.branch, client, event.worker.id)
        known = event.model_copy(update={"own": phone is not None})
        return self.settle(envelope, live, (known,), now)

    def settle(
        self, envelope: Envelope, live: Snapshot, events: Sequence[ChatEvent], now: datetime
    ) -> str:
        def step(session: Session | None, event: ChatEvent, at: datetime) -> Decision[Session]:
            del at
            return start.step(session, event, live.playbook)

        return settle(
            self._sessions,
            self._out(now),
            envelope.branch,
            envelope.subject,
            lambda _: Flow(step, live.version),
            events,
            now,
            envelope.trace,
        )
