"""The inbox: each event to its flow, what it needs read back when its turn has come."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from switchboard.domain.deal import Deal
from switchboard.domain.effects import EditMessage, SendContact, SendMessage
from switchboard.domain.errors import Misconfigured, Postponed
from switchboard.domain.events import (
    ChatMigrated,
    DealTouched,
    Envelope,
    Event,
    Settle,
    Started,
    Unclaimed,
)
from switchboard.domain.identity import JobLink
from switchboard.flows.bonus.account import Account
from switchboard.flows.start import Session
from switchboard.flows.survey.survey import Survey
from switchboard.inbox.accounts import AccountInbox
from switchboard.inbox.chats import ChatInbox
from switchboard.inbox.jobs import JobInbox
from switchboard.inbox.surveys import SurveyInbox
from switchboard.inbox.worker import InboxWorker
from switchboard.pipeline import answer
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.store.clients import Clients
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from switchboard.store.subjects import SubjectTable
from tests.flows.story import (
    BRANCH,
    DEAL,
    IVAN,
    JOB,
    NOW,
    OLGA,
    OTHER_CHAT,
    WORKERS_CHAT,
    deal,
    playbook,
    press,
)
from tests.pipeline.memory import Outside
from tests.pipeline.outside import InboxInMemory, OutboundInMemory
from tests.store.conftest import Tables

TOUCHED = DealTouched(provider="amocrm", deal=DEAL)


class Office:
    """An inbox worker, its stores, and a CRM that has one deal or none."""

    def __init__(self, moto: Any, tables: Tables) -> None:
        database = Database(moto)
        self.store = PlaybookStore(database, tables("settings"))
        self.store.publish(playbook(), NOW)
        self.jobs = Jobs(database, tables("jobs"))
        self.sessions = SubjectTable(database, tables("sessions"), Session)
        self.surveys = SubjectTable(database, tables("surveys"), Survey)
        self.accounts = SubjectTable(database, tables("ledger"), Account)
        self.clients = Clients(database, tables("clients"))
        self.links = Links(database, tables("links"))
        self.put_in = InboxInMemory()
        self.outside = Outside()
        self.outbound = OutboundInMemory()
        self.deal: Callable[[], Deal | None] = lambda: deal().deal
        self.reads = 0

    def tell(self, event: Event, branch: str = BRANCH) -> str:
        playbooks = LivePlaybooks(self.store)

        def out(_: datetime) -> Outside:
            return self.outside

        def crm(_: Snapshot) -> Any:
            return _Crm(self)

        worker = InboxWorker(
            playbooks=playbooks,
            store=self.store,
            jobs=JobInbox(self.jobs, playbooks, out),
            chats=ChatInbox(self.sessions, self.clients, out),
            surveys=SurveyInbox(
                self.surveys, self.clients, self.links, playbooks, out, crm, self.put_in
            ),
            accounts=AccountInbox(self.accounts, self.clients, playbooks, out),
            outbound=self.outbound,
            crm=crm,
            now=lambda: NOW,
        )
        return worker.handle(Envelope(branch=branch, trace="trace", event=event))

    def deal_of(self, deal_id: str) -> Deal | None:
        assert deal_id == DEAL
        self.reads += 1
        return self.deal()

    @property
    def names(self) -> list[str]:
        return [effect.id for effect in self.outside.handed]


class _Crm:
    def __init__(self, office: Office) -> None:
        self.deal = office.deal_of


@pytest.fixture
def office(moto: Any, moto_tables: Tables) -> Office:
    return Office(moto, moto_tables)


def test_a_webhook_only_says_which_deal_the_rest_is_read_back(office: Office) -> None:
    assert office.tell(TOUCHED) == "offered"
    assert office.reads == 1
    assert office.names == [f"{JOB}:1:post", f"{JOB}:1:overdue"]


def test_the_same_webhook_three_times_is_one_post(office: Office) -> None:
    assert [office.tell(TOUCHED) for _ in range(3)] == ["offered", "unchanged", "unchanged"]
    assert office.names == [f"{JOB}:1:post", f"{JOB}:1:overdue"]


def test_two_webhooks_in_the_wrong_order_both_read_what_is_true_now(office: Office) -> None:
    office.tell(TOUCHED)
    office.deal = lambda: deal("lost", at=105).deal
    assert [office.tell(TOUCHED) for _ in range(2)] == ["withdrawn", "unchanged"]


def test_a_deal_that_is_gone_withdraws_its_job(office: Office) -> None:
    office.tell(TOUCHED)
    office.deal = lambda: None
    assert office.tell(TOUCHED) == "withdrawn"


def test_a_deal_that_was_never_ours_leaves_nothing_behind(office: Office) -> None:
    office.deal = lambda: deal("other").deal
    assert office.tell(TOUCHED) == "unchanged"
    assert list(office.jobs.of_branch(BRANCH)) == []


def test_a_crm_that_is_down_leaves_the_event_in_its_queue(office: Office) -> None:
    def down() -> Deal | None:
        raise Postponed("amocrm: 503")

    office.deal = down
    with pytest.raises(Postponed):
        office.tell(TOUCHED)
    assert list(office.jobs.of_branch(BRANCH)) == []


def test_settling_carries_out_what_a_press_left(office: Office) -> None:
    office.tell(TOUCHED)
    answer(office.jobs, BRANCH, press(IVAN))
    assert office.tell(Settle(job=JOB)) == "settled"
    assert f"{JOB}:1:won.deal" in office.names
    assert office.tell(Settle(job=JOB)) == "settled"
    assert len(office.names) == len(set(office.names))


def test_settling_a_job_that_is_not_there_is_nothing(office: Office) -> None:
    assert office.tell(Settle(job="amocrm-404")) == "settled"
    assert office.tell(Unclaimed(job="amocrm-404", offer=1)) == "unchanged"
    assert office.names == []


def test_an_offer_that_is_on_keeps_the_playbook_that_it_was_made_by(office: Office) -> None:
    office.tell(TOUCHED)
    changed = playbook().model_copy(update={"texts": {"job.claimed": "Занято: {first_name}"}})
    office.store.publish(changed, NOW)
    answer(office.jobs, BRANCH, press(IVAN))
    office.tell(Settle(job=JOB))
    edits = [one for one in office.outside.handed if isinstance(one, EditMessage)]
    assert "Иван" in edits[0].text
    assert "Занято" not in edits[0].text
    # The next offer goes by the new one.
    office.deal = lambda: deal("lost", at=101).deal
    office.tell(TOUCHED)
    office.deal = lambda: deal(at=102).deal
    office.tell(TOUCHED)
    answer(office.jobs, BRANCH, press(IVAN, offer=2, number=2))
    office.tell(Settle(job=JOB))
    edits = [one for one in office.outside.handed if isinstance(one, EditMessage)]
    assert edits[-1].text == "Занято: Иван"


def test_a_start_with_a_link_gets_the_contact_and_without_one_a_greeting(office: Office) -> None:
    link = JobLink(job=JOB, offer=1)
    assert office.tell(Started(id="1", worker=OLGA, link=link, at=NOW)) == "contact"
    assert office.tell(Started(id="2", worker=OLGA, at=NOW)) == "greeted"
    assert office.tell(Started(id="3", worker=OLGA, link_refused=True, at=NOW)) == "link_refused"
    contact, greeting, refusal = office.outside.handed
    assert isinstance(contact, SendContact)
    assert (contact.job, contact.offer, contact.workers_chat) == (JOB, 1, None)
    assert isinstance(greeting, SendMessage)
    assert greeting.text.startswith("Здравствуйте, Ольга!")
    assert isinstance(refusal, SendMessage)
    assert refusal.text.startswith("Ольга, эта ссылка")
    assert {one.chat for one in (contact, greeting, refusal)} == {OLGA.id}


def test_a_group_that_moved_is_remembered_and_never_in_a_circle(office: Office) -> None:
    assert office.tell(ChatMigrated(old=WORKERS_CHAT, new=OTHER_CHAT)) == "moved"
    assert office.tell(ChatMigrated(old=WORKERS_CHAT, new=OTHER_CHAT)) == "moved"
    assert office.tell(ChatMigrated(old=OTHER_CHAT, new=WORKERS_CHAT)) == "circular"
    snapshot = office.store.snapshot(BRANCH)
    assert snapshot is not None
    assert snapshot.chat(WORKERS_CHAT) == OTHER_CHAT


def test_a_branch_without_a_playbook_is_a_matter_for_a_person(office: Office) -> None:
    with pytest.raises(Misconfigured):
        office.tell(TOUCHED, branch="nobody")
    assert office.names == []
