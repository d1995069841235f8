"""What an event costs in calls to AWS and to the CRM, counted where they leave. A strongly
consistent read and a write cost money; a call to Bitrix24 costs one of the two that it grants a
second."""

from collections import Counter
from typing import Any, cast

import pytest

from switchboard.domain.events import (
    BonusEarned,
    BonusMoved,
    ClientAnswered,
    ClientSaid,
    LinkPressed,
)
from switchboard.flows.bonus.account import bonus_id
from switchboard.store.database import Database
from tests.doors.house import Counting
from tests.flows.survey_story import CHAT
from tests.pipeline.reviews import CLIENT, Reviews, names_of, playbook
from tests.store.conftest import Tables

DEAL, NEXT = "501", "601"
SURVEY = f"bitrix24-{DEAL}"


class Counted(Reviews):
    def __init__(self, moto: Any, tables: Tables) -> None:
        self.aws: Counter[str] = Counter()
        super().__init__(Database(cast("Any", Counting(moto, self.aws))), names_of(tables))
        self.publish(playbook({"per_day": 10}))
        self.aws.clear()

    def cost(self) -> tuple[int, int, int]:
        """Reads, writes and calls to the CRM since it was asked last."""
        assert set(self.aws) <= {"get_item", "update_item"}
        found = (self.aws["get_item"], self.aws["update_item"], len(self.crm.calls))
        self.aws.clear()
        self.crm.calls.clear()
        return found


@pytest.fixture
def reviews(moto: Any, moto_tables: Tables) -> Counted:
    return Counted(moto, moto_tables)


def test_a_deal_that_is_nothing_to_us(reviews: Counted) -> None:
    """The commonest event of all: whose bonuses it may hold, and whether it has a survey."""
    reviews.deal(DEAL, "OTHER")
    reviews.cost()
    reviews.touched(DEAL)
    assert reviews.cost() == (2, 0, 1)


def test_a_deal_that_comes_to_the_stage_and_is_touched_again(reviews: Counted) -> None:
    reviews.deal(DEAL)
    reviews.cost()
    assert reviews.touched(DEAL) == "scheduled"
    # The state and its outbox, and then the outbox away.
    assert reviews.cost() == (3, 2, 2)
    assert reviews.touched(DEAL) == "unchanged"
    assert reviews.cost() == (3, 0, 1)


def test_asking(reviews: Counted) -> None:
    due = reviews.waiting(DEAL)
    reviews.cost()
    assert reviews.tell(due) == "asked"
    # The survey twice, since it may change meanwhile, and the client; the day's place, the
    # client's reservation, the state, the outbox.
    assert reviews.cost() == (3, 4, 2)
    assert reviews.tell(due) == "settled"
    assert reviews.cost() == (2, 0, 0)


def test_who_is_not_asked_takes_no_writes_but_the_survey_itself(reviews: Counted) -> None:
    reviews.asked(DEAL)
    due = reviews.waiting("502")
    reviews.cost()
    assert reviews.tell(due) == "refused"
    assert reviews.cost() == (3, 1, 2)


def test_a_button_costs_no_more_than_its_survey(reviews: Counted) -> None:
    reviews.clients.bind(reviews.branch, CLIENT, CHAT)
    reviews.asked(DEAL)
    reviews.cost()
    press = ClientAnswered(
        id="1", survey=SURVEY, run=1, question=0, value=9, chat=CHAT, at=reviews.now
    )
    assert reviews.tell(press) == "answered"
    assert reviews.cost() == (1, 2, 0)
    assert reviews.tell(press) == "stale"
    assert reviews.cost() == (1, 0, 0)


def test_words_are_led_to_their_survey(reviews: Counted) -> None:
    reviews.clients.bind(reviews.branch, CLIENT, CHAT)
    reviews.asked(DEAL)
    reviews.cost()
    assert reviews.tell(ClientSaid(id="1", chat=CHAT, text="9", at=reviews.now)) == "answered"
    # The chat, its client, the survey that he was asked in, and that survey once more.
    assert reviews.cost() == (4, 2, 0)


def test_unasked_words_are_answered_once_and_then_cost_two_reads(reviews: Counted) -> None:
    reviews.cost()
    assert reviews.tell(ClientSaid(id="1", chat=CHAT, text="Ау", at=reviews.now)) == "told"
    assert reviews.cost() == (2, 2, 0)
    assert reviews.tell(ClientSaid(id="2", chat=CHAT, text="Ау", at=reviews.now)) == "unasked"
    assert reviews.cost() == (2, 0, 0)


def test_a_press_of_a_link(reviews: Counted) -> None:
    reviews.clients.bind(reviews.branch, CLIENT, CHAT)
    reviews.asked(DEAL)
    for number in range(3):
        reviews.tell(ClientSaid(id=str(number), chat=CHAT, text="9", at=reviews.now))
    reviews.cost()
    press = LinkPressed(code="Code00000001", survey=SURVEY, at=reviews.now)
    assert reviews.tell(press) == "pressed"
    # The state, the outbox, and that the link is settled.
    assert reviews.cost() == (1, 3, 0)


def test_a_deal_of_a_client_without_bonuses(reviews: Counted) -> None:
    reviews.deal(NEXT, "NEW", amount=1000)
    reviews.cost()
    reviews.touched(NEXT)
    assert reviews.cost() == (3, 0, 2)


def test_a_deal_that_takes_a_bonus(reviews: Counted) -> None:
    event = BonusEarned(
        account=CLIENT,
        source="review.1",
        deal=DEAL,
        amount=300,
        lifetime_days=90,
        channel="sms",
        at=reviews.now,
    )
    reviews.tell(event)
    for place in ("crm", "loyalty"):
        moved = BonusMoved(
            account=CLIENT, bonus=bonus_id("review.1"), place=place, movement="grant"
        )
        reviews.tell(moved)
    reviews.deal(NEXT, "NEW", amount=1000)
    reviews.cost()
    assert reviews.touched(NEXT) == "held"
    # Whose it is was noted before anything else; then the account and its outbox.
    assert reviews.cost() == (4, 3, 2)
    reviews.deal(NEXT, "NEW", amount=700)
    assert reviews.touched(NEXT) == "unchanged"
    assert reviews.cost() == (3, 0, 2)
