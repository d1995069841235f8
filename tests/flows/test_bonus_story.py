"""A client's bonuses as stories: earned, told, shown or taken off, spent, expired, reversed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from switchboard.domain.bonus import Place
from switchboard.domain.deal import Stage
from switchboard.domain.effects import AddNote, RecordDeal, Schedule, SetAmount, TellClient
from switchboard.domain.events import AccountEvent, BonusExpires, BonusNews
from switchboard.flows.bonus.account import KEPT, balance, bonus_id, owned, ways
from switchboard.flows.bonus.step import step
from switchboard.flows.bonus.table import Outcome, State
from tests.flows.bonus_story import (
    CHAT,
    CLIENT,
    DONE,
    EARNER,
    FIRST,
    LOST,
    NEW,
    NEXT,
    NOW,
    OTHER,
    SECOND,
    VERSION,
    WORK,
    Story,
    deal,
    earned,
    expires,
    gone,
    moved,
    news,
    playbook,
    reversed_,
)

BONUS, BONUS_2 = bonus_id(FIRST), bonus_id(SECOND)
TAKE_OFF = playbook(spend="take_off")


def test_a_bonus_is_told_when_both_the_crm_and_1c_have_it() -> None:
    story = Story()
    assert story.tell(earned()) is Outcome.EARNED
    assert story.movements == [("crm", "grant", 300, 300), ("loyalty", "grant", 300, 300)]
    assert story.names == [f"{BONUS}:grant:crm", f"{BONUS}:grant:loyalty", f"{BONUS}:expiry"]
    assert owned(story.account) == 0

    assert story.tell(moved("loyalty")) is Outcome.NOTED
    assert story.effects == ()
    assert story.tell(moved("crm")) is Outcome.GRANTED
    told = story.effect("told", TellClient)
    assert (told.channel, told.chat, told.about, told.deal) == ("telegram", CHAT, "bonus", EARNER)
    assert told.text == ("Начислили вам 300 бонусов. Всего 300, потратить можно до 21 февраля.")
    assert told.sms == "Шины у дома: начислено 300 бонусов, всего 300. До 21 февраля."
    assert told.values == {
        "company": "Шины у дома",
        "bonus": "300",
        "balance": "300",
        "until": "21 февраля",
    }
    assert owned(story.account) == balance(story.account) == 300


def test_the_same_source_earns_once_whatever_is_repeated() -> None:
    story = Story().has()
    for event in (earned(), earned(amount=900, deal=OTHER), moved("crm"), moved("loyalty")):
        assert story.tell(event) in (Outcome.REPEATED, Outcome.UNCHANGED)
        assert story.effects == ()
    assert owned(story.account) == 300


@pytest.mark.parametrize(
    ("balance_field", "loyalty", "places"),
    [(True, False, ("crm",)), (False, True, ("loyalty",)), (False, False, ())],
)
def test_only_the_places_of_the_playbook_are_waited_for(
    balance_field: bool, loyalty: bool, places: tuple[Place, ...]
) -> None:
    story = Story(playbook(balance=balance_field, loyalty=loyalty))
    outcome = story.tell(earned())
    assert story.entry().places == places
    for place in places:
        assert not story.told
        outcome = story.tell(moved(place))
    assert outcome is Outcome.GRANTED
    assert len(story.told) == 1
    assert story.tell(moved("crm")) is story.tell(moved("loyalty")) is Outcome.UNCHANGED


def test_it_is_good_for_the_whole_of_the_day_that_he_is_told() -> None:
    story = Story().has(at=datetime(2026, 11, 22, 21, 30, tzinfo=UTC))
    assert story.entry().expires_at == datetime(2027, 2, 21, 20, 59, 59, tzinfo=UTC)
    (timer,) = (one for one in story.all_effects if isinstance(one, Schedule))
    # Half past midnight in Moscow is the 23rd; the day after the last one begins in quiet hours.
    assert timer.at == datetime(2027, 2, 22, 7, 0, tzinfo=UTC)
    assert timer.event == BonusExpires(account=CLIENT, bonus=BONUS)
    story.now = story.entry().expires_at
    assert story.tell(deal()) is Outcome.HELD


def test_the_manager_of_the_next_deal_sees_the_bonus() -> None:
    story = Story().has()
    assert story.tell(deal()) is Outcome.HELD
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 300}
    assert story.effect(":note.", AddNote).text == (
        "У клиента 300 бонусов на эту сделку, действуют до 21 февраля."
    )
    assert story.effect(":note.", AddNote).deal == NEXT
    assert (story.entry().state, story.entry().by) == (State.HELD, NEXT)
    assert owned(story.account) == 300
    # The deal is touched by our own writing, and by many others.
    assert story.tell(deal()) is story.tell(deal(stage_id=WORK)) is Outcome.UNCHANGED
    assert story.effects == ()


def test_what_a_done_deal_shows_is_spent_and_the_client_is_told() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=WORK))
    assert story.tell(deal(stage_id=DONE)) is Outcome.REDEEMED
    assert story.movements == [("crm", "redeem", 300, 0), ("loyalty", "redeem", 300, 0)]
    assert story.told == ["Списали 300 бонусов за визит. Осталось 0."]
    assert story.effect("told", TellClient).about == "redeemed"
    assert {one.deal for one in story.effects} == {NEXT}  # type: ignore[union-attr]
    assert story.tell(deal(stage_id=DONE)) is story.tell(deal(stage_id=NEW)) is Outcome.UNCHANGED
    assert story.effects == ()


def test_the_deal_that_earned_it_does_not_get_it() -> None:
    story = Story().has()
    assert story.tell(deal(EARNER)) is Outcome.UNCHANGED
    story.has(SECOND, deal=OTHER)
    assert story.tell(deal(EARNER)) is Outcome.HELD
    assert story.entry(FIRST).by == ""
    assert story.entry(SECOND).by == EARNER


def test_a_bonus_that_is_not_confirmed_yet_is_not_shown() -> None:
    story = Story()
    story.tell(earned())
    assert story.tell(deal()) is Outcome.UNCHANGED
    story.tell(moved("crm"))
    assert story.tell(deal()) is Outcome.UNCHANGED


def test_only_deals_of_the_given_kinds_of_service_get_it() -> None:
    story = Story(playbook(categories=["tyres"])).has()
    assert story.tell(deal(category="oil")) is Outcome.UNCHANGED
    assert story.tell(deal(category="tyres")) is Outcome.HELD
    assert story.tell(deal(category="oil")) is Outcome.RELEASED
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 0}
    assert story.entry().state is State.GRANTED


def test_two_deals_at_once_never_have_the_same_bonus() -> None:
    story = Story().has()
    assert story.tell(deal(NEXT)) is Outcome.HELD
    assert story.tell(deal(OTHER)) is Outcome.UNCHANGED
    assert story.tell(deal(OTHER, DONE)) is Outcome.UNCHANGED
    assert story.tell(deal(NEXT, LOST)) is Outcome.RELEASED
    assert story.tell(deal(OTHER)) is Outcome.HELD
    assert story.tell(deal(NEXT, DONE)) is Outcome.UNCHANGED
    assert story.tell(deal(OTHER, DONE)) is Outcome.REDEEMED


def test_of_a_low_price_only_a_part_is_spent_and_the_rest_goes_elsewhere() -> None:
    story = Story(playbook(spend="take_off", percent_at_most=20)).has()
    assert story.tell(deal(NEXT, amount="999.50")) is Outcome.HELD
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount) == (Decimal("999.50"), Decimal("800.50"))
    assert story.tell(deal(OTHER, amount=5000)) is Outcome.HELD
    assert story.effect(":price.", SetAmount).amount == 4899
    story.tell(deal(OTHER, DONE, amount=4899))
    assert story.movements == [("crm", "redeem", 101, 199), ("loyalty", "redeem", 101, 199)]
    assert story.told == ["Списали 101 бонус за визит. Осталось 199."]
    # The other deal comes to nothing, and what it held is one with nothing else.
    story.tell(deal(NEXT, LOST))
    assert owned(story.account) == 199
    story.tell(deal("203", amount=5000))
    story.tell(deal("203", DONE, amount=4801))
    assert story.movements[0] == ("crm", "redeem", 199, 0)


def test_what_expires_first_is_spent_first() -> None:
    story = Story(TAKE_OFF).has(SECOND)
    story.has(FIRST, at=NOW - timedelta(days=30))
    story.tell(deal(amount=300))
    assert (story.entry(FIRST).state, story.entry(SECOND).state) == (State.HELD, State.GRANTED)
    assert story.effect(":price.", SetAmount).amount == 0


def test_parts_that_are_free_again_are_one_bonus() -> None:
    story = Story(playbook(percent_at_most=1)).has()
    for price in (5000, 9000, 500, 12_000):
        story.tell(deal(amount=price))
        story.tell(deal(stage_id=LOST))
    assert (story.entry().id, story.entry().amount) == (BONUS, 300)


def test_a_deal_that_has_spent_its_part_takes_no_more_when_it_is_opened_again() -> None:
    story = Story(playbook(percent_at_most=2)).has()
    story.tell(deal(amount=5000))
    story.tell(deal(stage_id=DONE))
    assert owned(story.account) == 200
    assert story.tell(deal(amount=5000)) is Outcome.UNCHANGED


def test_the_price_is_lowered_by_itself_and_the_history_says_so() -> None:
    story = Story(TAKE_OFF).has()
    assert story.tell(deal(amount=5000)) is Outcome.HELD
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount) == (Decimal(5000), Decimal(4700))
    assert price.note == "Цена уменьшена на 300 бонусов клиента."
    assert price.note_if_changed.startswith("Цену изменили вручную, 300 бонусов клиента не")
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 300}
    # Our own writing comes back, and a price that a person has made since is his affair.
    assert story.tell(deal(amount=4700)) is Outcome.UNCHANGED
    assert story.tell(deal(amount=6000)) is Outcome.UNCHANGED
    assert story.effects == ()


@pytest.mark.parametrize("price", [None, 0, "0.99"])
def test_nothing_is_taken_off_before_there_is_a_price(price: int | str | None) -> None:
    story = Story(TAKE_OFF).has()
    assert story.tell(deal(amount=price)) is Outcome.UNCHANGED
    assert story.tell(deal(amount=5000)) is Outcome.HELD


def test_without_a_price_all_is_shown_and_with_one_as_much_as_the_rule_allows() -> None:
    story = Story(playbook(percent_at_most=10)).has()
    story.tell(deal(amount=None))
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 300}
    story.tell(deal(amount=1000))
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 100}
    assert story.effect(":note.", AddNote).text.startswith("У клиента 100 бонусов")
    story.tell(deal(amount=2500))
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 250}
    story.tell(deal(amount=3))
    assert story.names == ["201:bonus.4"]
    story.tell(deal(amount=1000))
    story.tell(deal(stage_id=DONE))
    assert story.movements[0] == ("crm", "redeem", 100, 200)


def test_a_lost_deal_gives_the_bonus_back_and_its_price_where_it_still_is_ours() -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal(amount=5000))
    assert story.tell(deal(stage_id=LOST, amount=4700)) is Outcome.RELEASED
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount, price.note) == (Decimal(4700), Decimal(5000), "")
    # Whoever looks at the price again is told why.
    assert story.effect(":note.", AddNote).text.startswith(
        "300 бонусов клиента больше не для этой сделки."
    )
    assert story.movements == []
    assert story.told == []
    # It is opened again, and read before the CRM has put the price back.
    story.tell(deal(amount=4700))
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount) == (Decimal(5000), Decimal(4700))


def test_a_stage_that_means_lost_to_the_crm_is_lost() -> None:
    lost: Stage = "lost"
    story = Story().has()
    story.tell(deal())
    assert story.tell(deal(stage_id="C3:9", stage=lost)) is Outcome.RELEASED


def test_a_hold_that_is_released_is_noted_where_no_price_was_touched() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=LOST))
    assert story.names == ["201:bonus.2", "201:note.2"]
    assert "бонусов клиента больше не для этой сделки" in story.effect(":note.", AddNote).text


@pytest.mark.parametrize("amount", [5000, "5000.50", 9000])
def test_a_price_that_was_put_back_by_hand_spends_nothing(amount: int | str) -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal(amount=5000))
    assert story.tell(deal(stage_id=DONE, amount=amount)) is Outcome.RELEASED
    assert story.entry().state is State.GRANTED
    # Nothing was moved, so nothing is told; the manager reads what he has brought about.
    assert (story.movements, story.told) == ([], [])
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 0}
    assert story.effect(":note.", AddNote).text.startswith(
        "Цену изменили вручную, 300 бонусов клиента не"
    )
    # Our own lowering may still be on its way: it is undone when it has come.
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount, price.note) == (Decimal(4700), Decimal(5000), "")
    assert story.tell(deal(stage_id=DONE, amount=amount)) is Outcome.UNCHANGED
    assert story.tell(deal(OTHER, amount=5000)) is Outcome.HELD


@pytest.mark.parametrize("amount", [4700, "4999.99", 100, None])
def test_any_lower_price_spends_what_the_deal_holds(amount: int | str | None) -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal(amount=5000))
    assert story.tell(deal(stage_id=DONE, amount=amount)) is Outcome.REDEEMED


@pytest.mark.parametrize(
    ("stage", "outcome"), [("done", Outcome.REDEEMED), ("lost", Outcome.RELEASED)]
)
def test_a_deal_that_ends_in_another_pipeline_is_done_or_lost(
    stage: Stage, outcome: Outcome
) -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal(amount=5000))
    # Moved there and still open, it holds what it holds.
    assert story.tell(deal(stage_id="", amount=4700)) is Outcome.UNCHANGED
    assert story.tell(deal(stage_id="", amount=4700, stage=stage)) is outcome


def test_done_to_the_dispatch_is_not_spent() -> None:
    story = Story().has()
    story.tell(deal())
    assert story.tell(deal(stage_id=WORK, stage="done")) is Outcome.UNCHANGED


def test_an_accounts_ways_to_its_client_are_few_and_the_newest_first() -> None:
    story = Story().has()
    for at in range(1, 8):
        story.tell(deal(f"30{at}", at=at))
        story.tell(deal(f"30{at}", LOST, at=at))
        story.later(hours=1)
    assert ways(story.account) == ("307", "306", "305", "304", "303")
    assert ways(Story().has().account) == (EARNER,)


def test_a_deleted_deal_gives_the_bonus_back_and_is_not_written_to() -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal())
    assert story.account.deal == NEXT
    assert story.tell(gone()) is Outcome.RELEASED
    assert story.effects == ()
    # His card and his phone are found through another deal from now on.
    assert story.account.deal == EARNER


def test_a_done_deal_that_is_lost_after_all_gives_back_what_was_spent() -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal())
    story.tell(deal(stage_id=DONE, amount=4700))
    assert story.tell(deal(stage_id=LOST, amount=4700)) is Outcome.RESTORED
    assert story.movements == [("crm", "restore", 300, 300), ("loyalty", "restore", 300, 300)]
    assert story.told == ["Начислили вам 300 бонусов. Всего 300, потратить можно до 21 февраля."]
    assert story.effect(":price.", SetAmount).amount == 5000
    # And all over again: nothing of it has an id that was used before.
    before = {one.id for one in story.all_effects}
    for stage, amount in ((NEW, 5000), (DONE, 4700), (LOST, 4700)):
        story.tell(deal(stage_id=stage, amount=amount))
        assert story.effects
        assert not before & {one.id for one in story.effects}


def test_a_done_deal_that_is_deleted_gives_back_too_through_another_deal() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=DONE))
    assert story.tell(gone()) is Outcome.RESTORED
    assert {one.deal for one in story.effects} == {EARNER}  # type: ignore[union-attr]


def test_an_unused_bonus_expires_by_day_with_a_notice() -> None:
    story = Story().has()
    story.on(10, days=91)
    assert story.tell(expires()) is Outcome.EXPIRED
    assert story.movements == [("crm", "expire", 300, 0), ("loyalty", "expire", 300, 0)]
    assert story.told == ["Сгорело 300 бонусов: срок вышел. Осталось 0."]
    assert story.effect("told", TellClient).about == "expired"
    assert story.tell(expires()) is story.tell(deal()) is Outcome.UNCHANGED


def test_a_timer_that_comes_early_expires_nothing_and_is_set_again() -> None:
    story = Story().has()
    story.on(10, days=90)
    assert story.tell(expires()) is Outcome.EARLY
    (timer,) = story.effects
    assert isinstance(timer, Schedule)
    assert timer.at == datetime(2027, 2, 22, 7, 0, tzinfo=UTC)
    assert timer.id != f"{CLIENT}:{BONUS}:expiry"


def test_a_bonus_whose_timer_is_late_is_not_spent_any_more() -> None:
    story = Story().has()
    story.on(10, days=91)
    assert story.tell(deal()) is Outcome.UNCHANGED


def test_an_open_deal_keeps_its_bonus_past_its_time() -> None:
    story = Story().has()
    story.tell(deal())
    story.on(10, days=91)
    assert story.tell(expires()) is Outcome.KEPT
    assert story.effects == ()
    assert story.tell(deal(stage_id=DONE)) is Outcome.REDEEMED


def test_and_loses_it_when_it_is_lost() -> None:
    story = Story().has()
    story.tell(deal())
    story.on(12, days=91)
    story.tell(expires())
    assert story.tell(deal(stage_id=LOST)) is Outcome.RELEASED
    assert story.movements == [("crm", "expire", 300, 0), ("loyalty", "expire", 300, 0)]
    assert story.told == ["Сгорело 300 бонусов: срок вышел. Осталось 0."]


def test_of_a_bonus_past_its_time_a_deal_gives_back_nothing_that_could_be_spent() -> None:
    story = Story(playbook(percent_at_most=10)).has()
    story.tell(deal(amount=3000))
    story.on(12, days=91)
    story.tell(expires())
    story.tell(deal(amount=1000))
    assert ("loyalty", "expire", 200, 100) in story.movements
    story.tell(deal(stage_id=DONE))
    assert story.movements[-1] == ("loyalty", "redeem", 100, 0)


def test_what_is_given_back_late_is_restored_and_expires() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=DONE))
    story.on(12, days=91)
    assert story.tell(expires()) is Outcome.UNCHANGED
    assert story.tell(deal(stage_id=LOST)) is Outcome.RESTORED
    moves = [one for one in story.movements if one[0] == "loyalty"]
    assert moves == [("loyalty", "restore", 300, 300), ("loyalty", "expire", 300, 0)]
    assert story.told == ["Сгорело 300 бонусов: срок вышел. Осталось 0."]


def test_an_unconfirmed_bonus_ends_silently_and_is_taken_back_where_it_arrives_late() -> None:
    story = Story()
    story.tell(earned())
    story.tell(moved("crm"))
    assert story.tell(reversed_()) is Outcome.REVERSED
    assert story.movements == [("crm", "reverse", 300, 0)]
    assert story.told == []
    assert story.tell(moved("loyalty")) is Outcome.TAKEN_BACK
    assert story.movements == [("loyalty", "reverse", 300, 0)]
    assert story.tell(moved("loyalty")) is Outcome.UNCHANGED


def test_a_bonus_that_1c_never_took_down_expires_without_a_word() -> None:
    story = Story()
    story.tell(earned())
    story.tell(moved("crm"))
    story.on(10, days=91)
    assert story.tell(expires()) is Outcome.EXPIRED
    assert story.movements == [("crm", "expire", 300, 0)]
    assert story.told == []
    story.tell(moved("loyalty"))
    assert story.movements == [("loyalty", "expire", 300, 0)]


def test_a_reversal_that_overtakes_the_earning_forestalls_it() -> None:
    story = Story()
    assert story.tell(reversed_()) is Outcome.FORESTALLED
    assert story.tell(earned()) is Outcome.REPEATED
    assert story.effects == ()
    assert story.tell(reversed_()) is Outcome.UNCHANGED


def test_a_granted_bonus_is_reversed_once() -> None:
    story = Story().has()
    assert story.tell(reversed_()) is Outcome.REVERSED
    assert story.movements == [("crm", "reverse", 300, 0), ("loyalty", "reverse", 300, 0)]
    assert story.tell(reversed_()) is story.tell(deal()) is Outcome.UNCHANGED
    story.on(10, days=91)
    assert story.tell(expires()) is Outcome.UNCHANGED


def test_a_reversed_bonus_is_taken_out_of_the_open_deal_that_holds_it() -> None:
    story = Story(TAKE_OFF).has().has(SECOND)
    story.tell(deal(amount=5000))
    assert story.tell(reversed_()) is Outcome.REVERSED
    price = story.effect(":price.", SetAmount)
    assert (price.before, price.amount) == (Decimal(4400), Decimal(4700))
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 300}
    assert story.effect(":note.", AddNote).text.startswith(
        "300 бонусов клиента больше не для этой сделки."
    )
    story.tell(deal(stage_id=DONE, amount=4700))
    assert story.movements == [("crm", "redeem", 300, 0), ("loyalty", "redeem", 300, 0)]


def test_a_shown_bonus_that_is_reversed_is_not_shown_any_more() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(reversed_())
    assert story.effect(":bonus.", RecordDeal).results == {"bonus": 0}
    assert story.tell(deal(stage_id=DONE)) is Outcome.UNCHANGED


def test_what_was_spent_before_it_became_void_stays_spent() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=DONE))
    assert story.tell(reversed_()) is Outcome.SPENT_BEFORE
    assert story.effects == ()
    # But it does not come back.
    assert story.tell(deal(stage_id=LOST)) is Outcome.RESTORED
    moves = [one for one in story.movements if one[0] == "crm"]
    assert moves == [("crm", "restore", 300, 300), ("crm", "reverse", 300, 0)]
    assert story.told == []


def test_news_of_the_night_waits_for_the_day() -> None:
    story = Story().has()
    story.tell(deal())
    story.on(23)
    assert story.tell(deal(stage_id=DONE)) is Outcome.REDEEMED
    assert story.told == []
    wake = story.effect("news", Schedule)
    assert wake.event == BonusNews(account=CLIENT)
    assert wake.at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert story.tell(news()) is Outcome.QUIET
    assert [one.id for one in story.effects] == [wake.id]
    story.on(10, days=1)
    assert story.tell(news()) is Outcome.TOLD
    assert story.told == ["Списали 300 бонусов за визит. Осталось 0."]
    assert story.tell(news()) is Outcome.UNCHANGED


def test_whoever_has_just_pressed_is_told_at_any_hour() -> None:
    story = Story()
    story.on(23)
    story.tell(earned(at=story.now))
    story.tell(moved("crm"))
    story.later(minutes=5)
    story.tell(moved("loyalty"))
    assert len(story.told) == 1


def test_a_confirmation_that_comes_at_night_is_told_by_day_if_it_is_still_true() -> None:
    story = Story()
    story.tell(earned())
    story.tell(moved("crm"))
    story.on(23)
    story.tell(moved("loyalty"))
    assert story.told == []
    story.tell(reversed_())
    story.on(10, days=1)
    assert story.tell(news()) is Outcome.TOLD
    assert story.told == []


def test_what_is_spent_and_given_back_in_one_night_is_not_worth_a_word() -> None:
    story = Story().has()
    story.tell(deal())
    story.on(23)
    story.tell(deal(stage_id=DONE))
    story.tell(deal(stage_id=LOST))
    story.on(10, days=1)
    assert story.tell(news()) is Outcome.UNCHANGED
    assert story.told == []


def test_a_client_without_telegram_is_told_by_his_own_channel() -> None:
    story = Story().has(channel="whatsapp")
    told = story.effect("told", TellClient)
    assert (told.channel, told.chat, told.group) == ("whatsapp", None, f"client.{CLIENT}")
    assert "{url}" not in told.text + told.sms


def test_an_older_reading_of_a_deal_changes_nothing() -> None:
    story = Story().has()
    story.tell(deal(at=20))
    story.tell(deal(stage_id=LOST, at=30))
    assert story.tell(deal(at=25)) is Outcome.OUTDATED
    assert story.entry().state is State.GRANTED
    assert story.tell(deal(at=30)) is Outcome.HELD


@pytest.mark.parametrize("event", [moved("crm"), expires(), news(), deal(), gone()])
def test_whoever_has_no_bonuses_gets_no_account(event: AccountEvent) -> None:
    decision = step(None, event, NOW, playbook(), VERSION)
    assert (decision.state, decision.effects) == (None, ())


def test_a_playbook_that_gives_no_bonuses_any_more_leaves_them_be() -> None:
    story = Story().has()
    reviews = story.playbook.reviewing.model_copy(update={"bonus": None})
    story.playbook = story.playbook.model_copy(update={"reviews": reviews})
    assert story.tell(deal()) is Outcome.UNCHANGED
    story.on(10, days=91)
    assert story.tell(expires()) is Outcome.EXPIRED


def test_after_a_year_only_the_sources_are_remembered() -> None:
    story = Story().has()
    story.tell(deal())
    story.tell(deal(stage_id=DONE))
    story.now += KEPT + timedelta(days=1)
    size = len(story.account.entries)
    story.all_effects.clear()
    assert story.tell(deal(EARNER)) is Outcome.UNCHANGED
    decision = step(story.state, earned(SECOND, at=story.now), story.now, story.playbook, VERSION)
    assert size == 1
    assert decision.state is not None
    assert [one.source for one in decision.state.entries] == [SECOND]
    assert decision.state.spendings == ()
    again = step(decision.state, earned(), story.now, story.playbook, VERSION)
    assert again.outcome == Outcome.REPEATED


def test_what_a_place_has_not_confirmed_is_remembered_for_as_long_as_it_takes() -> None:
    story = Story()
    story.tell(earned())
    story.tell(reversed_())
    story.now += KEPT + timedelta(days=1)
    assert story.tell(moved("crm")) is Outcome.TAKEN_BACK
    assert story.tell(moved("loyalty")) is Outcome.TAKEN_BACK
    assert story.movements == [("loyalty", "reverse", 300, 0)]


def test_an_account_is_read_again_as_it_was_written() -> None:
    story = Story(TAKE_OFF).has()
    story.tell(deal(amount="999.50"))
    story.on(23)
    story.tell(deal(stage_id=DONE, amount="699.50"))
    assert story.account.news
    read = type(story.account).model_validate_json(story.account.model_dump_json())
    assert read == story.account
