"""What the WhatsApp Cloud API tells of itself: statuses, the person's words, and how they come."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from sandbox.clock import CLOCK
from sandbox.server import Running
from sandbox.whatsapp.settings import ANSWER_HERE, WhatsAppSettings
from tests.sandbox.door import Door, Seen

pytestmark = pytest.mark.anyio

SETTINGS = WhatsAppSettings()
VERA = "79000000021"
PHONE = f"+{VERA}"
WORDS = [{"type": "text", "text": word} for word in ("Вера", "Шины у дома")]
CODE = [{"type": "text", "text": "aB3dE5gH7jK9"}]
SURVEY = {
    "messaging_product": "whatsapp",
    "to": PHONE,
    "type": "template",
    "template": {
        "name": "tyres_survey",
        "language": {"code": "ru"},
        "components": [
            {"type": "body", "parameters": WORDS},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": CODE},
        ],
    },
    "biz_opaque_callback_data": "effect-7",
}
TEXT = {
    "messaging_product": "whatsapp",
    "to": PHONE,
    "type": "text",
    "text": {"body": "Спасибо!"},
    "biz_opaque_callback_data": "effect-8",
}


@pytest.fixture
async def cloud(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/whatsapp",
        headers={"Authorization": f"Bearer {SETTINGS.token}"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client


async def sent(cloud: httpx.AsyncClient, message: dict[str, Any]) -> str:
    """The message's id; it was accepted."""
    answer = await cloud.post(f"/v23.0/{SETTINGS.phone_id}/messages", json=message)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["messages"][0]["id"]
    return found


def value_of(seen: Seen) -> dict[str, Any]:
    body = json.loads(seen.body)
    assert body["object"] == "whatsapp_business_account"
    ((entry,),) = (body["entry"],)
    assert entry["id"] == SETTINGS.account_id
    ((change,),) = (entry["changes"],)
    assert change["field"] == "messages"
    value: dict[str, Any] = change["value"]
    assert value["messaging_product"] == "whatsapp"
    assert value["metadata"] == {
        "display_phone_number": SETTINGS.display_phone,
        "phone_number_id": SETTINGS.phone_id,
    }
    return value


def status_of(seen: Seen) -> dict[str, Any]:
    (status,) = value_of(seen)["statuses"]
    found: dict[str, Any] = status
    return found


def message_of(seen: Seen) -> dict[str, Any]:
    (message,) = value_of(seen)["messages"]
    found: dict[str, Any] = message
    return found


async def test_sent_delivered_and_read_carry_what_the_request_gave(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    number = await sent(cloud, SURVEY)
    await door.expect(2)
    assert (await control.post(f"/phones/{PHONE}/read", json={})).json() == {"read": [number]}
    statuses = [status_of(one) for one in await door.expect(3)]
    assert [one["status"] for one in statuses] == ["sent", "delivered", "read"]
    assert {one["id"] for one in statuses} == {number}
    assert {one["recipient_id"] for one in statuses} == {VERA}
    assert {one["biz_opaque_callback_data"] for one in statuses} == {"effect-7"}
    assert {one.path for one in door.seen} == {"/whatsapp/tyres"}
    assert (await control.post(f"/phones/{PHONE}/read", json={})).json() == {"read": []}


async def test_reading_can_be_left_to_the_person_or_not(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put("/whatsapp", json={"reads": "at_once"})
    await sent(cloud, SURVEY)
    assert {status_of(one)["status"] for one in await door.expect(3)} == {
        "sent",
        "delivered",
        "read",
    }
    assert (await control.put("/whatsapp", json={"reads": "never"})).status_code == 400


async def test_the_signature_is_that_of_the_bytes_and_of_no_other_spelling(
    control: httpx.AsyncClient, door: Door
) -> None:
    await control.post(f"/phones/{PHONE}/write", json={"text": "Где вы? https://example.test/a"})
    (seen,) = await door.expect(1)
    given = seen.headers["x-hub-signature-256"]
    key = SETTINGS.app_secret.encode()
    assert given == f"sha256={hmac.new(key, seen.body, hashlib.sha256).hexdigest()}"
    again = json.dumps(json.loads(seen.body), separators=(",", ":")).encode()
    assert given != f"sha256={hmac.new(key, again, hashlib.sha256).hexdigest()}"
    assert seen.headers["content-type"] == "application/json"


async def test_a_number_without_whatsapp_is_told_of_afterwards(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put(f"/phones/{PHONE}", json={"whatsapp": False})
    number = await sent(cloud, SURVEY)
    (seen,) = await door.expect(1)
    status = status_of(seen)
    assert (status["id"], status["status"]) == (number, "failed")
    assert status["biz_opaque_callback_data"] == "effect-7"
    (error,) = status["errors"]
    assert (error["code"], error["title"]) == (131026, "Message undeliverable")
    assert error["error_data"]["details"]
    assert (await control.get(f"/phones/{PHONE}")).json()["messages"] == []


async def test_any_code_can_follow(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    for code in (131050, 131000):
        await control.put(f"/whatsapp/errors/{PHONE}", json={"code": code})
        await sent(cloud, SURVEY)
    found = [status_of(one)["errors"][0]["code"] for one in await door.expect(2)]
    assert sorted(found) == [131000, 131050]
    assert (await control.get(f"/phones/{PHONE}")).json()["messages"] == []


async def test_a_text_fails_once_the_last_words_are_a_day_old(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door, tmp_path: Path
) -> None:
    CLOCK.follow(tmp_path / "clock")
    try:
        await control.post(f"/phones/{PHONE}/write", json={"text": "Здравствуйте"})
        await control.post("/clock", json={"forward_seconds": 24 * 3600 - 60})
        await sent(cloud, TEXT)
        assert [status_of(one)["status"] for one in (await door.expect(3))[1:]] == [
            "sent",
            "delivered",
        ]
        await control.post("/clock", json={"forward_seconds": 60})
        await sent(cloud, TEXT)
        failed = status_of((await door.expect(4))[3])
    finally:
        CLOCK.follow(None)
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131047)
    assert failed["biz_opaque_callback_data"] == "effect-8"
    arrived = (await control.get(f"/phones/{PHONE}")).json()["messages"]
    assert [one["text"] for one in arrived] == ["Спасибо!"]


async def test_words_of_the_person(
    sandbox: Running, control: httpx.AsyncClient, door: Door
) -> None:
    began = int(time.time())
    said = {"text": "Десять!", "name": "Вера"}
    number = (await control.post(f"/phones/{PHONE}/write", json=said)).json()["id"]
    (seen,) = await door.expect(1)
    message, (contact,) = message_of(seen), value_of(seen)["contacts"]
    assert (contact["profile"], contact["wa_id"]) == ({"name": "Вера"}, VERA)
    assert (message["from"], message["id"]) == (VERA, number)
    assert (message["type"], message["text"]) == ("text", {"body": "Десять!"})
    assert began <= int(message["timestamp"]) <= time.time()
    assert message["from_user_id"] == contact["user_id"]
    await _until_taken(sandbox)


async def _until_taken(sandbox: Running) -> None:
    """Until the ticks on the telephone say that Switchboard has the person's words."""
    async with asyncio.timeout(3):
        async for _ in sandbox.world.feed.changes():
            if sandbox.world.phones.written[VERA][0].taken:
                return


async def test_who_hides_his_number_is_known_by_another_id_alone(
    control: httpx.AsyncClient, door: Door
) -> None:
    await control.post(f"/phones/{PHONE}/write", json={"text": "Десять!", "hidden": True})
    (seen,) = await door.expect(1)
    message, (contact,) = message_of(seen), value_of(seen)["contacts"]
    assert "from" not in message
    assert "wa_id" not in contact
    assert message["from_user_id"] == contact["user_id"]
    assert VERA not in seen.body.decode().replace(message["id"], "")


async def test_what_is_no_text(control: httpx.AsyncClient, door: Door) -> None:
    image = {"type": "image", "image": {"id": "1", "caption": "Вот шина"}}
    await control.post(f"/phones/{PHONE}/write", json={"content": image})
    (seen,) = await door.expect(1)
    message = message_of(seen)
    assert (message["type"], message["image"]) == ("image", image["image"])
    assert "text" not in message
    for wrong in ({}, {"text": ""}):
        assert (await control.post(f"/phones/{PHONE}/write", json=wrong)).status_code == 400


async def test_a_quick_reply_is_pressed_once(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    number = await sent(cloud, SURVEY)
    await door.expect(2)
    assert (await control.post(f"/phones/{PHONE}/reply", json={"button": "Нет"})).status_code == 400
    assert (await control.post(f"/phones/{PHONE}/reply", json={})).status_code == 200
    told = [value_of(one) for one in (await door.expect(4))[2:]]
    (message,) = next(one["messages"] for one in told if "messages" in one)
    assert message["type"] == "button"
    assert message["button"] == {"text": ANSWER_HERE, "payload": ANSWER_HERE}
    assert message["context"] == {"from": SETTINGS.display_phone, "id": number}
    (read,) = next(one["statuses"] for one in told if "statuses" in one)
    assert (read["status"], read["id"]) == ("read", number)
    phone = (await control.get(f"/phones/{PHONE}")).json()
    assert [one["text"] for one in phone["written"]] == [ANSWER_HERE]
    assert phone["messages"][0]["replies"] == {}
    assert (await control.post(f"/phones/{PHONE}/reply", json={})).status_code == 400


async def test_without_whatsapp_nobody_writes(control: httpx.AsyncClient) -> None:
    await control.put(f"/phones/{PHONE}", json={"whatsapp": False})
    refused = await control.post(f"/phones/{PHONE}/write", json={"text": "Десять!"})
    assert (refused.status_code, refused.json()["error"]) == (400, "this number has no WhatsApp")


@pytest.mark.parametrize("status", [503, 204, 401])
async def test_whatever_is_not_taken_comes_again_with_the_same_bytes(
    sandbox: Running, control: httpx.AsyncClient, door: Door, status: int
) -> None:
    refusals = [Response(status_code=status) for _ in range(3)]
    door.answers = lambda _: refusals.pop() if refusals else Response()
    await control.post(f"/phones/{PHONE}/write", json={"text": "Десять!"})
    seen = await door.expect(4)
    assert len({(one.body, one.headers["x-hub-signature-256"]) for one in seen}) == 1
    await _until_taken(sandbox)
    (hook,) = (await control.get("/whatsapp/hooks")).json()["hooks"]
    assert hook["state"] == "delivered"
    assert [one["status"] for one in hook["attempts"]] == [status] * 3 + [200]
    moments = [one["at"] for one in hook["attempts"]]
    # One second, two and four, on a clock that is fifty times faster.
    for (before, after), pause in zip(pairwise(moments), (0.02, 0.04, 0.08), strict=True):
        assert after - before > 0.9 * pause


async def test_a_refused_status_is_overtaken_by_the_next(
    cloud: httpx.AsyncClient, door: Door
) -> None:
    refusals = [Response(status_code=503)]
    door.answers = lambda _: refusals.pop() if refusals else Response()
    await sent(cloud, SURVEY)
    statuses = [status_of(one)["status"] for one in await door.expect(3)]
    assert statuses == ["sent", "delivered", "sent"]


async def test_copies_in_any_order(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put("/whatsapp/hooks", json={"repeat": 3, "spread": 0.2, "seed": 5})
    await sent(cloud, SURVEY)
    statuses = [status_of(one)["status"] for one in await door.expect(6)]
    assert Counter(statuses) == {"sent": 3, "delivered": 3}
    assert statuses != sorted(statuses, reverse=True)
    assert len({one.body for one in door.seen}) == 2


async def test_late_and_lost(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put("/whatsapp/hooks", json={"lose": 1, "delay": 0.2})
    began = time.monotonic()
    await sent(cloud, SURVEY)
    (seen,) = await door.expect(1)
    assert time.monotonic() - began >= 0.2
    assert status_of(seen)["status"] == "delivered"
    states = [one["state"] for one in (await control.get("/whatsapp/hooks")).json()["hooks"]]
    assert states[0] == "lost"
    lost = (await control.get("/whatsapp/hooks?state=lost")).json()["hooks"]
    assert [one["state"] for one in lost] == ["lost"]


async def test_nobody_is_told_until_he_has_subscribed(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put("/whatsapp", json={"statuses": False})
    await sent(cloud, SURVEY)
    await control.post(f"/phones/{PHONE}/write", json={"text": "Десять!"})
    await control.put("/whatsapp", json={"statuses": True})
    await control.post(f"/phones/{PHONE}/write", json={"text": "Девять!"})
    (seen,) = await door.expect(1)
    assert message_of(seen)["text"]["body"] == "Девять!"


async def test_meta_asks_at_the_door_first(control: httpx.AsyncClient, door: Door) -> None:
    assert (await control.get("/whatsapp")).json()["subscription"]["state"] == "unasked"
    for _ in range(2):
        await control.post(f"/phones/{PHONE}/write", json={"text": "Десять!"})
    await door.expect(2)
    (query,) = door.asked
    assert query.keys() == {"hub.mode", "hub.challenge", "hub.verify_token"}
    assert query["hub.mode"] == "subscribe"
    told = (await control.get("/whatsapp/hooks")).json()["subscription"]
    assert (told["state"], told["status"]) == ("verified", 200)
    assert told["url"] == f"{door.url}/whatsapp/tyres"


async def test_meta_can_be_made_to_ask(control: httpx.AsyncClient, door: Door) -> None:
    wrong = (await control.post("/whatsapp/verify", json={"token": "x"})).json()
    assert (wrong["state"], wrong["status"]) == ("refused", 403)
    right = (await control.post("/whatsapp/verify", json={})).json()
    assert (right["state"], right["status"]) == ("verified", 200)
    assert len(door.asked) == 2


async def test_any_body_can_be_sent_with_any_secret(control: httpx.AsyncClient, door: Door) -> None:
    body = {"object": "page", "entry": []}
    await control.post("/whatsapp/hooks", json={"body": body, "secret": "x"})
    (seen,) = await door.expect(1)
    assert json.loads(seen.body) == body
    forged = hmac.new(b"x", seen.body, hashlib.sha256).hexdigest()
    assert seen.headers["x-hub-signature-256"] == f"sha256={forged}"
