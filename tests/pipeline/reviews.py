"""A branch with reviews: its inbox, the tables behind it, and a CRM whose deals can be changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from switchboard.crm.port import Assignment, Change, PhoneMatch
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.effects import Effect
from switchboard.domain.events import DealTouched, Envelope, Event, SurveyDue
from switchboard.domain.identity import client_id
from switchboard.flows.bonus.account import Account
from switchboard.flows.start import Session
from switchboard.flows.survey.survey import Survey
from switchboard.inbox.accounts import AccountInbox
from switchboard.inbox.chats import ChatInbox
from switchboard.inbox.jobs import JobInbox
from switchboard.inbox.surveys import SurveyInbox
from switchboard.inbox.worker import InboxWorker
from switchboard.pipeline import HandOver
from switchboard.playbook.model import Playbook, Results
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.store.clients import Clients
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from switchboard.store.subjects import SubjectTable
from tests.flows.survey_story import BRANCH, CHANNELS, NOW, deal
from tests.flows.survey_story import playbook as survey_playbook
from tests.pipeline.memory import Outside
from tests.pipeline.outside import InboxInMemory, OutboundInMemory
from tests.store.conftest import Tables

ANNA, BORIS = "+79000000011", "+79000000012"
CLIENT, OTHER_CLIENT = client_id(BRANCH, ANNA), client_id(BRANCH, BORIS)
KINDS = ("jobs", "sessions", "surveys", "ledger", "clients", "links", "settings")
ONEC = {
    "kind": "onec_http",
    "base_url": "https://1c.example/base/hs/loyalty",
    "login": "env:TEST_1C_LOGIN",
    "password": "env:TEST_1C_PASSWORD",
    "webhook_secrets": ["env:TEST_1C_SECRET"],
    "grant": {"path": "/grant"},
    "take": {"path": "/take"},
}


def playbook(
    survey: Mapping[str, Any] | None = None, channels: Mapping[str, Any] = CHANNELS, **reviews: Any
) -> Playbook:
    """Of a branch with a 1C. A deal may take bonuses at NEW, and its price is lowered then."""
    bonus = {
        "amount": 300,
        "stages": ["NEW"],
        "spent_stages": ["WON"],
        "lost_stages": ["JUNK"],
        "spend": "take_off",
    }
    rules = {"bonus": bonus} | reviews
    by = survey_playbook(survey, channels={**channels, "loyalty": ONEC}, **rules)
    results = Results(balance="ufCrm_1", bonus="ufCrm_2")
    return by.model_copy(update={"crm": by.crm.model_copy(update={"results": results})})


@dataclass
class CrmWithDeals:
    """Deals and their clients by number; reads are kept in their order."""

    deals: dict[str, Deal | None] = field(default_factory=dict)
    clients: dict[str, Contact] = field(default_factory=dict)
    phones: dict[str, PhoneMatch] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    trouble: Exception | None = None

    def deal(self, deal_id: str) -> Deal | None:
        self._called(f"deal {deal_id}")
        return self.deals.get(deal_id)

    def contact(self, deal_id: str) -> Contact | None:
        self._called(f"contact {deal_id}")
        return self.clients.get(deal_id)

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        self._called(f"phone {phone} {','.join(stages)}")
        return self.phones.get(phone, PhoneMatch(0))

    def _called(self, call: str) -> None:
        self.calls.append(call)
        if self.trouble is not None:
            raise self.trouble

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        raise NotImplementedError

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        raise NotImplementedError

    def add_task(
        self,
        deal_id: str,
        text: str,
        due: datetime,
        responsible: str | None,
        key: str,
        *,
        again: bool,
    ) -> None:
        raise NotImplementedError

    def changed_since(self, moment: datetime) -> Iterable[Change]:
        raise NotImplementedError

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        raise NotImplementedError

    def set_balance(self, phone: str, balance: int) -> None:
        raise NotImplementedError

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        raise NotImplementedError


class Names(NamedTuple):
    """Of the tables, by kind."""

    jobs: str
    sessions: str
    surveys: str
    ledger: str
    clients: str
    links: str
    settings: str


def names_of(tables: Tables) -> Names:
    return Names(*(tables(kind) for kind in KINDS))


class Reviews:
    """An inbox worker over these tables. `out` and `put_in` are where it hands things on to."""

    def __init__(
        self,
        database: Database,
        names: Names,
        branch: str = BRANCH,
        out: Callable[[datetime], HandOver] | None = None,
        put_in: InboxInMemory | None = None,
    ) -> None:
        self.branch = branch
        self.store = PlaybookStore(database, names.settings)
        self.jobs = Jobs(database, names.jobs)
        self.sessions = SubjectTable(database, names.sessions, Session)
        self.surveys = SubjectTable(database, names.surveys, Survey)
        self.accounts = SubjectTable(database, names.ledger, Account)
        self.clients = Clients(database, names.clients)
        self.links = Links(database, names.links)
        self.put_in = put_in or InboxInMemory()
        self.outside = Outside()
        self.outbound = OutboundInMemory()
        self.crm = CrmWithDeals()
        self.now = NOW
        # Read when it is published and never again: nothing here depends on the machine's time.
        self._playbooks = LivePlaybooks(self.store, clock=lambda: 0.0)
        self._worker = self._inbox(out or (lambda _: self.outside))

    def _inbox(self, out: Callable[[datetime], HandOver]) -> InboxWorker:
        def crm(_: Snapshot) -> CrmWithDeals:
            return self.crm

        books = self._playbooks
        return InboxWorker(
            playbooks=books,
            store=self.store,
            jobs=JobInbox(self.jobs, books, out),
            chats=ChatInbox(self.sessions, self.clients, out),
            surveys=SurveyInbox(
                self.surveys, self.clients, self.links, books, out, crm, self.put_in
            ),
            accounts=AccountInbox(self.accounts, self.clients, books, out),
            outbound=self.outbound,
            crm=crm,
            now=lambda: self.now,
        )

    def publish(self, by: Playbook) -> None:
        self.store.publish(by.model_copy(update={"branch": self.branch}), NOW)
        self._playbooks.refresh(self.branch)

    def tell(self, event: Event) -> str:
        return self._worker.handle(Envelope(branch=self.branch, trace="trace", event=event))

    def touched(self, deal_id: str) -> str:
        return self.tell(DealTouched(provider="bitrix24", deal=deal_id))

    def deal(
        self, deal_id: str, stage: str = "WON", phone: str | None = ANNA, **changes: Any
    ) -> None:
        """The deal as the CRM has it from now on; without a phone its client's card has none."""
        read = deal(stage, at=self.now, since=self.now)
        self.crm.deals[deal_id] = read.model_copy(update={"id": deal_id, **changes})
        self.crm.clients[deal_id] = Contact(name="Анна", phone=phone or "", first_name="Анна")

    def waiting(self, deal_id: str, **changes: Any) -> SurveyDue:
        """The deal has come to the stage, and it is time to ask."""
        self.deal(deal_id, **changes)
        assert self.touched(deal_id) == "scheduled"
        survey = self.survey(deal_id)
        assert survey.due is not None
        self.now = max(self.now, survey.due)
        return SurveyDue(survey=survey.id, run=survey.run)

    def asked(self, deal_id: str, **changes: Any) -> Survey:
        assert self.tell(self.waiting(deal_id, **changes)) == "asked"
        return self.survey(deal_id)

    def survey(self, deal_id: str) -> Survey:
        survey = self.surveys.load(self.branch, f"bitrix24-{deal_id}").state
        assert survey is not None
        return survey

    @property
    def handed(self) -> list[Effect]:
        return self.outside.handed

    @property
    def names(self) -> list[str]:
        return [effect.id for effect in self.handed]
