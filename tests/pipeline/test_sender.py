"""The sender: each effect once, at the provider's pace, whatever the provider does."""

from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest

from switchboard.channels.port import Phones
from switchboard.crm.loyalty import Loyalty
from switchboard.domain.deal import Contact, Stage
from switchboard.domain.effects import (
    AddNote,
    AddTask,
    EditMessage,
    Outbound,
    Parcel,
    SendContact,
    SendMessage,
    UpdateDeal,
)
from switchboard.domain.errors import Postponed, Refused, Unreachable
from switchboard.domain.events import DealRead, Press
from switchboard.domain.identity import JobLink, read_deep_link_token
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step
from switchboard.pipeline import Flow, answer, settle
from switchboard.sender.bonuses import Bonuses
from switchboard.sender.branch import Branch
from switchboard.sender.clients import ClientPost
from switchboard.sender.worker import Sender
from switchboard.store.database import Database
from switchboard.store.deliveries import LEASE, Dead, Deliveries, Finished
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from switchboard.store.record import Record
from tests.flows.story import (
    BRANCH,
    IVAN,
    JOB,
    MANAGER_CHAT,
    NOW,
    OLGA,
    VERSION,
    WORKERS_CHAT,
    deal,
    playbook,
    press,
)
from tests.pipeline.memory import Outside
from tests.pipeline.outside import CrmInMemory, InboxInMemory, MessengerInMemory
from tests.store.conftest import Tables

E = TypeVar("E", bound=Outbound)

PLAYBOOK = playbook()
PHONE = "+7 900 000-00-01"
LINK_KEY = "signing-key"
MOVED_TO = -1009999999999


class Office:
    """A branch's sender with its table, its job, a messenger and a CRM."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self.deliveries = Deliveries(database, tables("deliveries"))
        self.jobs = Jobs(database, tables("jobs"))
        self.messenger = MessengerInMemory()
        self.crm = CrmInMemory(Contact(name="Анна Клиентова", phone=PHONE))
        self.invited: list[Parcel] = []
        self.chats: dict[int, int] = {}
        self.wait = 0.0
        self.slowed: list[tuple[int, float]] = []
        self.now = NOW
        self.outside = Outside()
        self.links = Links(database, tables("links"))
        self.told = InboxInMemory()
        self.phones: dict[str, Phones] = {}
        self.loyalty: Loyalty | None = None
        self.settle(deal())

    def put(self, parcels: list[Parcel], again: str = "") -> None:
        del again
        self.invited += parcels

    def settle(self, *events: DealRead) -> None:
        settle(self.jobs, self.outside, BRANCH, JOB, _flow, events, NOW, "trace")

    def press(self, made: Press) -> None:
        answer(self.jobs, BRANCH, made)
        self.settle()

    def last(self, kind: type[E], ending: str = "") -> E:
        found = [one for one in self.outside.handed if one.id.endswith(ending)]
        (effect,) = [one for one in found if isinstance(one, kind)][-1:]
        return effect

    @property
    def post(self) -> SendMessage:
        return self.last(SendMessage, ":post")

    def deliver(self, effect: Outbound, owner: str = "message-1", *, later: int = 0) -> str:
        self.now += timedelta(seconds=later)
        sender = Sender(
            self.deliveries,
            self.jobs,
            lambda _: self._branch(),
            lambda _, __: PLAYBOOK,
            ClientPost(self.links, self.deliveries, lambda _, __: PLAYBOOK, self, lambda: self.now),
            Bonuses(lambda _, __: None, self.told, self, lambda: self.now),
            self,
            lambda: self.now,
        )
        return sender.deliver(_parcel(effect), owner)

    def _branch(self) -> Branch:
        return Branch(
            playbook=PLAYBOOK,
            chat=lambda chat: self.chats.get(chat, chat),
            messenger=lambda: self.messenger,
            crm=lambda: self.crm,
            link_key=lambda: LINK_KEY,
            pace=lambda _: self.wait,
            slow_down=lambda chat, seconds: self.slowed.append((chat, seconds)),
            moved=self.chats.__setitem__,
            phones=lambda channel: self.phones.get(channel),
            loyalty=lambda: self.loyalty,
            secret=lambda _: "link-key",
        )

    def chat(self, chat: int) -> list[str]:
        return list(self.messenger.chats.get(chat, {}).values())


def _flow(record: Record[Job]) -> Flow[Job, Any]:
    del record
    return Flow(lambda job, event, now: step(job, event, now, PLAYBOOK, VERSION), VERSION)


def _parcel(effect: Outbound) -> Parcel:
    return Parcel(branch=BRANCH, trace="trace", playbook=VERSION, effect=effect)


@pytest.fixture
def office(moto: Any, moto_tables: Tables) -> Office:
    return Office(Database(moto), moto_tables)


def test_an_effect_is_carried_out_once_however_often_it_comes(office: Office) -> None:
    assert office.deliver(office.post) == "delivered"
    for owner in ("message-1", "message-2"):
        assert office.deliver(office.post, owner, later=300) == "repeated"
    assert office.chat(WORKERS_CHAT) == [office.post.text]


def test_of_two_senders_at_once_the_second_waits_for_the_first(office: Office) -> None:
    office.deliveries.begin(BRANCH, office.post.id, "message-1", office.now)
    with pytest.raises(Postponed) as postponed:
        office.deliver(office.post, "message-2")
    assert postponed.value.seconds == LEASE.total_seconds()
    assert office.chat(WORKERS_CHAT) == []


def test_a_chat_over_its_pace_waits_before_anything_is_begun(office: Office) -> None:
    office.wait = 2.5
    with pytest.raises(Postponed) as postponed:
        office.deliver(office.post)
    assert postponed.value.seconds == 2.5
    office.wait = 0.0
    assert office.deliver(office.post, "message-2") == "delivered"
    assert len(office.chat(WORKERS_CHAT)) == 1


def test_a_crms_effect_is_not_held_by_a_chats_pace(office: Office) -> None:
    office.wait = 2.5
    note = AddNote(id="n", deal="1", text="t")
    assert office.deliver(note) == "delivered"


def test_telegrams_retry_after_holds_that_chat_and_the_message_follows(office: Office) -> None:
    office.messenger.trouble.then(Postponed("too many requests", 17.0))
    with pytest.raises(Postponed):
        office.deliver(office.post)
    assert office.slowed == [(WORKERS_CHAT, 17.0)]
    assert office.deliver(office.post, "message-2") == "delivered"
    assert office.messenger.calls == ["send", "send"]


def test_a_post_whose_answer_was_lost_is_found_and_not_sent_again(office: Office) -> None:
    office.messenger.talk(WORKERS_CHAT, "Всем доброе утро")
    office.deliveries.saw_message(BRANCH, WORKERS_CHAT, 1, "earlier")
    office.messenger.talk(WORKERS_CHAT, "И вам")
    office.messenger.trouble.then(Postponed("no answer", doubt=True), acted=True)
    with pytest.raises(Postponed):
        office.deliver(office.post)
    assert office.deliver(office.post, "message-2") == "delivered"
    assert office.chat(WORKERS_CHAT).count(office.post.text) == 1
    done = office.deliveries.message(BRANCH, office.post.id)
    assert done == Finished("done", 3, WORKERS_CHAT)


def test_only_real_attempts_are_counted_for_the_next_wait(office: Office) -> None:
    office.wait = 1.0
    for _ in range(3):
        with pytest.raises(Postponed):
            office.deliver(office.post)
    office.wait = 0.0
    for attempt in (1, 2):
        office.messenger.trouble.then(Postponed("no connection"))
        with pytest.raises(Postponed) as postponed:
            office.deliver(office.post)
        assert postponed.value.attempt == attempt


def test_a_post_that_did_not_go_out_is_sent_after_the_search(office: Office) -> None:
    office.messenger.trouble.then(Postponed("no answer", doubt=True), acted=False)
    with pytest.raises(Postponed):
        office.deliver(office.post)
    assert office.deliver(office.post) == "delivered"
    assert office.chat(WORKERS_CHAT) == [office.post.text]


@pytest.mark.parametrize(
    "meanwhile",
    [Postponed("too many requests", 3.0), Postponed("no connection")],
    ids=["429 while searching", "no connection"],
)
def test_a_doubt_stays_until_the_post_is_found(office: Office, meanwhile: Postponed) -> None:
    office.messenger.trouble.then(Postponed("no answer", doubt=True), acted=True)
    with pytest.raises(Postponed):
        office.deliver(office.post)
    office.messenger.trouble.then(meanwhile)
    with pytest.raises(Postponed):
        office.deliver(office.post)
    assert office.deliver(office.post) == "delivered"
    assert office.chat(WORKERS_CHAT) == [office.post.text]


def test_a_sender_that_died_after_sending_leaves_one_post(office: Office) -> None:
    office.messenger.trouble.then(MemoryError(), acted=True)
    with pytest.raises(MemoryError):
        office.deliver(office.post)
    # The same message of the queue comes again: whoever had it is gone.
    assert office.deliver(office.post) == "delivered"
    assert office.chat(WORKERS_CHAT) == [office.post.text]


def test_a_post_into_a_group_that_threw_the_bot_out_is_refused(office: Office) -> None:
    office.messenger.strangers.add(WORKERS_CHAT)
    with pytest.raises(Refused):
        office.deliver(office.post)
    office.messenger.trouble.then(Unreachable("bot was kicked"))
    with pytest.raises(Refused):
        office.deliver(office.post)
    assert office.messenger.calls == ["send", "edit"]


def test_a_group_that_has_moved_is_written_to_under_its_new_id(office: Office) -> None:
    office.messenger.moved[WORKERS_CHAT] = MOVED_TO
    with pytest.raises(Postponed) as postponed:
        office.deliver(office.post)
    assert postponed.value.seconds is not None
    assert postponed.value.seconds < 1
    assert office.chats == {WORKERS_CHAT: MOVED_TO}
    assert office.deliver(office.post) == "delivered"
    assert office.chat(MOVED_TO) == [office.post.text]


def test_a_post_from_before_the_move_edits_no_message_of_the_new_group(office: Office) -> None:
    office.deliver(office.post)
    office.chats[WORKERS_CHAT] = MOVED_TO
    other = office.post.model_copy(update={"id": "other-job:1:post", "text": "Другой заказ"})
    office.deliver(other)
    office.press(press(IVAN))
    edit = office.last(EditMessage)
    assert office.deliver(edit) == "delivered"
    assert office.chat(MOVED_TO) == ["Другой заказ"]


def test_a_post_sent_after_a_move_that_we_have_not_heard_of_is_edited_where_it_is(
    office: Office,
) -> None:
    office.chats[WORKERS_CHAT] = MOVED_TO
    office.deliver(office.post)
    # Another process, whose playbook is still the one from before the move.
    office.chats.clear()
    office.press(press(IVAN))
    assert office.deliver(office.last(EditMessage)) == "delivered"
    (said,) = office.chat(MOVED_TO)
    assert said.endswith("Исполнитель найден: Иван")


def test_an_edit_changes_the_post_that_was_sent(office: Office) -> None:
    office.deliver(office.post)
    office.press(press(IVAN))
    assert office.deliver(office.last(EditMessage)) == "delivered"
    (said,) = office.chat(WORKERS_CHAT)
    assert said.endswith("Исполнитель найден: Иван")


def test_an_edit_waits_for_its_post_and_not_for_ever(office: Office) -> None:
    office.press(press(IVAN))
    edit = office.last(EditMessage)
    for _ in range(4):
        with pytest.raises(Postponed):
            office.deliver(edit)
    with pytest.raises(Refused):
        office.deliver(edit)
    assert office.messenger.calls == []


def test_an_edit_of_a_post_that_is_dead_has_nothing_to_do(office: Office) -> None:
    office.deliveries.begin(BRANCH, office.post.id, "message-1", NOW)
    office.deliveries.bury(Dead(BRANCH, office.post.id, "outbound", "no such chat", "{}", NOW))
    office.press(press(IVAN))
    assert office.deliver(office.last(EditMessage)) == "delivered"
    assert office.messenger.calls == []


def test_the_contact_is_read_when_it_is_sent_and_goes_to_that_worker(office: Office) -> None:
    office.press(press(OLGA, "contact"))
    assert office.deliver(office.last(SendContact)) == "delivered"
    (said,) = office.chat(OLGA.id)
    assert PHONE in said
    assert office.crm.calls == ["contact 41000001"]
    assert list(office.messenger.chats) == [OLGA.id]


def test_a_repeated_contact_is_not_sent_again_and_not_read_again(office: Office) -> None:
    office.press(press(OLGA, "contact"))
    parcel = office.last(SendContact)
    office.deliver(parcel)
    assert office.deliver(parcel, "message-2") == "repeated"
    assert len(office.chat(OLGA.id)) == len(office.crm.calls) == 1


def test_the_contact_of_a_job_taken_meanwhile_is_neither_read_nor_told(office: Office) -> None:
    office.press(press(OLGA, "contact"))
    parcel = office.last(SendContact)
    # Even before the claim has been stepped through: the item already says who holds the job.
    answer(office.jobs, BRANCH, press(IVAN))
    office.deliver(parcel)
    assert office.crm.calls == []
    assert office.chat(OLGA.id) == [
        "Заказ «Перевод документов для визы» уже занят, исполнитель: Иван."
    ]


@pytest.mark.parametrize("stage", ["lost", "other"])
def test_nor_that_of_a_job_withdrawn_meanwhile(office: Office, stage: Stage) -> None:
    office.press(press(OLGA, "contact"))
    parcel = office.last(SendContact)
    office.settle(deal(stage, at=101))
    office.deliver(parcel)
    assert office.crm.calls == []
    assert PHONE not in office.chat(OLGA.id)[0]


def test_nor_that_of_an_earlier_offer(office: Office) -> None:
    office.press(press(OLGA, "contact"))
    parcel = office.last(SendContact)
    office.settle(deal("lost", at=101))
    office.settle(deal(at=102))
    office.deliver(parcel)
    assert office.crm.calls == []
    assert PHONE not in office.chat(OLGA.id)[0]


def test_a_link_to_a_job_that_is_long_gone_is_answered(office: Office) -> None:
    gone = SendContact(id="c", chat=OLGA.id, job="amocrm-404", offer=1, worker=OLGA)
    assert office.deliver(gone) == "delivered"
    assert office.crm.calls == []
    (text,) = office.chat(OLGA.id)
    assert text.startswith("Ольга, эта ссылка")


def test_a_crm_that_is_down_delays_the_contact_without_losing_it(office: Office) -> None:
    office.press(press(OLGA, "contact"))
    office.crm.trouble.then(Postponed("amocrm: 503"))
    with pytest.raises(Postponed):
        office.deliver(office.last(SendContact))
    assert office.messenger.calls == []
    assert office.deliver(office.last(SendContact)) == "delivered"
    assert PHONE in office.chat(OLGA.id)[0]


def test_a_worker_who_never_pressed_start_gets_a_deep_link_that_is_his_alone(
    office: Office,
) -> None:
    office.messenger.strangers.add(OLGA.id)
    office.press(press(OLGA, "contact"))
    assert office.deliver(office.last(SendContact)) == "delivered"
    (parcel,) = office.invited
    invitation = parcel.effect
    assert isinstance(invitation, SendMessage)
    assert invitation.chat == WORKERS_CHAT
    assert invitation.text.startswith("Ольга, я не могу написать вам первым.")
    assert PHONE not in parcel.model_dump_json()
    address, _, token = invitation.buttons[0][0].url.partition("?start=")
    assert address == "https://t.me/example_jobs_bot"
    assert len(token) <= 64
    read = partial(read_deep_link_token, token)
    assert read([LINK_KEY], BRANCH, OLGA.id) == JobLink(job=JOB, offer=1)
    assert read(["old-key", LINK_KEY], BRANCH, OLGA.id) == JobLink(job=JOB, offer=1)
    assert read([LINK_KEY], BRANCH, IVAN.id) is None
    assert read([LINK_KEY], "other", OLGA.id) is None
    assert read(["another-key"], BRANCH, OLGA.id) is None
    assert read([], BRANCH, OLGA.id) is None
    assert office.deliver(invitation, "message-3") == "delivered"
    assert office.chat(WORKERS_CHAT) == [invitation.text]


@pytest.mark.parametrize("change", ["offer", "job", "mac"])
def test_a_link_that_was_changed_is_nobodys(office: Office, change: str) -> None:
    office.messenger.strangers.add(OLGA.id)
    office.press(press(OLGA, "contact"))
    office.deliver(office.last(SendContact))
    effect = office.invited[0].effect
    assert isinstance(effect, SendMessage)
    token = effect.buttons[0][0].url.partition("?start=")[2]
    provider, number, offer, mac = token.split("-")
    forged = {
        "offer": f"{provider}-{number}-2-{mac}",
        "job": f"{provider}-{number}1-{offer}-{mac}",
        "mac": f"{provider}-{number}-{offer}-{'A' * 16}",
    }[change]
    assert read_deep_link_token(token, [LINK_KEY], BRANCH, OLGA.id) is not None
    assert read_deep_link_token(forged, [LINK_KEY], BRANCH, OLGA.id) is None


def test_a_stranger_who_comes_too_late_is_not_invited_to_nothing(office: Office) -> None:
    office.messenger.strangers.add(OLGA.id)
    office.settle(deal("lost", at=101))
    office.press(press(OLGA, "contact"))
    assert office.deliver(office.last(SendContact)) == "delivered"
    assert office.invited == []


def test_the_crm_is_told_and_a_second_attempt_says_so(office: Office) -> None:
    office.press(press(IVAN))
    update, note, task = (office.last(kind) for kind in (UpdateDeal, AddNote, AddTask))
    for effect in (update, note, task):
        office.crm.trouble.then(Postponed("amocrm: 503", doubt=True))
        with pytest.raises(Postponed):
            office.deliver(effect)
        assert office.deliver(effect) == "delivered"
        assert office.deliver(effect, "message-2") == "repeated"
    assert office.crm.notes == [(note.id, True)]
    assert office.crm.tasks == [(task.id, True)]
    (assigned,) = office.crm.assigned
    assert tuple(assigned) == ("Иван Примеров", "@ivan_primerov", "8000001")
    assert office.slowed == []


def test_a_claim_that_is_over_is_not_written_into_the_deal_any_more(office: Office) -> None:
    office.press(press(IVAN))
    late = office.last(UpdateDeal)
    office.settle(deal("lost", at=101))
    office.settle(deal("search", at=102))
    assert office.deliver(late) == "delivered"
    assert office.crm.assigned == []


def test_a_stranger_is_invited_once_an_offer_however_often_he_asks(office: Office) -> None:
    office.messenger.strangers.add(OLGA.id)
    for n in range(2):
        office.press(press(OLGA, "contact", number=n + 1))
        office.deliver(office.last(SendContact))
    first, second = office.invited
    assert first.effect.id == second.effect.id


def test_what_the_crm_will_never_accept_is_refused_and_lies_with_the_dead(office: Office) -> None:
    office.press(press(IVAN))
    note = office.last(AddNote)
    office.crm.trouble.then(Refused("amocrm: 400"))
    with pytest.raises(Refused):
        office.deliver(note)
    office.deliveries.bury(Dead(BRANCH, note.id, "outbound", "amocrm: 400", "{}", NOW))
    assert office.deliver(note, "message-2") == "repeated"
    # A person mends the cause and replays the letter.
    office.deliveries.raise_up(BRANCH, note.id)
    assert office.deliver(note, "message-3") == "delivered"
    assert office.crm.notes == [(note.id, True)]


def test_the_manager_who_blocked_the_bot_is_a_dead_letter_and_no_endless_retry(
    office: Office,
) -> None:
    office.messenger.strangers.add(MANAGER_CHAT)
    office.press(press(IVAN))
    with pytest.raises(Refused):
        office.deliver(office.last(SendMessage, "won.manager"))


def test_only_groups_have_a_newest_message_to_remember(office: Office) -> None:
    office.press(press(IVAN))
    office.deliver(office.last(SendMessage, "won.manager"))
    office.deliver(office.last(SendMessage, "won.notice"))
    assert office.deliveries.last_message(BRANCH, MANAGER_CHAT).number == 0
    assert office.deliveries.last_message(BRANCH, WORKERS_CHAT).number == 1


def test_what_a_dead_sender_held_passes_on_when_its_lease_is_over(office: Office) -> None:
    office.deliveries.begin(BRANCH, office.post.id, "message-1", office.now)
    assert office.deliver(office.post, "message-2", later=41) == "delivered"
