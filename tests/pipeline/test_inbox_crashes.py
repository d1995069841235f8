"""The inbox is killed after every write that it makes while a client is asked, answers, earns a
bonus and spends it; what remains is finished, and only once.

Dying before a write, or at a read, is dying after the write before it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from switchboard.crm.port import PhoneMatch
from switchboard.domain.events import (
    BonusMoved,
    ClientAnswered,
    ClientSaid,
    ContactShared,
    Event,
    LinkPressed,
    Resume,
    SaleClosed,
)
from switchboard.domain.identity import Worker
from switchboard.flows.bonus.account import Account, bonus_id
from switchboard.runtime.queues import HandOver
from switchboard.store.clients import Client
from switchboard.store.database import Database, Item, Request
from switchboard.store.journal import Journal
from switchboard.sweeper import FlowName, Subjects
from tests.flows.survey_story import BRANCH, CHAT
from tests.pipeline.mortal import (
    Died,
    Life,
    MortalDatabase,
    MortalInbox,
    MortalOutbound,
    MortalTimer,
)
from tests.pipeline.reviews import ANNA, CLIENT, Reviews, names_of, playbook
from tests.store.conftest import Tables

SURVEY = "bitrix24-501"
SOURCE = f"review.{SURVEY}"


class MortalWriter(MortalDatabase):
    """Reads are not counted."""

    def get(self, request: Request) -> Item | None:
        return self._to.get(request)

    def query(self, request: Request) -> Iterator[Item]:
        return self._to.query(request)


class NoJournal(Journal):
    """Surveys, accounts and chats write no lines: nothing may be called here."""

    def __init__(self) -> None:
        pass


class Process:
    """The inbox of a branch that asks one client a day, for as long as it lives."""

    def __init__(self, database: Database, tables: Tables, life: Life) -> None:
        self.outbound, self.timer = MortalOutbound(life), MortalTimer(life)
        self.inbox = MortalInbox(life)
        names = names_of(tables)
        # The playbook is there before, and nothing that is read from the CRM can be lost.
        Reviews(database, names).publish(playbook({"per_day": 1}))
        self.reviews = Reviews(
            MortalWriter(database, life),
            names,
            out=lambda now: HandOver(self.outbound, self.timer, NoJournal(), now),
            put_in=self.inbox,
        )
        self.reviews.crm.phones[ANNA] = PhoneMatch(1, "501")
        self.reviews.deal("501")
        self.reviews.deal("601", "NEW", amount=1000)

    def story(self) -> Iterator[Callable[[], str]]:
        """What happens, one thing after another. Each may happen twice."""
        reviews, now = self.reviews, self.reviews.now

        def tell(event: Event) -> Callable[[], str]:
            return lambda: reviews.tell(event)

        person = Worker(id=CHAT, first_name="Анна")
        yield tell(ContactShared(id="1", worker=person, phone=ANNA, own=True, at=now))
        yield lambda: reviews.touched("501")
        reviews.now = now = now + timedelta(hours=2)
        yield lambda: reviews.tell(self._timer("due."))
        yield tell(_pressed("2", 0, 9, now))
        yield tell(ClientSaid(id="3", chat=CHAT, text="десять", at=now))
        yield tell(_pressed("4", 2, 10, now))
        yield tell(ClientSaid(id="5", chat=CHAT, text="Приеду ещё", at=now))
        yield tell(LinkPressed(code="Code00000001", survey=SURVEY, at=now))
        yield lambda: reviews.tell(self._timer("bonus.earned"))
        for place in ("crm", "loyalty"):
            event = BonusMoved(
                account=CLIENT, bonus=bonus_id(SOURCE), place=place, movement="grant"
            )
            yield tell(event)
        yield lambda: reviews.touched("601")
        reviews.deal("601", "WON", amount=700)
        yield lambda: reviews.touched("601")
        yield tell(SaleClosed(id="a2b3", phone=ANNA))

    def _timer(self, name: str) -> Event:
        (found,) = {one.id: one.event for one in self.timer.schedules if name in one.id}.values()
        return found

    def sweep(self) -> int:
        """As the sweeper does: whatever was left with an outbox is resumed. How many there were."""
        before, found = self.reviews.now + timedelta(minutes=5), 0
        flows: Mapping[FlowName, Subjects] = {
            "survey": self.reviews.surveys,
            "account": self.reviews.accounts,
            "session": self.reviews.sessions,
        }
        for flow, subjects in flows.items():
            for _, subject, _ in list(subjects.pending_since(before)):
                self.reviews.tell(Resume(flow=flow, subject=subject))
                found += 1
        return found

    def end(self) -> "End":
        reviews = self.reviews
        return End(
            surveys=[one.model_dump() for one in reviews.surveys.of_branch(BRANCH)],
            account=_account(reviews),
            chats=[one.model_dump() for one in reviews.sessions.of_branch(BRANCH)],
            client=reviews.clients.known(BRANCH, CLIENT),
            whose=reviews.clients.of_deal(BRANCH, "bitrix24-601"),
            parcels={one.effect.id: one.model_dump_json() for one in self.outbound.parcels},
            timers={one.id: one.model_dump_json() for one in self.timer.schedules},
            inbox={one.model_dump_json() for one in self.inbox.envelopes},
        )


class End(NamedTuple):
    """What the world looks like when everything has come to rest."""

    surveys: list[dict[str, Any]]
    account: dict[str, Any] | None
    chats: list[dict[str, Any]]
    client: Client
    whose: str | None
    parcels: dict[str, str]
    timers: dict[str, str]
    inbox: set[str]


def _pressed(number: str, question: int, value: int, now: datetime) -> ClientAnswered:
    return ClientAnswered(
        id=number, survey=SURVEY, run=1, question=question, value=value, chat=CHAT, at=now
    )


def _account(reviews: Reviews) -> dict[str, Any] | None:
    state: Account | None = reviews.accounts.load(BRANCH, CLIENT).state
    return None if state is None else state.model_dump()


@pytest.fixture
def database(moto: Any) -> Database:
    return Database(moto)


def _undisturbed(database: Database, tables: Tables) -> tuple[int, End]:
    life = Life()
    process = Process(database, tables, life)
    said = [act() for act in process.story()]
    assert said == [
        *("known", "scheduled", "asked", "answered", "answered", "completed", "passed_on"),
        *("pressed", "earned", "noted", "granted", "held", "scheduled, redeemed", "found"),
    ]
    calls = life.calls
    assert process.sweep() == 0
    return calls, process.end()


def test_killed_anywhere_and_repeated_it_ends_as_if_nothing_had_happened(
    database: Database, moto_tables: Tables
) -> None:
    calls, end = _undisturbed(database, moto_tables)
    assert calls > 50
    for death in range(1, calls + 1):
        process = Process(database, moto_tables, Life(death, acted=True))
        died = 0
        for act in process.story():
            try:
                act()
            except Died:
                died += 1
                act()
        assert died == 1
        assert process.sweep() == 0
        assert process.end() == end, f"killed after write {death}"


def test_killed_anywhere_and_never_repeated_the_sweeper_finishes_what_was_durable(
    database: Database, moto_tables: Tables
) -> None:
    calls, end = _undisturbed(database, moto_tables)
    for death in range(1, calls + 1):
        life = Life(death, acted=True)
        process = Process(database, moto_tables, life)
        for act in process.story():
            try:
                act()
            except Died:
                break
        process.sweep()
        assert process.sweep() == 0
        found = process.end()
        assert found.parcels.items() <= end.parcels.items(), f"killed after write {death}"
        assert found.timers.items() <= end.timers.items()
        _hold(found)


def _hold(found: End) -> None:
    """Whatever is so has had its consequences."""
    names = set(found.parcels)
    for survey in found.surveys:
        mine = f"{survey['id']}:{survey['run']}"
        assert any(one.startswith(f"{mine}:due.") for one in found.timers)
        if survey["asked_at"]:
            assert f"{mine}:q1" in names
            assert found.client.survey == mine
        if survey["state"] == "completed":
            assert f"{mine}:invite" in names
        if survey["pressed_at"]:
            assert f"{mine}:bonus.earned" in found.timers
    for chat in found.chats:
        assert f"start.{chat['worker']}.{chat['last']}" in names
    for entry in found.account["entries"] if found.account else ():
        for place in entry["places"]:
            assert f"{CLIENT}:{entry['id']}:grant:{place}" in names
        if entry["state"] in ("granted", "held", "redeemed"):
            assert f"{CLIENT}:told.granted.{entry['id']}" in names
        if entry["state"] == "held":
            assert found.whose == CLIENT
            assert any(":601:price" in one for one in names)
