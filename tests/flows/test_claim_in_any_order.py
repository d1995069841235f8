"""Whatever happens in whatever order, repeated or late: what the claim promises holds.

Doors press, the inbox settles, presses arrive between a load and its commit, Telegram and the CRM
repeat themselves. Everything is looked at after each event.
"""

from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from switchboard.domain.deal import Contact, Stage
from switchboard.domain.effects import EditMessage, Effect, SendContact, UpdateDeal
from switchboard.domain.events import DealRead, Press, Unclaimed
from switchboard.domain.identity import Worker
from switchboard.flows.claim.effects import contact_text
from switchboard.flows.claim.job import Job, standing
from switchboard.flows.claim.step import step
from switchboard.flows.claim.table import Outcome
from switchboard.pipeline import Flow, answer, settle
from switchboard.store.record import Record
from tests.flows.story import (
    BRANCH,
    FACTS,
    IVAN,
    JOB,
    NOW,
    OLGA,
    OTHER_CHAT,
    PETR,
    VERSION,
    WORKERS_CHAT,
    deal,
    deal_is_gone,
    playbook,
    press,
)
from tests.pipeline.memory import JobsInMemory, Outside

PLAYBOOK = playbook()
PHONE = "+7 900 000-00-01"
WORKERS = st.sampled_from([IVAN, OLGA, PETR])
ACTIONS: st.SearchStrategy[Literal["claim", "contact"]] = st.sampled_from(["claim", "contact"])
STAGES: st.SearchStrategy[Stage] = st.sampled_from(["search", "search", "other", "done", "lost"])
PAYS = st.sampled_from(["15 000 ₽", "18 000 ₽"])


def flow_of(record: Record[Job]) -> Flow[Job, DealRead | Press | Unclaimed]:
    del record
    return Flow(lambda job, event, now: step(job, event, now, PLAYBOOK, VERSION), VERSION)


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.jobs = JobsInMemory()
        self.outside = Outside()
        self.clock = 100
        self.pressed: list[Press] = []
        self.told: dict[str, set[Outcome]] = {}
        self.written: set[str] = set()

    def settle(self, *events: DealRead | Press | Unclaimed) -> None:
        settle(self.jobs, self.outside, BRANCH, JOB, flow_of, events, NOW, "trace")

    @rule(stage=STAGES, pay=PAYS, late=st.integers(0, 3))
    def the_deal_is_read(self, stage: Stage, pay: str, late: int) -> None:
        self.clock += 1
        facts = FACTS.model_copy(update={"pay": pay})
        self.settle(deal(stage, facts, at=self.clock - late))

    @rule()
    def the_deal_is_gone(self) -> None:
        self.settle(deal_is_gone())

    @rule(offer=st.integers(1, 4))
    def the_time_is_over(self, offer: int) -> None:
        self.settle(Unclaimed(job=JOB, offer=offer))

    @rule(worker=WORKERS, action=ACTIONS, back=st.sampled_from([0, 0, 0, 0, 1]))
    def somebody_presses(
        self, worker: Worker, action: Literal["claim", "contact"], back: int
    ) -> None:
        self.do_press(worker, action, back)

    @rule(worker=WORKERS, action=ACTIONS)
    def somebody_presses_in_another_chat(
        self, worker: Worker, action: Literal["claim", "contact"]
    ) -> None:
        before = self.jobs.items.get((BRANCH, JOB))
        seq = before.seq if before else 0
        outcome = self.do_press(worker, action, 0, OTHER_CHAT)
        assert outcome in (Outcome.NOT_MEMBER, Outcome.UNKNOWN)
        assert (before.seq if before else 0) == seq

    @rule(which=st.integers(0, 100))
    def telegram_repeats_a_press(self, which: int) -> None:
        if self.pressed:
            self.answer(self.pressed[which % len(self.pressed)])

    @rule()
    def the_inbox_settles(self) -> None:
        self.settle()

    @rule(worker=WORKERS, action=ACTIONS, stage=STAGES)
    def somebody_presses_in_the_middle_of_a_commit(
        self, worker: Worker, action: Literal["claim", "contact"], stage: Stage
    ) -> None:
        self.clock += 1
        self.jobs.between = lambda: self.do_press(worker, action, 0)
        self.settle(deal(stage, at=self.clock))

    @rule(stage=STAGES)
    def another_sweeper_commits_first(self, stage: Stage) -> None:
        self.clock += 1
        self.jobs.between = self.settle
        self.settle(deal(stage, at=self.clock))

    def do_press(
        self,
        worker: Worker,
        action: Literal["claim", "contact"],
        back: int,
        chat: int = WORKERS_CHAT,
    ) -> Outcome:
        item = self.jobs.items.get((BRANCH, JOB))
        offer = max(1, item.job.offer - back) if item else 1
        number = len(self.pressed) + 1
        made = press(worker, action, number=number, offer=offer, chat=chat)
        self.pressed.append(made)
        return self.answer(made)

    def answer(self, made: Press) -> Outcome:
        item = self.jobs.items.get((BRANCH, JOB))
        before = item.seq if item else 0
        told = answer(self.jobs, BRANCH, made)
        if item and item.seq > before:
            self.written.add(made.id)
        self.told.setdefault(made.id, set()).add(told.outcome)
        if told.outcome is Outcome.TAKEN:
            assert told.first_name not in ("", made.worker.first_name)
        return told.outcome

    @invariant()
    def one_winner_an_offer_and_the_journal_names_the_same(self) -> None:
        presses = {one.id: one for one in self.pressed}
        told = [presses[key] for key, outcomes in self.told.items() if Outcome.WON in outcomes]
        assert len({one.offer for one in told}) == len(told)
        written = [line for line in self.outside.journal.values() if line.outcome == Outcome.WON]
        assert len({line.offer for line in written}) == len(written)
        assert {line.id for line in written} <= {one.id for one in told}

    @invariant()
    def the_same_id_is_always_the_same_effect(self) -> None:
        known: dict[str, Effect] = {}
        for effect in self.outside.handed:
            # What Telegram or a timer repeats long after is decided anew, on what is true then. The
            # same person is told under the same id, so only the first is ever carried out.
            if "contact." in effect.id or effect.id.endswith("overdue.manager"):
                first = known.setdefault(effect.id, effect)
                assert (first.kind, first.group) == (effect.kind, effect.group)  # type: ignore[union-attr]
            else:
                assert known.setdefault(effect.id, effect) == effect

    @invariant()
    def edits_are_of_posts_that_were_sent_before(self) -> None:
        seen: set[str] = set()
        for effect in self.outside.handed:
            if isinstance(effect, EditMessage):
                assert effect.of in seen
            seen.add(effect.id)

    @invariant()
    def nothing_follows_from_a_losing_press(self) -> None:
        outcomes = {(line.id, line.outcome) for line in self.outside.journal.values()}
        winners = {
            line.offer: line.worker.full_name
            for line in self.outside.journal.values()
            if line.outcome == Outcome.WON and line.worker
        }
        for effect in self.outside.handed:
            _, offer, name = effect.id.split(":", 2)
            if name.startswith("won."):
                assert int(offer) in winners
            if name == "won.deal":
                assert isinstance(effect, UpdateDeal)
                assert effect.worker_name == winners[int(offer)]
            if name.startswith("contact."):
                asked = name.removeprefix("contact.")
                assert outcomes & {(asked, Outcome.CONTACT_SENT), (asked, Outcome.GONE)}

    @invariant()
    def the_contact_goes_to_nobody_else_once_it_is_taken(self) -> None:
        stands = self.jobs.standing(BRANCH, JOB)
        if stands is None:
            return
        job, client = standing(*stands), Contact(name="Анна", phone=PHONE)
        by = {
            (one.offer, one.worker.id)
            for one in self.pressed
            if Outcome.WON in self.told.get(one.id, ())
        }
        for parcel in self.outside.handed:
            if isinstance(parcel, SendContact):
                text = contact_text(job, parcel.worker.id, parcel.offer, client, PLAYBOOK)
                taken = any(offer == parcel.offer for offer, _ in by)
                if PHONE in text:
                    assert job.state in ("offered", "claimed")
                    assert parcel.offer == job.offer
                    assert not taken or (parcel.offer, parcel.worker.id) in by

    def teardown(self) -> None:
        """When everything has come to rest the journal is complete, and nothing is pending."""
        self.settle()
        item = self.jobs.items.get((BRANCH, JOB))
        if item is None:
            assert not self.outside.journal
            return
        left = [item.pending, item.presses, item.lines, item.outbox.effects]
        assert not any(left)
        assert sorted(self.outside.journal) == list(range(item.seq))
        assert self.written <= {line.id for line in self.outside.journal.values()}


AnyOrder.TestCase.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, derandomize=True
)
TestAnyOrder = AnyOrder.TestCase
