"""Which deals are asked about, when, by what channel, and what may come between."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from switchboard.domain.effects import AddNote, RecordDeal, Schedule, TellClient, VoidLink
from switchboard.domain.events import BonusReversed, SurveyDue
from switchboard.flows.survey.step import step
from switchboard.playbook.model import Playbook
from tests.flows.survey_story import (
    CHAT,
    CLIENT,
    MANAGER,
    NOW,
    OTHER_CLIENT,
    SMS,
    SURVEY,
    VERSION,
    YANDEX,
    Story,
    asked,
    completed,
    deal,
    playbook,
    waiting,
)

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_deal_in_the_stage_waits_for_its_delay() -> None:
    story = waiting()
    (due,) = story.effects
    assert isinstance(due, Schedule)
    assert (due.id, due.at) == (f"{SURVEY}:1:due.202511211100", NOW + timedelta(minutes=120))
    assert due.event == SurveyDue(survey=SURVEY, run=1)
    assert (story.it.client, story.it.manager, story.it.playbook) == (CLIENT, MANAGER, VERSION)
    assert (story.it.begun_at, story.it.experiment) == (NOW, "survey")


@pytest.mark.parametrize("stage", ["NEW", "LOSE"])
def test_a_deal_elsewhere_is_nothing(stage: str) -> None:
    story = Story()
    assert story.closed(stage_id=stage) == "unchanged"
    assert (story.survey, story.effects) == (None, ())


def test_a_deal_that_the_crm_never_had_is_nothing() -> None:
    story = Story()
    assert story.seen(None) == "unchanged"
    assert (story.survey, story.effects) == (None, ())


def test_a_branch_may_ask_those_whose_deal_came_to_nothing() -> None:
    story = Story(playbook({"stages": ["WON", "LOSE"]}))
    assert story.closed(stage_id="LOSE") == "scheduled"
    assert story.closed(stage_id="LOSE", at=NOW + timedelta(minutes=1)) == "unchanged"
    assert story.time_for("due") == "asked"


def test_the_same_deal_told_often_is_asked_about_once() -> None:
    story = waiting()
    for minute in range(5):
        assert story.closed(at=NOW + timedelta(minutes=minute)) == "unchanged"
        assert story.effects == ()
    assert story.time_for("due") == "asked"
    assert story.closed() == "unchanged"
    assert story.ready() == "unchanged"


# Too late.


@pytest.mark.parametrize(("hours", "outcome"), [(47, "scheduled"), (48, "scheduled"), (49, None)])
def test_a_deal_that_was_closed_long_ago_is_not_asked_about(hours: int, outcome: str) -> None:
    story = Story()
    told = story.closed(since=NOW - timedelta(hours=hours))
    assert told == (outcome or "too_late")
    assert (story.survey is None) is (outcome is None)


def test_a_crm_that_does_not_tell_since_when_is_believed_by_its_last_change() -> None:
    assert Story().closed(since=None, at=NOW - timedelta(hours=49)) == "too_late"
    assert Story().closed(since=None, at=NOW - timedelta(hours=47)) == "scheduled"


def test_a_survey_that_waits_does_not_get_too_late_by_waiting() -> None:
    """Its delay may be longer than `latest_hours`."""
    story = waiting(playbook({"delay_minutes": 60 * 24 * 7}))
    story.now += timedelta(days=4)
    assert story.closed(since=NOW) == "unchanged"
    assert story.time_for("due") == "asked"


def test_after_days_without_a_timer_nobody_is_asked() -> None:
    story = waiting()
    assert story.time_for("due", late=timedelta(hours=49)) == "refused"
    assert (story.it.state, story.it.reason) == ("skipped", "too_late")


# No phone, no channel.


def test_a_deal_without_a_phone_is_skipped_and_asked_about_once_it_has_one() -> None:
    story = Story()
    assert story.closed(client=None) == "no_phone"
    assert (story.it.state, story.it.reason, story.effects) == ("skipped", "no_phone", ())
    assert story.closed(client=None) == "unchanged"
    story.now += timedelta(hours=1)
    assert story.closed() == "scheduled"
    assert story.it.run == 2
    assert story.scheduled("due").at == story.now + timedelta(hours=2)
    assert story.time_for("due") == "asked"


def test_a_phone_that_vanished_meanwhile() -> None:
    story = waiting()
    story.client = None
    assert story.time_for("due") == "refused"
    assert (story.it.state, story.it.reason, story.effects) == ("skipped", "no_phone", ())


def test_a_branch_without_any_way_to_the_client_skips_him() -> None:
    story = waiting(playbook(channels={}), chat=None)
    assert story.time_for("due") == "refused"
    assert story.it.reason == "no_channel"


@pytest.mark.parametrize("reason", ["throttled", "quota"])
def test_whom_the_inbox_refuses_is_skipped(reason: Literal["throttled", "quota"]) -> None:
    story = waiting()
    story.refused = reason
    assert story.time_for("due") == "refused"
    assert (story.it.state, story.it.reason, story.effects) == ("skipped", reason, ())
    assert story.it.finished_at == story.now


@pytest.mark.parametrize(
    ("channels", "chat", "expected"),
    [
        (None, 990000011, "telegram"),
        (None, None, "whatsapp"),
        (SMS, None, "sms"),
        ({"sms": SMS["sms"], "whatsapp": {"phone_id": "10001", "token": "env:T"}}, None, "sms"),
        ({}, 990000011, "telegram"),
    ],
)
def test_telegram_before_whatsapp_before_sms(
    channels: dict[str, Any] | None, chat: int | None, expected: str
) -> None:
    story = asked(playbook(channels=channels), chat=chat)
    told = story.effect("q1", TellClient)
    assert (told.channel, told.chat) == (expected, chat)


def test_a_client_whose_name_is_unknown_is_greeted_without_it() -> None:
    story = waiting()
    story.first_name = ""
    story.time_for("due")
    assert story.chat[0].startswith("Здравствуйте! Это «Шины &amp; Диски».")


# Reopened, deleted, lost; webhooks in the wrong order.


@pytest.mark.parametrize("stage", ["NEW", "LOSE"])
def test_a_deal_reopened_while_it_waits_is_not_asked_about(stage: str) -> None:
    story = waiting()
    story.now += timedelta(minutes=30)
    assert story.closed(stage_id=stage) == "cancelled"
    assert story.effects == ()
    assert story.time_for("due") == "unchanged"
    # Closed again, everything begins anew; the timer of the first run means nothing any more.
    assert story.closed() == "scheduled"
    assert story.it.run == 2
    assert story.ready(run=1) == "unchanged"
    assert story.time_for("due") == "asked"


def test_what_no_webhook_told_is_seen_when_the_survey_is_due() -> None:
    story = waiting()
    story.deal = deal("NEW", at=NOW + timedelta(minutes=5))
    assert story.time_for("due") == "cancelled"
    assert story.it.reason == "elsewhere"
    story = waiting()
    story.deal = None
    assert story.time_for("due") == "cancelled"
    assert story.it.reason == "gone"


def test_an_older_deal_does_not_undo_a_newer_one() -> None:
    story = waiting()
    story.closed(stage_id="NEW", at=NOW + timedelta(minutes=10))
    assert story.closed(at=NOW + timedelta(minutes=5)) == "outdated"
    assert story.it.state == "cancelled"


def test_an_older_deal_than_the_one_asked_about_is_outdated() -> None:
    story = waiting()
    story.deal = deal(at=NOW + timedelta(hours=1))
    story.time_for("due")
    assert story.closed(stage_id="LOSE", at=NOW + timedelta(minutes=30)) == "outdated"
    assert story.it.state == "asked"


def test_a_deal_deleted_while_it_waits() -> None:
    story = waiting()
    assert story.seen(None) == "cancelled"
    assert story.seen(None) == "unchanged"
    assert story.time_for("due") == "unchanged"


def test_a_deal_reopened_while_its_client_answers_changes_nothing_for_him() -> None:
    story = asked()
    story.press("9")
    assert story.closed(stage_id="NEW") == "unchanged"
    story.press("9")
    assert story.press("9") == "completed"


def test_a_deal_deleted_while_its_client_answers_ends_the_survey() -> None:
    story = asked()
    story.press("9")
    assert story.seen(None) == "abandoned"
    assert story.chat == ["Опрос закрыт. Спасибо, что были у нас!"]
    assert story.names == ["e2.1.abandoned"]
    for name in ("remind", "close"):
        assert story.time_for(name) == "unchanged"
    assert story.closed() == "unchanged"


def test_nobody_is_asked_twice_about_one_deal() -> None:
    story = completed()
    story.closed(stage_id="NEW")
    assert story.closed() == "unchanged"
    assert story.effects == ()


# The bonus of a deal that turns out to be void.


def test_a_deal_that_is_lost_after_its_bonus_takes_it_back_once() -> None:
    story = completed()
    story.press_link()
    assert story.closed(stage_id="LOSE") == "reversed"
    void, back = story.effects
    assert isinstance(void, VoidLink)
    assert isinstance(back, Schedule)
    assert (void.kind, void.group) == ("void_link", f"chat.{CHAT}")
    assert back.event == BonusReversed(account=CLIENT, source=f"review.{SURVEY}")
    for again in (deal("LOSE", at=story.now), None):
        assert story.seen(again) == "unchanged"
        assert story.effects == ()


def test_a_deal_that_is_lost_before_the_press_earns_nothing() -> None:
    story = completed()
    invitation = next(one for one in story.all_effects if one.id.endswith(":invite"))
    assert story.seen(None) == "reversed"
    (void,) = story.effects
    assert isinstance(void, VoidLink)
    assert isinstance(invitation, TellClient)
    assert invitation.link is not None
    # It is the same link, and comes after the message that carries it.
    assert void.group == invitation.group
    for name in ("survey", "run", "purpose", "site"):
        assert getattr(void, name) == getattr(invitation.link, name)
    assert story.press_link() == "pressed"
    assert story.effects == ()


def test_a_deal_without_a_bonus_has_nothing_to_take_back() -> None:
    story = completed(playbook(sites=[{**YANDEX, "ask": "happy"}]))
    story.visit_link()
    assert story.seen(None) == "unchanged"


# His daytime.


@pytest.mark.parametrize(
    ("closed", "asked_at"),
    [
        ("2025-11-21 17:59", "2025-11-21 19:59"),
        ("2025-11-21 18:00", "2025-11-22 10:00"),
        ("2025-11-21 23:30", "2025-11-22 10:00"),
        ("2025-11-22 02:00", "2025-11-22 10:00"),
        ("2025-11-22 07:59", "2025-11-22 10:00"),
        ("2025-11-22 08:01", "2025-11-22 10:01"),
    ],
)
def test_quiet_hours_across_midnight(closed: str, asked_at: str) -> None:
    story = Story()
    story.now = _moscow(closed)
    story.closed()
    assert story.scheduled("due").at == _moscow(asked_at)
    assert story.time_for("due") == "asked"


@pytest.mark.parametrize(
    ("timezone", "asked_at"),
    [
        # Noon in Moscow and two hours more.
        ("Europe/Kaliningrad", NOW + timedelta(hours=2)),
        # 14:00 in Moscow is 21:00 in Vladivostok.
        ("Asia/Vladivostok", datetime(2025, 11, 22, 0, 0, tzinfo=UTC)),
        # Six in the morning in New York.
        ("America/New_York", datetime(2025, 11, 21, 15, 0, tzinfo=UTC)),
        ("Nowhere/Atall", NOW + timedelta(hours=2)),
        ("../etc/passwd", NOW + timedelta(hours=2)),
        ("", NOW + timedelta(hours=2)),
    ],
)
def test_the_clients_own_zone_goes_before_the_branchs(timezone: str, asked_at: datetime) -> None:
    story = waiting(timezone=timezone)
    assert story.scheduled("due").at == asked_at


@pytest.mark.parametrize(
    ("closed", "asked_at"),
    [
        # The clocks go forward at two in the night of 30 March, and back in that of 26 October.
        (datetime(2025, 3, 29, 20, 0, tzinfo=UTC), datetime(2025, 3, 30, 8, 0, tzinfo=UTC)),
        (datetime(2025, 10, 25, 20, 0, tzinfo=UTC), datetime(2025, 10, 26, 9, 0, tzinfo=UTC)),
    ],
)
def test_over_a_change_of_the_clocks(closed: datetime, asked_at: datetime) -> None:
    story = Story()
    story.now = closed
    story.closed(timezone="Europe/Berlin")
    assert story.scheduled("due").at == asked_at
    assert asked_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 10


def test_a_timer_that_comes_late_at_night_is_put_off_until_the_morning() -> None:
    story = waiting()
    assert story.time_for("due", late=timedelta(hours=8)) == "quiet"
    assert story.now == _moscow("2025-11-21 22:00")
    assert story.names == ["due.202511220700"]
    assert story.it.state == "waiting"
    # Told again in the same night, it is the same.
    assert story.ready() == "quiet"
    assert story.names == ["due.202511220700"]
    assert story.time_for("due") == "asked"
    assert story.now == _moscow("2025-11-22 10:00")


def test_a_reminder_keeps_to_his_daytime_too() -> None:
    story = asked(playbook({"remind_after_hours": 8}))
    assert story.scheduled("remind").at == _moscow("2025-11-22 10:00")
    assert story.time_for("remind", late=timedelta(hours=11)) == "quiet"
    assert story.names == ["remind.202511230700"]
    assert story.it.reminded is False
    assert story.time_for("remind") == "reminded"
    assert story.now == _moscow("2025-11-23 10:00")


def test_a_reminder_put_off_past_the_end_is_none() -> None:
    story = asked(playbook({"remind_after_hours": 4, "close_after_hours": 12}))
    # 18:00; the survey ends at 02:00.
    assert story.time_for("remind", late=timedelta(hours=3)) == "quiet"
    assert story.effects == ()


def _moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


# Variants.

VARIANTS = {
    "variants": [
        {"name": "A", "weight": 50},
        {
            "name": "B",
            "weight": 50,
            "delay_minutes": 30,
            "text": "{hello} Оцените визит в «{company}»!",
            "sms": "{company}: оцените визит {url}",
        },
    ]
}


def test_a_variant_has_its_own_words_and_its_own_delay() -> None:
    a, b = _of_variant("A"), _of_variant("B")
    assert (a.scheduled("due").at, b.scheduled("due").at) == (
        NOW + timedelta(minutes=120),
        NOW + timedelta(minutes=30),
    )
    assert a.chat[0].startswith("Здравствуйте, Анна! Это «Шины &amp; Диски». Вы недавно")
    assert b.chat[0].startswith("Здравствуйте, Анна! Оцените визит в «Шины &amp; Диски»!\n\n<b>")
    assert b.effect("q1", TellClient).sms == "Шины & Диски: оцените визит {url}"
    assert "Ответьте за минуту" in a.effect("q1", TellClient).sms


def test_the_variant_is_recorded_with_the_result() -> None:
    story = _of_variant("B")
    for score in "989":
        story.press(score)
    assert story.effect("results.completed", RecordDeal).results["variant"] == "B"
    assert "вариант B" in story.effect("note", AddNote).text


def test_a_client_keeps_his_variant_over_all_his_deals() -> None:
    by = playbook(VARIANTS)
    for n in range(20):
        client = f"c-{n:020d}"
        first = waiting(by, client=client).it.variant
        later = Story(by)
        later.now += timedelta(days=40)
        later.closed(client=client)
        assert later.it.variant == first


def test_variants_share_the_clients_by_their_weights() -> None:
    by = playbook(VARIANTS)
    counts = Counter(waiting(by, client=f"c-{n:020d}").it.variant for n in range(400))
    assert counts.keys() == {"A", "B"}
    assert abs(counts["A"] - 200) < 50


def test_another_experiment_deals_the_variants_anew() -> None:
    first, second = playbook(VARIANTS), playbook({**VARIANTS, "experiment": "autumn"})
    clients = [f"c-{n:020d}" for n in range(100)]
    dealt = [
        (waiting(first, client=one).it.variant, waiting(second, client=one).it.variant)
        for one in clients
    ]
    assert 25 < sum(one != other for one, other in dealt) < 75
    assert waiting(second).it.experiment == "autumn"


def test_whose_phone_it_has_become_has_a_variant_of_his_own() -> None:
    by = playbook(VARIANTS)
    other = waiting(by, client=OTHER_CLIENT).it.variant
    story = _waiting_in(by, "A" if other == "B" else "B")
    story.client = OTHER_CLIENT
    story.time_for("due")
    assert (story.it.client, story.it.variant) == (OTHER_CLIENT, other)


def test_a_survey_that_is_due_is_made_ready_by_the_inbox() -> None:
    with pytest.raises(TypeError):
        step(waiting().it, SurveyDue(survey=SURVEY, run=1), NOW, playbook(), VERSION)


def _of_variant(name: str) -> Story:
    story = _waiting_in(playbook(VARIANTS), name)
    assert story.time_for("due") == "asked"
    return story


def _waiting_in(by: Playbook, name: str) -> Story:
    stories = (waiting(by, client=f"c-{n:020d}") for n in range(100))
    return next(story for story in stories if story.it.variant == name)


# What an outage leaves behind.


def test_what_is_put_off_over_a_night_gets_no_younger() -> None:
    story = waiting(playbook({"latest_hours": 8}))
    due = story.scheduled("due").at
    # 21:00 in Moscow: night, and seven hours late.
    assert story.time_for("due", late=timedelta(hours=7)) == "quiet"
    assert story.it.due is not None
    assert (story.it.due > due, story.it.first_due) == (True, due)
    assert story.time_for("due") == "refused"
    assert (story.it.state, story.it.reason) == ("skipped", "too_late")


def test_too_late_at_night_is_too_late_at_once() -> None:
    story = waiting()
    # 58 hours after 14:00 it is midnight.
    assert story.time_for("due", late=timedelta(hours=58)) == "refused"
    assert (story.it.state, story.it.reason) == ("skipped", "too_late")


def test_a_timer_that_came_to_nothing_is_set_once_more_when_the_deal_is_told_of() -> None:
    story = waiting()
    due = story.scheduled("due")
    story.now = due.at + timedelta(minutes=15)
    assert story.closed() == "unchanged"
    story.now += timedelta(seconds=1)
    assert story.closed() == "rescheduled"
    (again,) = story.effects
    assert again == due.model_copy(update={"id": f"{due.id}.again"})
    assert again.at < story.now
    assert story.closed() == "unchanged"
    assert story.effects == ()
    assert story.time_for("due") == "asked"


@pytest.mark.parametrize(("client", "reason"), [(CLIENT, "too_late"), (None, "too_late")])
def test_it_is_also_when_the_deal_has_stood_there_for_days(client: str | None, reason: str) -> None:
    story = waiting()
    story.now += timedelta(days=9)
    assert story.closed(client, since=NOW) == "rescheduled"
    # What is too late by then is not asked, and the survey waits no longer.
    assert story.time_for("due") == "refused"
    assert (story.it.state, story.it.reason) == ("skipped", reason)


def test_a_survey_that_left_its_stage_is_not_set_again() -> None:
    story = waiting()
    story.now += timedelta(days=1)
    assert story.closed(stage_id="NEW") == "cancelled"
    assert story.effects == ()
