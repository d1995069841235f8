"""Asking the Bot API: what comes of every answer, and what never gets into a log."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from cli.polling.bot_api import Bot, BotApi, Occupied, Rejected, Unavailable
from sandbox.faults import Fault, FaultKind
from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from switchboard.channels.telegram.parse import HANDLED
from switchboard.domain.errors import Misconfigured
from switchboard.runtime.logs import logger
from tests.channels.bot_api import TOKEN, refused
from tests.channels.bot_api import BotApi as Server

pytestmark = pytest.mark.anyio

GROUP, WORKER, OTHER = -4100200300, 910000001, 910000003


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox() -> AsyncIterator[Running]:
    running = await start(replace(SandboxSettings(), telegram_webhook=False))
    yield running
    await running.stop()


@pytest.fixture
async def api(sandbox: Running) -> AsyncIterator[BotApi]:
    one = BotApi(Bot(TOKEN, f"{sandbox.url}/telegram/bot"))
    yield one
    await one.close()


async def test_updates_come_as_they_were_sent_each_in_its_lane(
    sandbox: Running, api: BotApi
) -> None:
    people, methods = sandbox.world.telegram.people, sandbox.world.telegram.methods
    row = [{"text": "Забрать", "callback_data": "c:1"}]
    sent = methods.call(
        "sendMessage",
        {"chat_id": GROUP, "text": "Заказ", "reply_markup": {"inline_keyboard": [row]}},
    )
    people.say(WORKER, GROUP, "в группе 🔔")
    people.press(WORKER, GROUP, sent["message_id"])
    people.say(WORKER, WORKER, "лично")
    people.say(OTHER, OTHER, "лично")
    updates = await api.updates(None, 0)
    assert [one.lane for one in updates] == [GROUP, WORKER, WORKER, OTHER]
    kept = sandbox.world.telegram.webhook.log
    assert [json.loads(one.body) for one in updates] == [one.payload for one in kept]
    assert [one.id for one in updates] == [one.id for one in kept]
    assert sandbox.world.telegram.webhook.allowed == list(HANDLED) == ["callback_query", "message"]


async def test_half_a_letter_passes_as_it_came() -> None:
    server = Server()
    raw = b'{"ok":true,"result":[{"update_id":7,"message":{"text":"\\ud83d","x":1.50}}]}'
    server.answers = [raw]
    api = BotApi(Bot(TOKEN, server.base_url))
    try:
        (update,) = await api.updates(None, 0)
    finally:
        await api.close()
        await asyncio.to_thread(server.stop)
    assert json.loads(update.body) == json.loads(raw)["result"][0]
    assert update.lane == 0


async def test_a_webhook_is_seen_and_deleted(sandbox: Running, api: BotApi) -> None:
    assert not await api.webhook_is_set()
    sandbox.world.telegram.webhook.set("http://127.0.0.1:9/x", drop=False)
    sandbox.world.telegram.people.say(WORKER, WORKER, "лично")
    with pytest.raises(Occupied):
        await api.updates(None, 0)
    assert await api.webhook_is_set()
    await api.delete_webhook()
    assert len(await api.updates(None, 0)) == 1


async def test_a_second_poller_is_seen(sandbox: Running, api: BotApi) -> None:
    other = BotApi(Bot(TOKEN, f"{sandbox.url}/telegram/bot"))
    polling = asyncio.create_task(api.updates(None, 20))
    await asyncio.sleep(0.1)
    assert await other.updates(None, 0) == []
    with pytest.raises(Occupied):
        await polling
    assert not await api.webhook_is_set()
    await other.close()


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("outage", None), ("abort", None), ("server_error", None), ("too_many_requests", 3)],
)
async def test_trouble_of_telegrams_is_for_later(
    sandbox: Running, api: BotApi, kind: FaultKind, seconds: float | None
) -> None:
    sandbox.world.faults.switch_on("telegram", Fault(kind))
    with pytest.raises(Unavailable) as told:
        await api.updates(None, 0)
    assert told.value.seconds == seconds


@pytest.mark.parametrize("token", ["000000:OTHER", "nonsense"])
async def test_a_wrong_token_is_a_matter_for_a_person(sandbox: Running, token: str) -> None:
    api = BotApi(Bot(token, f"{sandbox.url}/telegram/bot"))
    with pytest.raises(Misconfigured) as told:
        await api.updates(None, 0)
    assert token not in told.value.reason
    await api.close()


@pytest.mark.parametrize("method", ["noSuchMethod", "../getMe", "getMe?x=1", ""])
async def test_a_method_that_is_none_is_rejected(api: BotApi, method: str) -> None:
    with pytest.raises((Rejected, Misconfigured)):
        await api.call(method, {})


async def test_neither_token_nor_address_nor_text_is_ever_logged(
    sandbox: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logger()
    bot = Bot(TOKEN, f"{sandbox.url}/telegram/bot")
    api = BotApi(bot)
    sandbox.world.telegram.people.say(WORKER, WORKER, "Тайна")
    await api.updates(None, 0)
    answers: list[Any] = [refused(400, "Bad Request"), "hang up", b"<html>"]
    server = Server()
    server.answers = answers
    broken = BotApi(Bot(TOKEN, server.base_url))
    said = [repr(bot)]
    for _ in range(3):
        with pytest.raises((Rejected, Unavailable)) as told:
            await broken.call("sendMessage", {"text": "Тайна"})
        said += [str(told.value), repr(told.value), repr(told.value.__cause__)]
    await api.close()
    await broken.close()
    await asyncio.to_thread(server.stop)
    written = capfd.readouterr()
    for text in (*said, caplog.text, written.out, written.err):
        assert "TEST" not in text
        assert "Тайна" not in text
        assert "/bot" not in text
