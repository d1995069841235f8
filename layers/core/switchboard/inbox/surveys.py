"""Events of surveys, and what must be read and reserved before a client is asked."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from switchboard.crm.phone import e164
from switchboard.crm.port import Crm
from switchboard.domain.events import (
    DealSeen,
    DealTouched,
    Envelope,
    LinkPressed,
    LinkVisited,
    SaleClosed,
    SurveyDue,
    SurveyEvent,
    SurveyReady,
)
from switchboard.flows.daytime import zone_of
from switchboard.flows.survey.step import step
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import NEVER_ASKED, Outcome, State
from switchboard.inbox.reading import Reading
from switchboard.pipeline import Flow, HandOver, Subjects, settle
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import Snapshot
from switchboard.store.clients import Client, Clients
from switchboard.store.record import Record

_MESSAGE = re.compile(
    r"(?P<survey>[a-z0-9]+-[A-Za-z0-9]+):(?P<run>[0-9]+):(?:q[0-9]+|(?P<invites>invite))(?:\.|$)"
)
"""The id of an effect that asks, reminds, or invites to a review; other channels' behind it."""
_LISTENING = timedelta(days=14)
"""For how long after a survey a client's words in the chat are taken to be about it."""


class Inbox(Protocol):
    def put(self, envelope: Envelope, once: str) -> None: ...


class Links(Protocol):
    def settled(self, code: str) -> None: ...


class SurveyInbox:
    def __init__(
        self,
        surveys: Subjects[Survey],
        clients: Clients,
        links: Links,
        playbooks: LivePlaybooks[Playbook],
        out: Callable[[datetime], HandOver],
        crm: Callable[[Snapshot], Crm],
        inbox: Inbox,
    ) -> None:
        self._surveys = surveys
        self._clients = clients
        self._links = links
        self._playbooks = playbooks
        self._out = out
        self._crm = crm
        self._inbox = inbox

    def settle(
        self,
        envelope: Envelope,
        live: Snapshot,
        survey: str,
        events: Sequence[SurveyEvent],
        now: datetime,
    ) -> str:
        def flow_of(record: Record[Survey]) -> Flow[Survey, SurveyEvent]:
            """A survey keeps the playbook that it was begun by until it is begun again."""
            state = record.state
            if state is None or state.state in (State.SKIPPED, State.CANCELLED):
                playbook, version = live.playbook, live.version
            else:
                playbook = self._playbooks.at(envelope.branch, state.playbook)
                version = state.playbook
            return Flow(lambda s, e, at: step(s, e, at, playbook, version), version)

        return settle(
            self._surveys,
            self._out(now),
            envelope.branch,
            survey,
            flow_of,
            events,
            now,
            envelope.trace,
        )

    def deal_read(self, envelope: Envelope, live: Snapshot, reading: Reading, now: datetime) -> str:
        """A deal was touched: its survey begins, or is called off."""
        client = None
        if reading.is_at(live.playbook.reviewing.survey.stages):
            # Our own results in the deal touch it again and again: its client is known by then.
            survey = self._surveys.load(envelope.branch, envelope.subject).state
            client = survey.client if survey and survey.client else reading.client
        seen = DealSeen(
            provider=reading.provider, deal_id=reading.deal_id, deal=reading.deal, client=client
        )
        return self.settle(envelope, live, envelope.subject, (seen,), now)

    def due(self, envelope: Envelope, live: Snapshot, event: SurveyDue, now: datetime) -> str:
        """Gathers all that decides whether and where the client is asked, then asks him."""
        branch = envelope.branch
        survey = self._surveys.load(branch, event.survey).state
        if survey is None or survey.state is not State.WAITING or survey.run != event.run:
            return self.settle(envelope, live, event.survey, (), now)
        if live.playbook.reviews is None:
            off = SurveyReady(survey=survey.id, run=survey.run, deal=None, refused="off")
            return self.settle(envelope, live, survey.id, (off,), now)
        playbook = self._playbooks.at(branch, survey.playbook)
        # Read again: what no webhook told (moved on, deleted, another phone) counts as well.
        reading = Reading(survey.provider, survey.deal, self._crm(live), live.playbook)
        ready = SurveyReady(survey=survey.id, run=survey.run, deal=reading.deal)
        person = reading.person if reading.is_at(playbook.reviewing.survey.stages) else None
        if person is not None:
            client = self._clients.known(branch, person.id)
            known = {"client": client.id, "first_name": person.first_name, "chat": client.chat}
            ready = ready.model_copy(update=known)
            # Nothing is reserved for whoever is not asked now anyway.
            if step(survey, ready, now, playbook, survey.playbook).outcome == Outcome.ASKED:
                refused = self._reserve(survey, client, now, playbook)
                ready = ready.model_copy(update={"refused": refused})
        return self.settle(envelope, live, survey.id, (ready,), now)

    def _reserve(
        self, survey: Survey, client: Client, now: datetime, playbook: Playbook
    ) -> Literal["", "throttled", "quota"]:
        """The client, and a place among the day's. Or why there is none.

        Both are reserved under the survey's name, so whoever repeats this gets the same answer.
        """
        rules, branch = playbook.reviewing.survey, playbook.branch
        name, gap = f"{survey.id}:{survey.run}", timedelta(days=rules.again_after_days)
        today = now.astimezone(zone_of("", playbook.timezone)).date()
        if not client.may_be_asked(name, now, gap):
            return "throttled"
        if rules.per_day and not self._clients.take_place(branch, today, name, rules.per_day):
            return "quota"
        # If another deal of his is faster just here, the day has lost a place.
        return "" if self._clients.reserve(branch, client.id, name, now, gap) else "throttled"

    def of_client(self, branch: str, client: str, now: datetime) -> str | None:
        """The survey that a client's words in WhatsApp are about, None where there is none."""
        survey = self._survey_of(branch, self._clients.known(branch, client))
        if survey is None or survey.state in NEVER_ASKED:
            return None
        return survey.id if _listens(survey, now) else None

    def of_chat(self, branch: str, chat: int, now: datetime) -> str | None:
        """The survey that words in this chat are about, None where there is none.

        One that runs here has them before all others, also when its client has shared his number
        in another chat since. Of the others those whose client is written to here.
        """
        about = None
        for client in self._clients.ever_of_chat(branch, chat):
            survey = self._survey_of(branch, client)
            if survey is None or survey.state in NEVER_ASKED:
                continue
            if survey.state is State.ASKED and survey.chat == chat:
                return survey.id
            here = chat in (client.chat, survey.chat)
            if about is None and here and _listens(survey, now):
                about = survey.id
        return about

    def _survey_of(self, branch: str, client: Client) -> Survey | None:
        """The last that he was asked in."""
        if client.survey is None:
            return None
        return self._surveys.load(branch, client.survey.rpartition(":")[0]).state

    def is_over(self, branch: str, effect: str) -> bool:
        """Whether that effect was a survey's message, and what it asks for has ended since."""
        found = _MESSAGE.match(effect)
        if found is None:
            return False
        survey = self._surveys.load(branch, found["survey"]).state
        if survey is None or survey.run != int(found["run"]):
            return True
        return survey.reversed if found["invites"] else survey.state is not State.ASKED

    def opened(
        self, envelope: Envelope, live: Snapshot, event: LinkPressed | LinkVisited, now: datetime
    ) -> str:
        outcome = self.settle(envelope, live, event.survey, (event,), now)
        if isinstance(event, LinkPressed):
            self._links.settled(event.code)
        return outcome

    def sale_closed(self, envelope: Envelope, live: Snapshot, event: SaleClosed) -> str:
        """Finds the deal by its client's phone, and goes on as if its CRM had told of it."""
        phone = e164(event.phone, live.playbook.language)
        if phone is None:
            return "no phone"
        stages = live.playbook.reviewing.survey.stages
        found = self._crm(live).deal_of_phone(phone, stages)
        if found.deal is None:
            return "no deal" if found.contacts else "no contact"
        touched = DealTouched(provider=live.playbook.crm.kind, deal=found.deal)
        onward = Envelope(branch=envelope.branch, trace=envelope.trace, event=touched)
        self._inbox.put(onward, once=f"{envelope.branch}.sale.{event.id}")
        return "found" if found.contacts == 1 else "found among several"


def _listens(survey: Survey, now: datetime) -> bool:
    return survey.finished_at is None or now - survey.finished_at < _LISTENING
