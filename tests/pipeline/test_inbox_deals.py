"""One webhook about a deal, and every flow that its branch has; and a sale that names no deal."""

from typing import Any

import pytest

from switchboard.crm.port import PhoneMatch
from switchboard.domain.deal import Stage
from switchboard.domain.effects import MoveBonus, SendMessage, SetAmount
from switchboard.domain.events import (
    BonusEarned,
    BonusMoved,
    DealTouched,
    SaleClosed,
)
from switchboard.playbook.model import Dispatch, Playbook
from switchboard.store.database import Database
from tests.flows.story import WORKERS_CHAT
from tests.pipeline.reviews import ANNA, BORIS, CLIENT, OTHER_CLIENT, Reviews, names_of, playbook
from tests.store.conftest import Tables

DEAL, NEXT = "501", "601"
SALE = "a2b3c4d5e6f7g2h3j4k5"


def _with_dispatch(by: Playbook, stage: str = "WON") -> Playbook:
    """The same branch that also offers the deals of that stage to its workers."""
    crm = by.crm.model_copy(
        update={"stages": by.crm.stages.model_copy(update={"search": (stage,)})}
    )
    return by.model_copy(
        update={"crm": crm, "dispatch": Dispatch(workers_chat=WORKERS_CHAT, task=None)}
    )


@pytest.mark.parametrize("dispatch", [True, False])
@pytest.mark.parametrize("asks", [True, False])
def test_a_deal_goes_to_each_flow_that_the_branch_has(
    moto: Any, moto_tables: Tables, dispatch: bool, asks: bool
) -> None:
    reviews = Reviews(Database(moto), names_of(moto_tables))
    by = _with_dispatch(playbook()) if dispatch else playbook()
    reviews.publish(by if asks else by.model_copy(update={"reviews": None}))
    reviews.deal(DEAL, stage="WON")
    read = reviews.crm.deals[DEAL]
    assert read is not None
    reviews.crm.deals[DEAL] = read.model_copy(update={"stage": "search"})
    said = ["offered"] * dispatch + ["scheduled"] * asks
    assert reviews.touched(DEAL) == (", ".join(said) or "unchanged")
    # However many flows there are, the deal is read once.
    assert reviews.crm.calls == [f"deal {DEAL}", *[f"contact {DEAL}"] * asks]
    assert len(list(reviews.jobs.of_branch(reviews.branch))) == dispatch
    assert len(list(reviews.surveys.of_branch(reviews.branch))) == asks
    assert any(isinstance(one, SendMessage) for one in reviews.handed) is dispatch
    assert reviews.touched(DEAL) == "unchanged"


def _earn(reviews: Reviews, client: str = CLIENT, source: str = "review.bitrix24-501") -> None:
    """A bonus that CRM and 1C have confirmed."""
    event = BonusEarned(
        account=client,
        source=source,
        deal=DEAL,
        amount=300,
        lifetime_days=90,
        channel="sms",
        at=reviews.now,
    )
    reviews.tell(event)
    account = reviews.accounts.load(reviews.branch, client).state
    assert account is not None
    for place in account.entries[-1].places:
        bonus = account.entries[-1].id
        reviews.tell(BonusMoved(account=client, bonus=bonus, place=place, movement="grant"))


def _states(reviews: Reviews, client: str = CLIENT) -> list[str]:
    account = reviews.accounts.load(reviews.branch, client).state
    return [one.state for one in account.entries] if account else []


@pytest.fixture
def rich(reviews: Reviews) -> Reviews:
    """Anna has a bonus, and there is a new deal of hers."""
    _earn(reviews)
    reviews.deal(NEXT, "NEW", amount=1000)
    return reviews


def test_a_deal_takes_its_clients_bonus_and_spends_it(rich: Reviews) -> None:
    assert rich.touched(NEXT) == "held"
    assert _states(rich) == ["held"]
    assert any(isinstance(one, SetAmount) for one in rich.handed)
    rich.deal(NEXT, "WON", amount=700)
    assert rich.touched(NEXT) == "scheduled, redeemed"
    assert _states(rich) == ["redeemed"]
    assert any(isinstance(one, MoveBonus) and one.movement == "redeem" for one in rich.handed)


@pytest.mark.parametrize("stage", ["JUNK", "LOSE", None])
def test_a_deal_that_came_to_nothing_gives_it_back(rich: Reviews, stage: str | None) -> None:
    """At a stage of the bonus's own, at one that means "lost" to the branch, or deleted."""
    rich.touched(NEXT)
    if stage is None:
        rich.crm.deals[NEXT] = None
    else:
        rich.deal(NEXT, stage, phone=None, amount=700)
    rich.crm.calls.clear()
    assert rich.touched(NEXT) == "released"
    assert _states(rich) == ["granted"]
    # Whose it was stands in our own table: nobody's card is read for it.
    assert rich.crm.calls == [f"deal {NEXT}"]


def _go_elsewhere(reviews: Reviews, stage: Stage, amount: int) -> None:
    """Into another pipeline, of whose stages only the end is told."""
    reviews.deal(NEXT, "", amount=amount)
    read = reviews.crm.deals[NEXT]
    assert read is not None
    reviews.crm.deals[NEXT] = read.model_copy(update={"stage": stage})


@pytest.mark.parametrize(("stage", "outcome"), [("done", "redeemed"), ("lost", "released")])
def test_a_deal_that_ends_in_another_pipeline_settles_what_it_held(
    rich: Reviews, stage: Stage, outcome: str
) -> None:
    rich.touched(NEXT)
    _go_elsewhere(rich, "other", 700)
    assert rich.touched(NEXT) == "unchanged"
    _go_elsewhere(rich, stage, 700)
    assert rich.touched(NEXT) == outcome


@pytest.mark.parametrize("stage", ["done", "lost", "other"])
def test_a_deal_of_another_pipeline_starts_nothing(
    moto: Any, moto_tables: Tables, stage: Stage
) -> None:
    reviews = Reviews(Database(moto), names_of(moto_tables))
    reviews.publish(_with_dispatch(playbook()))
    _earn(reviews)
    reviews.handed.clear()
    _go_elsewhere(reviews, stage, 1000)
    assert reviews.touched(NEXT) == "unchanged"
    assert reviews.handed == []
    assert list(reviews.jobs.of_branch(reviews.branch)) == []
    assert list(reviews.surveys.of_branch(reviews.branch)) == []
    assert _states(reviews) == ["granted"]


def test_a_deal_that_gets_another_client_takes_his_and_gives_back_hers(rich: Reviews) -> None:
    _earn(rich, OTHER_CLIENT, "review.bitrix24-777")
    rich.touched(NEXT)
    rich.now = rich.now.replace(minute=1)
    rich.deal(NEXT, "NEW", phone=BORIS, amount=700)
    assert rich.touched(NEXT) == "held"
    assert (_states(rich), _states(rich, OTHER_CLIENT)) == (["granted"], ["held"])
    account = rich.accounts.load(rich.branch, CLIENT).state
    assert account is not None
    # From now on this deal is no way to her card and her phone.
    assert account.deal == DEAL


def test_a_phone_that_is_taken_out_of_the_card_takes_no_bonus_back(rich: Reviews) -> None:
    rich.touched(NEXT)
    rich.deal(NEXT, "NEW", phone=None, amount=700)
    assert rich.touched(NEXT) == "unchanged"
    assert _states(rich) == ["held"]


def test_a_client_without_bonuses_leaves_nothing_behind(reviews: Reviews) -> None:
    reviews.deal(NEXT, "NEW")
    assert reviews.touched(NEXT) == "unchanged"
    assert reviews.clients.of_deal(reviews.branch, f"bitrix24-{NEXT}") is None
    assert list(reviews.accounts.of_branch(reviews.branch)) == []


def test_a_branch_without_bonuses_asks_all_the_same(reviews: Reviews) -> None:
    reviews.publish(playbook(bonus=None))
    reviews.deal(DEAL)
    assert reviews.touched(DEAL) == "scheduled"


def test_a_deal_deleted_before_anybody_heard_of_it_is_nothing(reviews: Reviews) -> None:
    assert reviews.touched("404") == "unchanged"
    assert reviews.handed == []


@pytest.mark.parametrize(
    "typed", ["8 (900) 000-00-11", "+7 900 000 00 11", "79000000011", "9000000011"]
)
def test_a_sale_by_phone_goes_on_as_if_the_crm_had_told_of_the_deal(
    reviews: Reviews, typed: str
) -> None:
    reviews.crm.phones[ANNA] = PhoneMatch(1, DEAL)
    assert reviews.tell(SaleClosed(id=SALE, phone=typed)) == "found"
    assert reviews.crm.calls == [f"phone {ANNA} WON"]
    (onward,) = reviews.put_in.envelopes
    assert onward.event == DealTouched(provider="bitrix24", deal=DEAL)
    assert (onward.branch, onward.trace) == (reviews.branch, "trace")


@pytest.mark.parametrize(
    ("match", "outcome", "asks"),
    [
        (PhoneMatch(0), "no contact", False),
        (PhoneMatch(1), "no deal", False),
        (PhoneMatch(3), "no deal", False),
        (PhoneMatch(3, DEAL), "found among several", True),
    ],
)
def test_what_the_crm_knows_under_a_phone(
    reviews: Reviews, match: PhoneMatch, outcome: str, asks: bool
) -> None:
    reviews.crm.phones[ANNA] = match
    assert reviews.tell(SaleClosed(id=SALE, phone=ANNA)) == outcome
    assert len(reviews.put_in.envelopes) == asks


@pytest.mark.parametrize("typed", ["", "нет", "123", "8 900", "+7 000 000-00-00", "x" * 40])
def test_a_phone_that_is_none_is_not_looked_for(reviews: Reviews, typed: str) -> None:
    assert reviews.tell(SaleClosed(id=SALE, phone=typed)) == "no phone"
    assert (reviews.crm.calls, reviews.put_in.envelopes) == ([], [])


def test_a_sale_that_is_told_again_has_the_same_name_in_the_queue(reviews: Reviews) -> None:
    reviews.crm.phones[ANNA] = PhoneMatch(1, DEAL)
    for _ in range(2):
        reviews.tell(SaleClosed(id=SALE, phone=ANNA))
    reviews.tell(SaleClosed(id="another", phone=ANNA))
    first, again, other = reviews.put_in.names
    assert first == again != other
