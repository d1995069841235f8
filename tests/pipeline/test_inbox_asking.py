"""A survey is due: what is read and reserved before the client is asked, and that it is once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from switchboard.domain.effects import Schedule, TellClient
from switchboard.domain.errors import Postponed, Refused
from switchboard.domain.events import SurveyDue
from switchboard.store.clients import Client
from switchboard.store.database import Database, Item, Request
from tests.flows.survey_story import CHAT, NOW
from tests.pipeline.reviews import (
    ANNA,
    BORIS,
    CLIENT,
    OTHER_CLIENT,
    Reviews,
    names_of,
    playbook,
)
from tests.store.conftest import Tables

FIRST, SECOND, THIRD = "501", "502", "503"
DAY = timedelta(days=1)


def _invitation(reviews: Reviews) -> TellClient:
    (found,) = (one for one in reviews.handed if isinstance(one, TellClient))
    return found


def _quota_of(reviews: Reviews) -> int:
    """How many places of the day are taken: how many more a limit of many would leave."""
    day = reviews.now.date()
    free = 0
    while reviews.clients.take_place(reviews.branch, day, f"probe-{free}", 10):
        free += 1
    return 10 - free


def test_a_client_whose_chat_is_known_is_asked_there_by_his_name(reviews: Reviews) -> None:
    reviews.clients.bind(reviews.branch, CLIENT, CHAT)
    survey = reviews.asked(FIRST)
    assert (survey.client, survey.channel, survey.chat) == (CLIENT, "telegram", CHAT)
    told = _invitation(reviews)
    assert (told.client, told.channel, told.chat) == (CLIENT, "telegram", CHAT)
    assert told.text.startswith("Здравствуйте, Анна!")


def test_one_whose_chat_is_not_is_asked_by_phone_and_no_phone_is_kept(reviews: Reviews) -> None:
    survey = reviews.asked(FIRST)
    assert (survey.channel, survey.chat) == ("whatsapp", None)
    assert _invitation(reviews).chat is None
    kept = survey.model_dump_json() + "".join(one.model_dump_json() for one in reviews.handed)
    assert ANNA[2:] not in kept


def test_the_deal_is_read_again_just_before(reviews: Reviews) -> None:
    due = reviews.waiting(FIRST)
    reviews.crm.calls.clear()
    reviews.tell(due)
    assert reviews.crm.calls == [f"deal {FIRST}", f"contact {FIRST}"]


@pytest.mark.parametrize(
    ("stage", "reason"), [("NEW", "elsewhere"), ("LOSE", "elsewhere"), (None, "gone")]
)
def test_what_moved_on_unheard_is_not_asked_about_and_reserves_nothing(
    reviews: Reviews, stage: str | None, reason: str
) -> None:
    reviews.publish(playbook({"per_day": 10}))
    due = reviews.waiting(FIRST)
    if stage is None:
        reviews.crm.deals[FIRST] = None
    else:
        reviews.deal(FIRST, stage)
    reviews.crm.calls.clear()
    assert reviews.tell(due) == "cancelled"
    survey = reviews.survey(FIRST)
    assert (survey.state, survey.reason) == ("cancelled", reason)
    # Nobody's phone is read for it either.
    assert reviews.crm.calls == [f"deal {FIRST}"]
    assert reviews.clients.known(reviews.branch, CLIENT) == Client(CLIENT)
    assert _quota_of(reviews) == 0


def test_a_deal_that_got_another_phone_asks_its_owner(reviews: Reviews) -> None:
    due = reviews.waiting(FIRST)
    reviews.deal(FIRST, phone=BORIS)
    assert reviews.tell(due) == "asked"
    assert reviews.survey(FIRST).client == OTHER_CLIENT
    assert reviews.clients.known(reviews.branch, CLIENT).survey is None
    assert reviews.clients.known(reviews.branch, OTHER_CLIENT).survey == f"bitrix24-{FIRST}:1"


@pytest.mark.parametrize("phone", [None, "нет", "123"])
def test_a_deal_that_lost_its_phone_asks_nobody(reviews: Reviews, phone: str | None) -> None:
    due = reviews.waiting(FIRST)
    reviews.deal(FIRST, phone=phone)
    assert reviews.tell(due) == "refused"
    assert reviews.survey(FIRST).reason == "no_phone"


def test_a_deal_without_a_phone_is_not_waited_for(reviews: Reviews) -> None:
    reviews.deal(FIRST, phone=None)
    assert reviews.touched(FIRST) == "no_phone"
    assert reviews.handed == []


def test_a_crm_that_is_down_when_it_is_due_leaves_all_as_it_was(reviews: Reviews) -> None:
    due = reviews.waiting(FIRST)
    reviews.crm.trouble = Postponed("bitrix24: 503")
    with pytest.raises(Postponed):
        reviews.tell(due)
    assert reviews.survey(FIRST).state == "waiting"
    assert reviews.clients.known(reviews.branch, CLIENT) == Client(CLIENT)
    reviews.crm.trouble = None
    assert reviews.tell(due) == "asked"


def test_a_timer_that_comes_twice_asks_once(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 1}))
    due = reviews.waiting(FIRST)
    assert [reviews.tell(due) for _ in range(3)] == ["asked", "settled", "settled"]
    _invitation(reviews)
    assert reviews.tell(SurveyDue(survey="bitrix24-404", run=1)) == "settled"


def test_a_client_is_not_asked_again_for_a_month(reviews: Reviews) -> None:
    reviews.asked(FIRST)
    assert reviews.tell(reviews.waiting(SECOND)) == "refused"
    assert reviews.survey(SECOND).reason == "throttled"
    assert reviews.tell(reviews.waiting(THIRD, phone=BORIS)) == "asked"
    reviews.now += 30 * DAY
    assert reviews.asked("504").client == CLIENT


def test_two_deals_of_one_client_at_once_ask_him_once(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 10}))
    first, second = reviews.waiting(FIRST), reviews.waiting(SECOND)
    assert [reviews.tell(second), reviews.tell(first)] == ["asked", "refused"]
    assert reviews.survey(FIRST).reason == "throttled"
    assert _invitation(reviews).deal == SECOND
    assert _quota_of(reviews) == 1


class Racing(Database):
    """Between the look at a client and what follows from it, something else happens once."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.meanwhile: Callable[[], None] | None = None

    def get(self, request: Request) -> Item | None:
        found = super().get(request)
        if self.meanwhile is not None and request["Key"]["sk"] == {"S": CLIENT}:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return found


def test_of_two_at_the_very_same_moment_the_database_chooses_one(
    moto: Any, moto_tables: Tables
) -> None:
    racing = Racing(moto)
    reviews = Reviews(racing, names_of(moto_tables))
    reviews.publish(playbook({"per_day": 10}))
    first, second = reviews.waiting(FIRST), reviews.waiting(SECOND)
    told = list[str]()
    racing.meanwhile = lambda: told.append(reviews.tell(second))
    assert reviews.tell(first) == "refused"
    assert told == ["asked"]
    assert reviews.survey(FIRST).reason == "throttled"
    assert reviews.clients.known(reviews.branch, CLIENT).survey == f"bitrix24-{SECOND}:1"


def test_the_days_quota_is_for_those_who_are_asked(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 2, "delay_minutes": 0}))
    reviews.asked(FIRST)
    # He is asked too often, and takes nobody's place.
    assert reviews.tell(reviews.waiting(SECOND)) == "refused"
    assert reviews.asked(THIRD, phone=BORIS).client == OTHER_CLIENT
    due = reviews.waiting("504", phone="+79000000013")
    assert reviews.tell(due) == "refused"
    assert reviews.survey("504").reason == "quota"
    # Who found no place was not asked: nothing keeps him from being asked tomorrow.
    reviews.now += DAY
    assert reviews.asked("505", phone="+79000000013").state == "asked"


def test_who_cannot_be_reached_takes_no_place(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 1}, channels={}))
    assert reviews.tell(reviews.waiting(FIRST)) == "refused"
    assert reviews.survey(FIRST).reason == "no_channel"
    reviews.clients.bind(reviews.branch, OTHER_CLIENT, CHAT)
    assert reviews.asked(SECOND, phone=BORIS).channel == "telegram"


def test_at_night_nothing_is_reserved_and_the_morning_asks(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 1}))
    due = reviews.waiting(FIRST)
    reviews.now = NOW + timedelta(hours=9)
    assert reviews.tell(due) == "quiet"
    assert reviews.clients.known(reviews.branch, CLIENT) == Client(CLIENT)
    survey = reviews.survey(FIRST)
    assert survey.due is not None
    reviews.now = survey.due
    assert reviews.tell(due) == "asked"


def test_a_quota_is_the_branchs_day_and_not_ours(reviews: Reviews) -> None:
    """Moscow's 22 November begins at 21:00 of our 21st."""
    quiet = {"start": "03:00", "end": "04:00"}
    reviews.publish(playbook({"per_day": 1, "quiet_hours": quiet, "delay_minutes": 0}))
    reviews.asked(FIRST)
    reviews.now = NOW.replace(hour=20, minute=59)
    assert reviews.tell(reviews.waiting(SECOND, phone=BORIS)) == "refused"
    reviews.now = NOW.replace(hour=21)
    assert reviews.tell(reviews.waiting(THIRD, phone=BORIS)) == "asked"


def test_a_survey_begun_anew_has_a_reservation_of_its_own(reviews: Reviews) -> None:
    reviews.publish(playbook({"per_day": 5}))
    old = reviews.waiting(FIRST)
    reviews.deal(FIRST, "NEW")
    assert reviews.touched(FIRST) == "cancelled"
    fresh = reviews.waiting(FIRST)
    assert (old.run, fresh.run) == (1, 2)
    assert reviews.tell(old) == "settled"
    assert reviews.tell(fresh) == "asked"
    assert reviews.clients.known(reviews.branch, CLIENT).survey == f"bitrix24-{FIRST}:2"


def test_a_survey_keeps_the_rules_that_it_was_begun_by(reviews: Reviews) -> None:
    due = reviews.waiting(FIRST)
    reviews.publish(playbook({"stages": ["OTHER"], "per_day": 1}))
    assert reviews.tell(due) == "asked"


def test_our_own_results_touch_the_deal_and_read_nobodys_phone(reviews: Reviews) -> None:
    reviews.asked(FIRST)
    reviews.crm.calls.clear()
    for _ in range(3):
        assert reviews.touched(FIRST) == "unchanged"
    assert reviews.crm.calls == [f"deal {FIRST}"] * 3


def test_a_deal_that_never_was_ours_leaves_nothing(reviews: Reviews) -> None:
    reviews.deal(FIRST, "OTHER")
    assert reviews.touched(FIRST) == "unchanged"
    assert list(reviews.surveys.of_branch(reviews.branch)) == []
    assert reviews.crm.calls == [f"deal {FIRST}"]


def test_a_survey_whose_timer_the_crm_refused_is_asked_when_its_deal_is_touched(
    reviews: Reviews,
) -> None:
    due = reviews.waiting(FIRST)
    reviews.crm.trouble = Refused("bitrix24: 403")
    with pytest.raises(Refused):
        reviews.tell(due)
    reviews.crm.trouble = None
    reviews.now += timedelta(minutes=16)
    assert [reviews.touched(FIRST) for _ in range(2)] == ["rescheduled", "unchanged"]
    again = reviews.handed[-1]
    assert isinstance(again, Schedule)
    assert (again.event, again.at < reviews.now) == (due, True)
    assert reviews.tell(due) == "asked"
