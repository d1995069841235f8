"""A bot without a webhook: its updates wait for getUpdates, as the Bot API describes it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

WORKER = 910000001


class Bot:
    def __init__(self, sandbox: Running) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{sandbox.url}/telegram/bot000000:TEST/", trust_env=False, timeout=10
        )

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer = await self._http.post(method, json=parameters)
        said: dict[str, Any] = answer.json()
        assert answer.status_code == said.get("error_code", 200)
        return said

    async def texts(self, **parameters: Any) -> list[str]:
        found = (await self.call("getUpdates", **parameters))["result"]
        return [update["message"]["text"] for update in found]

    async def close(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def bot(sandbox: Running) -> AsyncIterator[Bot]:
    one = Bot(sandbox)
    yield one
    await one.close()


async def say(control: httpx.AsyncClient, *texts: str) -> None:
    for text in texts:
        await control.post("/say", json={"user_id": WORKER, "text": text})


async def test_a_webhook_and_get_updates_exclude_each_other(bot: Bot, door: Door) -> None:
    refused = await bot.call("getUpdates")
    assert refused["error_code"] == 409
    assert "use deleteWebhook" in refused["description"]
    await bot.call("deleteWebhook")
    assert (await bot.call("getUpdates"))["result"] == []
    await bot.call("setWebhook", url=f"{door.url}/telegram/demo")
    assert (await bot.call("getUpdates"))["error_code"] == 409


async def test_updates_stay_until_a_higher_offset_confirms_them(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    await bot.call("deleteWebhook")
    await say(control, "один", "два", "три")
    first = (await bot.call("getUpdates", limit=2))["result"]
    assert [update["message"]["text"] for update in first] == ["один", "два"]
    assert await bot.texts() == ["один", "два", "три"]
    last = first[-1]["update_id"]
    assert await bot.texts(offset=last) == ["два", "три"]
    assert await bot.texts(offset=last + 1) == ["три"]
    assert await bot.texts(offset=0) == ["три"]
    await say(control, "четыре", "пять")
    assert await bot.texts(offset=-2) == ["четыре", "пять"]
    assert await bot.texts() == ["четыре", "пять"]
    assert (await bot.call("getWebhookInfo"))["result"]["pending_update_count"] == 2
    assert door.seen == []


async def test_a_long_poll_ends_with_the_first_update(bot: Bot, control: httpx.AsyncClient) -> None:
    await bot.call("deleteWebhook")
    polling = asyncio.create_task(bot.texts(timeout=20))
    await asyncio.sleep(0.1)
    assert not polling.done()
    await say(control, "один")
    async with asyncio.timeout(2):
        assert await polling == ["один"]


async def test_a_long_poll_ends_after_its_time(bot: Bot) -> None:
    await bot.call("deleteWebhook")
    began = asyncio.get_running_loop().time()
    assert await bot.texts(timeout=1) == []
    assert 0.9 < asyncio.get_running_loop().time() - began < 3


async def test_of_two_pollers_the_earlier_is_refused(bot: Bot, control: httpx.AsyncClient) -> None:
    await bot.call("deleteWebhook")
    earlier = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    later = asyncio.create_task(bot.texts(timeout=20))
    async with asyncio.timeout(2):
        refused = await earlier
        await say(control, "один")
        assert await later == ["один"]
    assert (refused["error_code"], refused["description"]) == (
        409,
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    )


async def test_a_webhook_that_is_set_ends_a_long_poll(bot: Bot, door: Door) -> None:
    await bot.call("deleteWebhook")
    polling = asyncio.create_task(bot.call("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    await bot.call("setWebhook", url=f"{door.url}/telegram/demo")
    async with asyncio.timeout(2):
        assert "webhook is active" in (await polling)["description"]


@pytest.mark.parametrize("drop", [False, True])
async def test_what_a_webhook_did_not_take_is_found_by_get_updates(
    bot: Bot, control: httpx.AsyncClient, door: Door, drop: bool
) -> None:
    door.answers = lambda _: Response(status_code=503)
    await say(control, "один", "два")
    await door.expect(1)
    await bot.call("deleteWebhook", drop_pending_updates=drop)
    assert await bot.texts() == ([] if drop else ["один", "два"])


async def test_what_was_kept_goes_to_a_new_webhook(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    await bot.call("deleteWebhook")
    await say(control, "один", "два")
    await bot.call("setWebhook", url=f"{door.url}/telegram/demo")
    assert len(await door.expect(2)) == 2


async def test_kinds_that_nobody_wants_are_not_kept(bot: Bot, control: httpx.AsyncClient) -> None:
    await bot.call("deleteWebhook")
    await bot.call("getUpdates", allowed_updates=["callback_query"])
    await say(control, "один")
    assert (await bot.call("getUpdates"))["result"] == []


async def test_without_a_webhook_from_the_start_nothing_is_pushed(
    settings: SandboxSettings, door: Door
) -> None:
    running = await start(replace(settings, doors=door.url, telegram_webhook=False))
    bot = Bot(running)
    try:
        # A reset keeps what was chosen at the start.
        await running.world.reset()
        running.world.telegram.people.say(WORKER, WORKER, "один")
        assert await bot.texts() == ["один"]
    finally:
        await bot.close()
        await running.stop()
    assert door.seen == []
