"""Movements of bonuses, each once and confirmed; and a deal's price, with the note about it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from switchboard.domain.bonus import Movement, Place
from switchboard.domain.deal import Contact
from switchboard.domain.effects import AddNote, AddTask, MoveBonus, Parcel, SetAmount
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from switchboard.domain.events import BonusMoved
from switchboard.store.database import Database
from tests.flows.survey_story import BRANCH, deal
from tests.pipeline.mortal import Died, Life, MortalDatabase, MortalInbox, MortalOutbound
from tests.pipeline.reviews import ANNA, BORIS, CLIENT
from tests.pipeline.sending import Post
from tests.store.conftest import Tables

BONUS = "b-aaaabbbbcccc"
LAST_SECOND = datetime(2026, 2, 19, 20, 59, 59, tzinfo=UTC)
"""Of 19 February in Moscow."""


@pytest.fixture
def post(moto: Any, moto_tables: Tables) -> Post:
    return Post(Database(moto), moto_tables)


def _moves(place: Place, movement: Movement = "grant", **changes: Any) -> MoveBonus:
    moved = MoveBonus(
        id=f"{CLIENT}:{BONUS}:{movement}:{place}",
        client=CLIENT,
        deal="501",
        place=place,
        movement=movement,
        bonus=BONUS,
        amount=300,
        balance=300,
        expires_at=LAST_SECOND,
    )
    return moved.model_copy(update=changes)


def _confirmed(post: Post) -> list[BonusMoved]:
    events = [envelope.event for envelope in post.inbox.envelopes]
    confirmed = [one for one in events if isinstance(one, BonusMoved)]
    assert confirmed == events
    return confirmed


def test_the_card_gets_the_balance_as_it_is_now_and_the_flow_hears_of_it(post: Post) -> None:
    # Another movement was decided while this one waited.
    post.balance = 700
    assert post.deliver(_moves("crm")) == "delivered"
    assert (post.crm.calls, post.crm.balance) == (["contact 501", f"balance {ANNA}"], 700)
    assert _confirmed(post) == [
        BonusMoved(account=CLIENT, bonus=BONUS, place="crm", movement="grant")
    ]
    (envelope,) = post.inbox.envelopes
    assert (envelope.branch, envelope.trace) == (BRANCH, "trace")
    assert post.loyalty.movements == {}


def test_an_account_that_is_gone_leaves_what_was_decided(post: Post) -> None:
    post.balance = None
    post.deliver(_moves("crm"))
    assert post.crm.balance == 300


@pytest.mark.parametrize(
    ("movement", "points"),
    [("grant", 300), ("restore", 300), ("redeem", -300), ("expire", -300), ("reverse", -300)],
)
def test_the_loyalty_system_gets_each_movement_under_its_own_key(
    post: Post, movement: Movement, points: int
) -> None:
    effect = _moves("loyalty", movement)
    assert post.deliver(effect) == "delivered"
    ((key, moved),) = post.loyalty.movements.items()
    assert (key, moved.key, moved.phone, moved.points) == (effect.id, effect.id, ANNA, points)
    # A cashier reads it.
    assert moved.comment.endswith(f"сделка {effect.deal}") or moved.comment.endswith(effect.deal)
    # He is told a day, and that is the branch's.
    assert (moved.until, moved.deal) == (date(2026, 2, 19), "501")
    assert (post.crm.calls, post.crm.balance) == (["contact 501"], None)
    assert [one.movement for one in _confirmed(post)] == [movement]


def test_a_movement_is_told_again_as_a_second_attempt_and_is_one(post: Post) -> None:
    effect = _moves("loyalty")
    post.loyalty.trouble.then(Outage("1c", "no answer", doubt=True), acted=True)
    with pytest.raises(Postponed):
        post.deliver(effect)
    # Nobody confirms what may not have come to pass.
    assert _confirmed(post) == []
    assert post.deliver(effect, "receipt-2") == "delivered"
    assert post.deliver(effect, "receipt-3") == "repeated"
    assert post.loyalty.told == [(effect.id, False), (effect.id, True)]
    assert len(post.loyalty.movements) == len(_confirmed(post)) == 1


@pytest.mark.parametrize("trouble", [Unreachable("1c: nobody has this phone"), Refused("1c: 400")])
def test_what_the_loyalty_system_will_not_take_is_a_matter_for_a_person(
    post: Post, trouble: Exception
) -> None:
    post.loyalty.trouble.then(trouble)
    with pytest.raises(Refused):
        post.deliver(_moves("loyalty"))
    assert _confirmed(post) == []


@pytest.mark.parametrize("client", [None, Contact(), Contact(phone=BORIS)])
def test_bonuses_go_to_nobody_else(post: Post, client: Contact | None) -> None:
    post.crm.client = client
    with pytest.raises(Refused):
        post.deliver(_moves("loyalty"))
    assert post.loyalty.movements == {}


def test_a_loyalty_system_that_is_no_longer_in_the_playbook(post: Post) -> None:
    post.has_loyalty = False
    with pytest.raises(Misconfigured):
        post.deliver(_moves("loyalty"))
    assert post.crm.calls == []


@pytest.mark.parametrize("place", ["crm", "loyalty"])
def test_a_deal_that_is_somebody_elses_by_now_is_no_way_and_another_is(
    post: Post, place: Place
) -> None:
    post.crm.clients |= {"501": Contact(phone=BORIS), "502": None, "503": Contact(phone=ANNA)}
    post.known_deals = ("501", "502", "503", "504")
    assert post.deliver(_moves(place)) == "delivered"
    reads = ["contact 501", "contact 502", "contact 503"]
    assert post.crm.calls == reads + ([f"balance {ANNA}"] if place == "crm" else [])
    assert [one.phone for one in post.loyalty.movements.values()] == [ANNA] * (place != "crm")
    assert post.queued == []


def test_a_balance_is_written_into_nobody_elses_card(post: Post) -> None:
    post.crm.client = Contact(phone=BORIS)
    with pytest.raises(Refused, match="another client, or he another phone"):
        post.deliver(_moves("crm"))
    assert (post.crm.balance, post.queued) == (None, [])


def test_a_way_that_cannot_be_asked_now_is_not_given_up(post: Post) -> None:
    post.known_deals = ("502",)
    post.crm.clients["501"] = Contact(phone=BORIS)
    post.crm.trouble.then(None)
    post.crm.trouble.then(Outage("crm", "no answer"))
    with pytest.raises(Postponed):
        post.deliver(_moves("loyalty"))
    assert post.queued == []
    assert post.deliver(_moves("loyalty"), "receipt-2") == "delivered"


@pytest.mark.parametrize("client", [Contact(), Contact(phone=BORIS)])
def test_a_movement_without_a_way_to_the_account_is_handed_to_a_person_once(
    post: Post, client: Contact
) -> None:
    post.crm.client = client
    post.crm.deals["501"] = deal("WON").model_copy(update={"id": "501", "manager": "7"})
    effect = _moves("loyalty", "redeem")
    for owner in ("receipt-1", "receipt-2"):
        with pytest.raises(Refused):
            post.deliver(effect, owner, later=60)
    assert (post.loyalty.movements, _confirmed(post)) == ({}, [])
    tasks = [parcel.effect for parcel in post.queued]
    assert {one.id for one in tasks} == {f"{effect.id}.stuck"}
    assert all(isinstance(one, AddTask) for one in tasks)
    task = tasks[0]
    assert isinstance(task, AddTask)
    assert (task.deal, task.responsible) == ("501", "7")
    assert task.text.startswith(
        "Не записано в систему лояльности: Списание в сделке 501, 300 бонусов."
    )
    assert task.due > post.now
    assert post.deliver_queued() == ["delivered", "repeated"]
    assert post.crm.tasks == [(task.id, False)]


def test_the_task_stands_in_a_deal_that_there_still_is(post: Post) -> None:
    post.crm.client = None
    post.known_deals = ("501", "502")
    post.crm.deals["502"] = deal("WON").model_copy(update={"id": "502"})
    with pytest.raises(Refused):
        post.deliver(_moves("loyalty", "restore"))
    (task,) = [parcel.effect for parcel in post.queued]
    assert isinstance(task, AddTask)
    assert task.deal == "502"


@pytest.mark.parametrize("place", ["crm", "loyalty"])
@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_at_any_call_a_movement_is_one_and_is_confirmed(
    moto: Any, moto_tables: Tables, place: Place, acted: bool
) -> None:
    def play(life: Life) -> tuple[int, Post]:
        database, died = Database(moto), 0
        post = Post(database, moto_tables, MortalDatabase(database, life))
        post.inbox = MortalInbox(life)
        effect = _moves(place)
        try:
            post.deliver(effect)
        except Died:
            died += 1
            # Not before the confirmation is in the inbox is the movement over and done with.
            assert post.deliver(effect, "receipt-2", later=60) in ("delivered", "repeated")
        assert post.deliver(effect, "receipt-3", later=60) == "repeated"
        assert post.inbox.envelopes
        assert len({one.model_dump_json() for one in post.inbox.envelopes}) == 1
        return died, post

    life = Life()
    play(life)
    # Begin, confirm, finish; and the repeat that finds it finished.
    assert life.calls == 4
    for death in range(1, 4):
        died, post = play(Life(death, acted=acted))
        assert died == 1
        if place == "loyalty":
            assert len(post.loyalty.movements) == 1
        else:
            assert post.crm.balance == 300


def _prices(**changes: Any) -> SetAmount:
    priced = SetAmount(
        id="price",
        deal="601",
        before=Decimal(1000),
        amount=Decimal(700),
        note="Списано 300",
        note_if_changed="Цена изменилась, спишите 300 сами",
    )
    return priced.model_copy(update=changes)


def _notes(queued: Sequence[Parcel]) -> list[tuple[str, str]]:
    """The notes in the sender's own queue: their ids and texts."""
    found = [parcel.effect for parcel in queued]
    assert all(isinstance(one, AddNote) and one.deal == "601" for one in found)
    return [(one.id, one.text) for one in found if isinstance(one, AddNote)]


def test_a_price_is_lowered_and_the_deal_says_so(post: Post) -> None:
    assert post.deliver(_prices()) == "delivered"
    assert post.crm.amount == Decimal(700)
    assert _notes(post.queued) == [("price.note", "Списано 300")]
    assert {parcel.trace for parcel in post.queued} == {"trace"}
    assert post.deliver_queued() == ["delivered"]
    assert post.crm.notes == [("price.note", False)]
    assert post.deliver(_prices(), "receipt-2") == "repeated"
    assert post.queued == []


def test_a_price_that_somebody_has_changed_is_left_alone_and_the_deal_says_that(
    post: Post,
) -> None:
    post.crm.amount = Decimal(1200)
    post.deliver(_prices())
    assert post.crm.amount == Decimal(1200)
    assert _notes(post.queued) == [("price.note", "Цена изменилась, спишите 300 сами")]


@pytest.mark.parametrize("amount", [1000, 1200])
def test_without_words_there_is_no_note(post: Post, amount: int) -> None:
    post.crm.amount = Decimal(amount)
    post.deliver(_prices(note="", note_if_changed=""))
    assert post.queued == []


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_at_any_call_the_price_is_lowered_once_and_noted_once(
    moto: Any, moto_tables: Tables, acted: bool
) -> None:
    for death in range(1, 4):
        database, life = Database(moto), Life(death, acted=acted)
        post = Post(database, moto_tables, MortalDatabase(database, life))
        queue = post.queue = MortalOutbound(life)
        with pytest.raises(Died):
            post.deliver(_prices())
        assert post.deliver(_prices(), "receipt-2", later=60) in ("delivered", "repeated")
        assert post.crm.amount == Decimal(700)
        # The price is found lowered, and that is taken to have been us.
        assert set(_notes(queue.parcels)) == {("price.note", "Списано 300")}
