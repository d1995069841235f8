"""What WhatsApp tells: clients' words find their survey, and what failed goes to the sender."""

from datetime import timedelta

import pytest

from switchboard.domain.effects import AnswerClient, PassOn, Schedule, TellClient
from switchboard.domain.events import (
    BonusEarned,
    BonusMoved,
    ClientSaid,
    LinkPressed,
    MessageFailed,
)
from switchboard.flows.bonus.account import bonus_id
from tests.pipeline.reviews import BORIS, CLIENT, OTHER_CLIENT, Reviews, playbook

FIRST, SECOND = "501", "502"


def _write(reviews: Reviews, text: str, client: str = CLIENT, number: str = "m1") -> str:
    return reviews.tell(ClientSaid(id=number, client=client, text=text, at=reviews.now))


def test_a_clients_words_are_about_the_survey_that_he_was_asked_in_last(reviews: Reviews) -> None:
    assert reviews.asked(FIRST).channel == "whatsapp"
    assert _write(reviews, "да") == "talking"
    assert _write(reviews, "9", number="m2") == "answered"
    assert [one.value for one in reviews.survey(FIRST).answers] == [9]
    answers = [one for one in reviews.handed if isinstance(one, AnswerClient)]
    assert [one.deal for one in answers] == [FIRST, FIRST]


def test_another_clients_words_are_not_about_it(reviews: Reviews) -> None:
    reviews.asked(FIRST)
    assert _write(reviews, "9", OTHER_CLIENT) == "unasked"
    reviews.asked(SECOND, phone=BORIS)
    assert _write(reviews, "да", OTHER_CLIENT) == "talking"
    assert (reviews.survey(FIRST).talking, reviews.survey(SECOND).talking) == (False, True)


def test_who_was_never_asked_is_not_answered(reviews: Reviews) -> None:
    assert _write(reviews, "Сколько стоит шиномонтаж?") == "unasked"
    reviews.deal(FIRST)
    reviews.touched(FIRST)
    # He is to be asked in two hours, and writes about something else.
    assert _write(reviews, "Сколько стоит шиномонтаж?", number="m2") == "unasked"
    assert [one for one in reviews.handed if isinstance(one, AnswerClient)] == []


@pytest.mark.parametrize(("days", "outcome"), [(13, "passed_on"), (15, "unasked")])
def test_for_two_weeks_his_words_are_taken_to_be_about_the_survey(
    reviews: Reviews, days: int, outcome: str
) -> None:
    reviews.asked(FIRST)
    for number, text in enumerate(("да", "9", "9", "9")):
        _write(reviews, text, number=f"m{number}")
    assert reviews.survey(FIRST).state == "completed"
    reviews.now += timedelta(days=days)
    assert _write(reviews, "А гарантия есть?", number="m9") == outcome


def test_who_has_shared_his_number_with_the_bot_may_be_asked_by_either(reviews: Reviews) -> None:
    """He was asked by phone, and shares his number in the middle: he goes on where he was."""
    reviews.asked(FIRST)
    reviews.clients.bind(reviews.branch, CLIENT, 990000011)
    assert _write(reviews, "да") == "talking"


def _fails(reviews: Reviews, effect: str, code: int = 131026, message: str = "m1") -> str:
    failed = MessageFailed(id=message, channel="whatsapp", effect=effect, code=code)
    return reviews.tell(failed)


def test_what_was_not_delivered_goes_to_the_sender_once_for_each_message(reviews: Reviews) -> None:
    effect = reviews.asked(FIRST).message
    assert [_fails(reviews, effect), _fails(reviews, effect)] == ["passed on", "passed on"]
    # Its sender had died and sent it once more.
    assert _fails(reviews, effect, message="m2") == "passed on"
    first, again, second = reviews.outbound.parcels
    assert (first, first.effect.id != second.effect.id) == (again, True)
    assert (first.branch, first.trace) == (reviews.branch, "trace")
    assert first.effect == PassOn(
        id=f"{effect}.failed.m1", channel="whatsapp", of=effect, code=131026
    )


def test_what_he_has_turned_off_does_not_come_by_sms(reviews: Reviews) -> None:
    assert _fails(reviews, reviews.asked(FIRST).message, 131050) == "declined"
    assert reviews.outbound.parcels == []


@pytest.mark.parametrize("behind", ["", ".whatsapp"])
def test_what_asks_for_something_that_is_over_goes_nowhere(reviews: Reviews, behind: str) -> None:
    asks = f"{reviews.asked(FIRST).message}{behind}"
    assert _fails(reviews, asks) == "passed on"
    for number, text in enumerate(("да", "9", "9", "9")):
        _write(reviews, text, number=f"w{number}")
    assert reviews.survey(FIRST).state == "completed"
    assert _fails(reviews, asks) == "over"
    invites = f"bitrix24-{FIRST}:1:invite{behind}"
    assert _fails(reviews, invites) == "passed on"
    reviews.deal(FIRST, "LOSE")
    reviews.touched(FIRST)
    # Its link promises nothing any more.
    assert reviews.survey(FIRST).reversed
    assert _fails(reviews, invites) == "over"
    assert _fails(reviews, "bitrix24-999:1:q1") == "over"
    # What is no survey's is for the sender to know.
    assert _fails(reviews, f"{CLIENT}:granted:1") == "passed on"


# The section `reviews` is taken out of the playbook.


def test_nobody_is_asked_any_more_whose_survey_was_waiting(reviews: Reviews) -> None:
    due = reviews.waiting(FIRST)
    reviews.publish(WITHOUT_REVIEWS)
    assert reviews.tell(due) == "refused"
    survey = reviews.survey(FIRST)
    assert (survey.state, survey.reason) == ("skipped", "off")
    assert not any(isinstance(one, TellClient) for one in reviews.handed)


def test_who_was_asked_goes_on_to_the_end_and_gets_what_he_was_promised(reviews: Reviews) -> None:
    reviews.asked(FIRST)
    reviews.publish(WITHOUT_REVIEWS)
    for number, text in enumerate(("да", "9", "9", "9")):
        _write(reviews, text, number=f"m{number}")
    survey = reviews.survey(FIRST)
    assert (survey.state, survey.average, survey.bonus) == ("completed", 9.0, 300)
    pressed = LinkPressed(code="Code00000001", survey=survey.id, at=reviews.now)
    assert reviews.tell(pressed) == "pressed"
    earned = next(one for one in reversed(reviews.handed) if isinstance(one, Schedule))
    assert isinstance(earned.event, BonusEarned)
    assert reviews.tell(earned.event) == "earned"
    # And what follows later is decided by the version that has decided before.
    bonus = bonus_id(earned.event.source)
    in_crm = BonusMoved(account=CLIENT, bonus=bonus, place="crm", movement="grant")
    in_loyalty = in_crm.model_copy(update={"place": "loyalty"})
    assert [reviews.tell(in_crm), reviews.tell(in_loyalty)] == ["noted", "granted"]
    told = next(one for one in reversed(reviews.handed) if isinstance(one, TellClient))
    assert told.about == "bonus"


WITHOUT_REVIEWS = playbook().model_copy(update={"reviews": None})
