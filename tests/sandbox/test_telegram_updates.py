"""Updates on their way to the door: order, repeats, and methods in the door's answer."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from tests.sandbox.door import Door, Seen

pytestmark = pytest.mark.anyio

GROUP = -4100200300
WORKER = 910000001


async def post_with_button(sandbox: Running) -> int:
    sent = sandbox.world.telegram.methods.call(
        "sendMessage",
        {
            "chat_id": GROUP,
            "text": "Заказ",
            "reply_markup": {"inline_keyboard": [[{"text": "Забрать", "callback_data": "c:1"}]]},
        },
    )
    return int(sent["message_id"])


def toast(seen: Seen) -> Response:
    """Answers a press in the webhook's own response, as Switchboard does."""
    query = json.loads(seen.body).get("callback_query")
    if query is None:
        return Response()
    method = {"method": "answerCallbackQuery", "callback_query_id": query["id"]}
    return JSONResponse(method | {"text": f"Принято: {query['data']}", "show_alert": True})


async def test_a_press_reaches_the_door_and_its_answer_the_worker(
    sandbox: Running, control: httpx.AsyncClient, door: Door
) -> None:
    message_id = await post_with_button(sandbox)
    door.answers = toast
    press = (await control.post("/press", json={"user_id": WORKER, "wait": 3})).json()
    assert press["answer"] == {"text": "Принято: c:1", "show_alert": True, "url": None}
    seen = door.seen[0]
    assert seen.path == "/telegram/demo"
    assert seen.headers["x-telegram-bot-api-secret-token"] == "demo-telegram-secret"
    query = json.loads(seen.body)["callback_query"]
    assert (query["from"]["id"], query["message"]["message_id"]) == (WORKER, message_id)
    calls = (await control.get("/telegram/calls?method=answerCallbackQuery")).json()["calls"]
    assert [(call["via"], call["ok"]) for call in calls] == [("webhook", True)]


async def test_a_refused_method_in_the_answer_is_in_the_log(
    control: httpx.AsyncClient, door: Door
) -> None:
    door.answers = lambda _: JSONResponse({"method": "sendMessage", "chat_id": 1, "text": "x"})
    await control.post("/say", json={"user_id": WORKER, "text": "Привет"})
    await door.expect(1)
    for _ in range(100):
        updates = (await control.get("/telegram/updates")).json()["updates"]
        if updates[0]["reply"]:
            break
        await asyncio.sleep(0.01)
    assert updates[0]["reply"]["description"] == "Bad Request: chat not found"


async def test_hundreds_of_presses_are_all_answered(
    sandbox: Running, control: httpx.AsyncClient, door: Door
) -> None:
    await post_with_button(sandbox)
    door.answers = toast
    body = {"synthetic": 300, "wait": 12}
    answer = (await control.post("/presses", json=body, timeout=15)).json()
    assert answer["answered"] == 300
    assert answer["texts"] == {"Принято: c:1": 300}
    assert len({json.loads(seen.body)["update_id"] for seen in door.seen}) == 300


async def test_a_refused_message_holds_up_its_own_chat_only(
    control: httpx.AsyncClient, door: Door
) -> None:
    def text_of(seen: Seen) -> str:
        return str(json.loads(seen.body)["message"]["text"])

    def answers(seen: Seen) -> Response:
        refused = text_of(seen) == "один" and "лично" not in map(text_of, door.seen)
        return Response(status_code=503 if refused else 200)

    door.answers = answers
    await control.post("/say", json={"user_id": WORKER, "text": "один"})
    await door.expect(1)
    await control.post("/say", json={"user_id": WORKER, "text": "два"})
    await control.post("/say", json={"user_id": WORKER, "chat_id": WORKER, "text": "лично"})
    async with asyncio.timeout(3):
        while "два" not in map(text_of, door.seen):
            await door.expect(len(door.seen) + 1)
    texts = list(map(text_of, door.seen))
    assert texts.count("один") > 1
    assert texts[-1] == "два"
    assert texts.index("лично") < len(texts) - 1


async def test_retry_after_is_honoured(control: httpx.AsyncClient, door: Door) -> None:
    door.answers = lambda _: Response(
        status_code=200 if door.seen else 503, headers={"Retry-After": "10"}
    )
    began = asyncio.get_running_loop().time()
    await control.post("/say", json={"user_id": WORKER, "text": "один"})
    await door.expect(2)
    # Ten seconds on a clock that runs fifty times faster.
    assert asyncio.get_running_loop().time() - began > 0.15


@pytest.mark.parametrize("late", [True, False])
async def test_a_press_can_be_answered_once_and_in_time(
    late: bool, door: Door, settings: SandboxSettings
) -> None:
    seconds = 0.0 if late else 15.0
    running = await start(replace(settings, doors=door.url, callback_answer_seconds=seconds))
    try:
        await post_with_button(running)
        press = running.world.telegram.people.press(WORKER, GROUP, await post_with_button(running))
        url = f"{running.url}/telegram/bot000000:TEST/answerCallbackQuery"
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            first = await client.post(url, json={"callback_query_id": press.id, "text": "да"})
            second = await client.post(url, json={"callback_query_id": press.id, "text": "нет"})
    finally:
        await running.stop()
    assert first.json()["ok"] is not late
    assert second.json()["description"] == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


async def test_a_deep_link_carries_its_payload(control: httpx.AsyncClient, door: Door) -> None:
    await control.post("/start", json={"user_id": 910000002, "payload": "job_42"})
    message: dict[str, Any] = json.loads((await door.expect(1))[0].body)["message"]
    assert message["text"] == "/start job_42"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    refused = await control.post("/start", json={"user_id": 910000002, "payload": "x" * 65})
    assert refused.status_code == 400


async def test_migration_is_told_in_two_service_messages(
    control: httpx.AsyncClient, door: Door
) -> None:
    await control.post("/telegram/migrate", json={})
    told = [json.loads(seen.body)["message"] for seen in await door.expect(2)]
    pairs = {
        (m["chat"]["id"], m.get("migrate_to_chat_id"), m.get("migrate_from_chat_id")) for m in told
    }
    assert pairs == {(GROUP, -1004100200300, None), (-1004100200300, None, GROUP)}


async def test_updates_can_be_repeated_and_shuffled(control: httpx.AsyncClient, door: Door) -> None:
    await control.put("/telegram/deliveries", json={"repeat": 3, "spread": 0.05})
    for text in ("один", "два"):
        await control.post("/say", json={"user_id": WORKER, "text": text})
    bodies = [json.loads(seen.body) for seen in await door.expect(6)]
    assert len({body["update_id"] for body in bodies}) == 2


async def test_blocking_the_bot_is_told(control: httpx.AsyncClient, door: Door) -> None:
    await control.post("/telegram/people", json={"user_id": WORKER, "does": "block"})
    change = json.loads((await door.expect(1))[0].body)["my_chat_member"]
    statuses = (change["old_chat_member"]["status"], change["new_chat_member"]["status"])
    assert statuses == ("member", "kicked")
