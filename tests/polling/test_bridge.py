"""The bridge between Telegram and the door: nothing is lost, nobody waits for another's trouble.

Telegram's stand-in fails every test in which an update is confirmed that nobody has.
"""

import asyncio
import random
from itertools import pairwise

import pytest

from cli.polling.bot_api import Occupied, Rejected, Unavailable
from cli.polling.bridge import AT_ONCE, HOPELESS, LONG_POLL
from cli.polling.door import Later, Refused, Taken
from switchboard.domain.errors import Misconfigured
from tests.polling.fakes import Scene, shuffled, until, update
from tests.polling.leaping import leaping

CLOSED = Later("ConnectError")
FAILS = Later("the door answered 500", answered=True)


def test_an_update_is_confirmed_by_the_next_request_and_not_before() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.send(update(7), update(8, 2))
        async with scene.bridge():
            await scene.all_confirmed()
            await asyncio.sleep(2.5 * LONG_POLL)
        assert sorted(scene.door.taken) == [7, 8]
        offsets = [offset for _, offset, _ in scene.telegram.asked]
        # Once all is confirmed none is named: ids may begin anew after a quiet week.
        assert offsets == [None, 9, None, None]
        assert {seconds for *_, seconds in scene.telegram.asked} == {LONG_POLL}

    leaping(story())


def test_numbers_may_begin_anew_after_a_quiet_week() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.send(update(900_000_000))
        async with scene.bridge():
            await scene.all_confirmed()
            await asyncio.sleep(7 * 86_400)
            scene.telegram.send(update(12))
            await scene.all_confirmed(2 * LONG_POLL)
        assert scene.door.taken == [900_000_000, 12]

    leaping(story())


def test_while_the_door_is_shut_everything_stays_with_telegram() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda _: CLOSED
        scene.telegram.send(*(update(number, number) for number in range(1, 31)))
        async with scene.bridge():
            await asyncio.sleep(3 * 3600)
            assert sorted(scene.telegram.kept) == list(range(1, 31))
            assert scene.aside == {}
            scene.door.answer = lambda _: Taken()
            await scene.all_confirmed()
        assert sorted(scene.door.taken) == list(range(1, 31))
        assert scene.door.pauses(1)[:6] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
        # One line when it begins, one when it is over, however many updates it meets.
        assert scene.log.warnings == ["door: ConnectError"]
        assert scene.log.said[-1].startswith("door: all is well again")

    leaping(story())


def test_a_door_that_names_a_time_is_left_alone_until_then() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda _: Later("the door answered 429", answered=True, seconds=20)
        scene.telegram.send(update(1))
        async with scene.bridge():
            await asyncio.sleep(50)
        assert scene.door.pauses(1) == [20.0, 20.0]

    leaping(story())


def test_one_chats_trouble_holds_up_that_chat_alone() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda number: CLOSED if number == 1 else Taken()
        scene.telegram.send(update(1, 1), update(2, 1), update(3, 2))
        async with scene.bridge():
            await until(lambda: 3 in scene.door.taken, 1)
            scene.telegram.send(update(4, 3))
            await until(lambda: 4 in scene.door.taken, 3)
            assert 2 not in scene.door.taken
            # Telegram keeps all from the first that the door has not taken.
            assert sorted(scene.telegram.kept) == [1, 2, 3, 4]
            scene.door.answer = lambda _: Taken()
            await scene.all_confirmed()
        assert [one for one in scene.door.taken if one in (1, 2)] == [1, 2]
        assert sorted(scene.door.taken) == [1, 2, 3, 4]

    leaping(story())


@pytest.mark.parametrize("seed", range(10))
def test_order_within_a_lane_and_everything_once(seed: int) -> None:
    async def story() -> None:
        scene, chance = Scene(), random.Random(seed)
        updates = shuffled(seed, 350, lanes=60)
        scene.door.takes_seconds = lambda: chance.uniform(0.001, 0.2)
        scene.door.answer = lambda _: CLOSED if chance.random() < 0.05 else Taken()
        async with scene.bridge():
            for start in range(0, 350, 50):
                scene.telegram.send(*updates[start : start + 50])
                await asyncio.sleep(chance.uniform(0, 2))
            await scene.all_confirmed(600)
        lane = {one.id: one.lane for one in updates}
        last: dict[int, int] = {}
        for number in scene.door.taken:
            assert last.get(lane[number], 0) < number
            last[lane[number]] = number
        assert len(scene.door.taken) == 350
        assert 5 < scene.door.most_at_once <= AT_ONCE

    leaping(story())


@pytest.mark.parametrize("seed", range(30))
def test_a_crash_at_any_moment_loses_nothing(seed: int) -> None:
    async def story() -> int:
        scene, chance = Scene(), random.Random(seed)
        updates = shuffled(seed, 150, lanes=20)
        scene.door.takes_seconds = lambda: chance.uniform(0.001, 0.3)
        scene.door.answer = lambda _: FAILS if chance.random() < 0.1 else Taken()
        for start in range(0, 150, 10):
            scene.telegram.send(*updates[start : start + 10])
            async with scene.bridge():
                await asyncio.sleep(chance.uniform(0, 3))
        async with scene.bridge():
            await scene.all_confirmed(600)
        assert set(scene.door.taken) == {one.id for one in updates}
        return len(scene.door.taken) - len(updates)

    # The door did see repeats, and is tested with them (test_door_and_repeats.py).
    assert leaping(story()) > 0


def test_a_crash_between_the_doors_word_and_the_confirmation_repeats_the_update() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.send(update(5))
        async with scene.bridge():
            await until(lambda: scene.door.taken)
        assert list(scene.telegram.kept) == [5]
        async with scene.bridge():
            await scene.all_confirmed()
        assert scene.door.taken == [5, 5]

    leaping(story())


def test_what_the_door_will_never_take_is_laid_aside_and_told() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda number: Refused("400") if number == 1 else Taken()
        scene.aside_fails = 3
        scene.telegram.send(update(1), update(2))
        async with scene.bridge():
            await until(lambda: not scene.aside_fails)
            # Not safe yet: neither confirmed nor passed over.
            assert sorted(scene.telegram.kept) == [1, 2]
            await scene.all_confirmed()
        assert scene.aside == {1: "400"}
        assert scene.door.taken == [2]
        assert "an update is laid aside: 400" in scene.log.warnings

    leaping(story())


def test_an_update_that_fails_while_others_pass_is_laid_aside_in_the_end() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda number: FAILS if number == 1 else Taken()
        scene.telegram.send(update(1))
        async with scene.bridge():
            await asyncio.sleep(2 * HOPELESS)
            # Nothing else came, so it may be the door's trouble and not the update's.
            assert scene.aside == {}
            scene.telegram.send(update(2, 2))
            await scene.all_confirmed()
        assert scene.aside == {1: "the door answered 500"}

    leaping(story())


def test_a_door_that_cannot_be_reached_is_never_the_updates_fault() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda number: CLOSED if number == 1 else Taken()
        scene.telegram.send(update(1), update(2, 2))
        async with scene.bridge():
            await asyncio.sleep(10 * HOPELESS)
        assert scene.aside == {}
        assert 1 in scene.telegram.kept

    leaping(story())


def test_a_webhook_that_is_set_is_deleted_and_told() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.webhook = True
        scene.telegram.send(update(1))
        async with scene.bridge():
            await scene.all_confirmed(5)
            scene.telegram.webhook = True
            scene.telegram.send(update(2))
            await scene.all_confirmed(10)
        assert scene.telegram.deleted == 2
        assert scene.log.warnings == ["telegram: a webhook was set for this bot; it is deleted now"]

    leaping(story())


def test_another_poller_is_told_once_and_given_way_to() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.trouble = [Occupied() for _ in range(10)]
        scene.telegram.send(update(1))
        async with scene.bridge():
            await scene.all_confirmed(600)
            # Two that ask in turn both succeed now and then: that is not told as the end of it.
            scene.telegram.trouble = [Occupied()]
            await asyncio.sleep(LONG_POLL + 30)
        asked = [at for at, *_ in scene.telegram.asked][:10]
        pauses = [round(b - a) for a, b in pairwise(asked)]
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert len(scene.log.warnings) == 1
        assert "another program takes this bot's updates" in scene.log.warnings[0]
        assert scene.telegram.deleted == 0

    leaping(story())


def test_when_telegram_is_away_the_bridge_waits_and_says_so_once() -> None:
    async def story() -> None:
        scene = Scene()
        scene.telegram.trouble = [
            *(Unavailable("ConnectError") for _ in range(4)),
            Unavailable("error 429", 45),
            Rejected(400),
            *(Misconfigured("the bot's token is not accepted") for _ in range(2)),
        ]
        scene.telegram.send(update(1))
        async with scene.bridge():
            await scene.all_confirmed(600)
        asked = [at for at, *_ in scene.telegram.asked]
        assert [round(b - a) for a, b in pairwise(asked)][:5] == [1, 2, 4, 8, 45]
        assert scene.log.warnings == [
            "telegram: no updates for now (ConnectError)",
            "telegram: no updates for now (error 429)",
            "telegram: no updates for this bot (error 400)",
            "telegram: the bot's token is not accepted",
        ]

    leaping(story())


TOAST = Taken("answerCallbackQuery", {"callback_query_id": "9", "text": "Заказ ваш!"})


def test_what_the_doors_answer_asks_for_is_carried_out() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda number: TOAST if number == 1 else Taken()
        scene.telegram.call_trouble = [Unavailable("ReadTimeout"), Unavailable("error 429", 3)]
        scene.telegram.send(update(1), update(2))
        async with scene.bridge():
            # The answer's trouble holds up neither the next update nor the confirmation.
            await scene.all_confirmed(1.5)
            assert scene.door.taken == [1, 2]
            await asyncio.sleep(60)
        assert [call[1:] for call in scene.telegram.calls] == [tuple(TOAST)] * 3
        assert scene.log.warnings == []

    leaping(story())


def test_an_answer_is_given_up_when_nobody_would_see_it() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda _: TOAST
        scene.telegram.call_trouble = [Unavailable("ConnectError") for _ in range(100)]
        scene.telegram.send(update(1))
        async with scene.bridge():
            await asyncio.sleep(100)
        times = [at for at, *_ in scene.telegram.calls]
        assert len(times) < 6
        assert times[-1] - times[0] < 15
        assert scene.log.warnings == ["answer too late"]

    leaping(story())


def test_an_answer_that_telegram_refuses_is_told_once() -> None:
    async def story() -> None:
        scene = Scene()
        scene.door.answer = lambda _: TOAST
        scene.telegram.call_trouble = [Rejected(400)]
        scene.telegram.send(update(1))
        async with scene.bridge():
            await asyncio.sleep(100)
        assert len(scene.telegram.calls) == 1
        assert scene.log.warnings == ["answer refused"]

    leaping(story())
