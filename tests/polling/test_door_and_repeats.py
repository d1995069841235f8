"""What the door's answers mean to the bridge, and that the door knows its repeats."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from cli.polling.bot_api import Update
from cli.polling.bridge import Bridge
from cli.polling.door import Door, Later, Refused, Taken
from tests.doors.house import SECRET, House
from tests.doors.updates import CLAIM, pressed, wrote
from tests.flows.story import BRANCH, IVAN, JOB, OLGA
from tests.polling.fakes import FakeTelegram, Lines
from tests.polling.leaping import leaping
from tests.store.conftest import Tables

Verdict = Taken | Refused | Later

DOORS = "http://127.0.0.1:8080"


def hand(answer: Callable[[httpx.Request], httpx.Response], body: bytes = b"{}") -> Verdict:
    async def story() -> Verdict:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await Door(http, DOORS, BRANCH, SECRET).hand(body)

    return asyncio.run(story())


def says(status: int, content: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Verdict:
    return hand(lambda _: httpx.Response(status, content=content, headers=headers))


def test_the_door_is_called_as_telegram_would() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    assert hand(answer, b'{"update_id":1}') == Taken()
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", f"{DOORS}/telegram/{BRANCH}")
    assert request.headers["x-telegram-bot-api-secret-token"] == SECRET
    assert request.headers["content-type"] == "application/json"
    assert request.content == b'{"update_id":1}'


@pytest.mark.parametrize("content", [b"", b"{}", b"ok", b"[]", b'{"method":1}', b"\xff"])
def test_an_answer_may_ask_for_nothing(content: bytes) -> None:
    assert says(200, content) == Taken()


def test_an_answer_may_ask_for_a_method() -> None:
    assert says(200, b'{"method":"answerCallbackQuery","text":"x"}') == Taken(
        "answerCallbackQuery", {"text": "x"}
    )


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_wrong_with_the_update_itself(status: int) -> None:
    assert says(status) == Refused(f"the door answered {status}")


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_what_is_wrong_with_the_door(status: int) -> None:
    assert says(status) == Later(f"the door answered {status}", answered=True)


def test_a_door_may_name_a_time() -> None:
    said = says(503, headers={"retry-after": "7"})
    assert isinstance(said, Later)
    assert said.seconds == 7.0


def test_a_door_that_is_not_there() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert hand(unreachable) == Later("ConnectError")


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    built = House(moto, moto_tables("jobs"), moto_tables("settings"))
    built.offer()
    return built


class RealDoor:
    """Our door as it is, with its tables; after each of its answers the bridge may crash."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.calls = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        said = self._house.update(json.loads(request.content))
        self.calls += 1
        return httpx.Response(said["statusCode"], content=said["body"])

    async def hand(self, update: bytes) -> Verdict:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as http:
            said = await Door(http, DOORS, BRANCH, SECRET).hand(update)
        await asyncio.sleep(0.1)
        return said


UPDATES = (
    pressed(CLAIM, IVAN, id="1") | {"update_id": 1},
    pressed(CLAIM, OLGA, id="2") | {"update_id": 2},
    wrote("/start", IVAN) | {"update_id": 3},
)


def test_updates_that_come_again_after_crashes_change_nothing(house: House) -> None:
    door = RealDoor(house)

    async def story() -> list[str]:
        telegram = FakeTelegram(lambda _: True)
        for number, one in enumerate(UPDATES, 1):
            telegram.send(Update(number, number, json.dumps(one).encode()))
        for seconds in (0.12, 0.12, 0.12, 5.0):
            bridge = Bridge(telegram, door, lambda *_: asyncio.sleep(0), Lines())
            work = asyncio.create_task(bridge.run())
            await asyncio.sleep(seconds)
            assert len(telegram.kept) == (0 if seconds == 5.0 else 3)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        return [str(parameters["text"]) for _, _, parameters in telegram.calls]

    told = leaping(story())
    assert door.calls == 4 * len(UPDATES)
    # Each press once, in its place; each event once in its queue; the same words as the first time.
    assert [one.press.id for one in house.jobs.load(BRANCH, JOB).waiting] == ["1", "2"]
    assert len({message["MessageDeduplicationId"] for message in house.queue.messages}) == 2
    assert [event["kind"] for event in house.queue.events].count("settle") == 4
    assert told == [
        "Заказ ваш! Контакты клиента — в личных сообщениях.",
        "Заказ уже занят, исполнитель: Иван.",
    ]
