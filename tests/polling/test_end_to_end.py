"""Everything as a user starts it, on a box that Telegram cannot call."""

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from selfhosted import connection as host
from switchboard.playbook.model import Playbook
from tests.proofs.stack import ROOT, Stack, eventually, playbook_copy, running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not (ROOT / "node_modules/@extenddb/linux-x64/extenddb").is_file(),
        reason="ExtendDB is not installed",
    ),
]

GROUP, WORKER, NEWCOMER = -4100200300, 910000001, 910000002


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def stack(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    del anyio_backend
    said = playbook_copy().model_dump()
    said["telegram"]["mode"] = "polling"
    async with running(tmp_path_factory.mktemp("polling"), Playbook.model_validate(said)) as one:
        yield one


def polling_process(stack: Stack) -> int | None:
    """The bridge's process: the host's child that runs it."""
    parent = host.state(stack.data)["pid"]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            ppid = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if ppid == parent and b"cli.polling" in command:
            return int(folder.name)
    return None


async def post(stack: Stack, **facts: Any) -> int:
    """The number of a new deal's post in the group."""
    (deal,) = await stack.sandbox.new_deals(1, **facts)

    async def posted() -> bool:
        return deal in await stack.sandbox.posts(GROUP)

    await eventually(posted, 20, "the post", pause=0.1)
    message: int = (await stack.sandbox.posts(GROUP))[deal]["message_id"]
    return message


async def pressed(stack: Stack, message: int, user: int) -> str:
    said = await stack.sandbox.call(
        "POST", "/press", user_id=user, message_id=message, button="Забрать", wait=14
    )
    assert said["answer"] is not None, said
    return str(said["answer"]["text"])


async def told(stack: Stack, user: int) -> list[str]:
    """What the bot has written to somebody."""
    return [one["text"] for one in (await stack.sandbox.chats())[user]["messages"][1:]]


async def test_presses_are_answered_and_the_bridge_is_started_again(stack: Stack) -> None:
    message = await post(stack)
    assert await pressed(stack, message, WORKER) == (
        "Заказ ваш! Контакты клиента — в личных сообщениях."
    )
    assert (await pressed(stack, message, NEWCOMER)).startswith("Заказ уже занят")

    first = polling_process(stack)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await stack.sandbox.call("POST", "/start", user_id=NEWCOMER)
    await eventually(lambda: _greeted(stack), 15, "the greeting", pause=0.1)
    assert polling_process(stack) not in (None, first)


async def _confirmed(stack: Stack) -> bool:
    return await stack.sandbox.undelivered() == 0


async def _greeted(stack: Stack) -> bool:
    return bool(await told(stack, NEWCOMER))


async def test_a_webhook_that_somebody_sets_is_deleted(stack: Stack) -> None:
    page = str(stack.sandbox._client.base_url).rstrip("/")
    base = f"{page}/telegram/bot000000:TEST"
    async with httpx.AsyncClient(trust_env=False) as telegram:
        await telegram.post(f"{base}/setWebhook", json={"url": "http://127.0.0.1:9/nobody"})
        message = await post(stack)
        assert "Заказ ваш" in await pressed(stack, message, WORKER)
        info = (await telegram.get(f"{base}/getWebhookInfo")).json()["result"]
    assert info["url"] == ""
    said = (stack.data.parent / "up.log").read_text(encoding="utf-8")
    assert "polling: demo: telegram: a webhook was set for this bot; it is deleted now" in said


async def test_what_the_door_never_takes_is_a_dead_letter(stack: Stack) -> None:
    message = await post(stack)
    press = {"update_id": 2**40, "message": {"text": "Тайна" + "x" * 1_100_000}}
    await stack.sandbox.call("POST", "/telegram/update", update=press)
    await eventually(stack.dead_letters, 10, "the dead letter", pause=0.1)
    (letter,) = await stack.dead_letters()
    assert letter.startswith(f"update.{2**40}: the door answered 413; its 1,100,0")
    assert "Заказ ваш" in await pressed(stack, message, WORKER)


async def test_nothing_was_pushed_and_nothing_is_left(stack: Stack) -> None:
    await eventually(lambda: _confirmed(stack), 10, "all is confirmed", pause=0.1)
    updates = (await stack.sandbox.call("GET", "/telegram/updates"))["updates"]
    # What was sent while a webhook was set was tried there; else no door was called.
    assert {attempt["status"] for one in updates for attempt in one["attempts"]} <= {"ConnectError"}
    assert all(one["state"] == "delivered" for one in updates)


async def test_no_log_holds_a_token_a_name_or_an_address(stack: Stack) -> None:
    logs = [*(stack.data / "logs").iterdir(), stack.data.parent / "up.log"]
    text = "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)
    lines = (stack.data / "logs/polling.log").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["service"] for line in lines} == {"polling"}
    for secret in ("000000:TEST", "demo-telegram-secret", "Тимур", "Тайна", "/telegram/bot"):
        assert secret not in text
