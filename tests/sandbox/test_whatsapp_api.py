"""The WhatsApp Cloud API: what it takes, what it refuses, and the telephones behind it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

PHONE = "+79000000021"
PATH = "/v23.0/106500000000001/messages"
BODY = {
    "type": "body",
    "parameters": [{"type": "text", "text": "Вера"}, {"type": "text", "text": "Шины у дома"}],
}
BUTTON = {
    "type": "button",
    "sub_type": "url",
    "index": "0",
    "parameters": [{"type": "text", "text": "a1B2c3D4e5F6"}],
}


@pytest.fixture
async def cloud(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/whatsapp",
        headers={"Authorization": "Bearer tyres-whatsapp-token"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client


def survey(*components: dict[str, Any], name: str = "tyres_survey", code: str = "ru") -> Any:
    template = {"name": name, "language": {"code": code}, "components": list(components)}
    return {
        "messaging_product": "whatsapp",
        "to": PHONE,
        "type": "template",
        "template": template,
    }


def text(words: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": words}}


async def arrived(control: httpx.AsyncClient) -> list[Any]:
    messages = (await control.get(f"/phones/{PHONE}")).json()["messages"]
    assert isinstance(messages, list)
    return messages


async def test_a_template_arrives_filled_in(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    answer = await cloud.post(PATH, json=survey(BODY, BUTTON))
    assert answer.status_code == 200
    told = answer.json()
    assert told["contacts"] == [{"input": PHONE, "wa_id": "79000000021"}]
    assert told["messages"][0]["id"].startswith("wamid.")
    (message,) = await arrived(control)
    assert message["text"].startswith("Вера, здравствуйте! Это Шины у дома.")
    assert message["links"] == [f"{door.url}/s/a1B2c3D4e5F6"]
    assert (message["channel"], message["template"]) == ("whatsapp", "tyres_survey")
    assert message["id"] == told["messages"][0]["id"]


async def test_a_repeated_request_is_a_second_message(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await cloud.post(PATH, json=survey(BODY, BUTTON))
    assert len({one["id"] for one in await arrived(control)}) == 2


QUICK = {
    "type": "button",
    "sub_type": "quick_reply",
    "index": "1",
    "parameters": [{"type": "payload", "payload": "here"}],
}
SHORT = {"type": "body", "parameters": BODY["parameters"][:1]}
EMPTY = {
    "type": "body",
    "parameters": [{"type": "text", "text": ""}, {"type": "text", "text": "x"}],
}
LINES = {"type": "body", "parameters": [{"type": "text", "text": "a\nb"}] * 2}


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (survey(SHORT, BUTTON), 400, 132000, "localizable_params (1) does not match"),
        (survey(BUTTON), 400, 132000, "localizable_params (0) does not match"),
        (survey(BODY), 400, 131008, "Button at index 0 of type Url requires a parameter"),
        (survey(EMPTY, BUTTON), 400, 131008, "missing text value"),
        (survey(LINES, BUTTON), 400, 132018, "new-line"),
        (survey(BODY, BUTTON, name="none"), 404, 132001, "(none) does not exist in ru"),
        (survey(BODY, BUTTON, code="en"), 404, 132001, "does not exist in en"),
        (survey(BODY, BUTTON, name="tyres_apology"), 400, 132000, "button"),
        (survey(BODY, BUTTON) | {"to": "12"}, 400, 131009, "phone"),
        (text("x") | {"type": "image"}, 400, 100, "type"),
        (text(""), 400, 100, "text['body']"),
        (text("x") | {"biz_opaque_callback_data": "x" * 513}, 400, 100, "512"),
        (survey(BODY, BUTTON, QUICK | {"index": "2"}), 400, 132000, "button"),
        (survey(BODY, BUTTON, QUICK | {"parameters": []}), 400, 100, "payload"),
    ],
)
async def test_refusals(
    cloud: httpx.AsyncClient,
    control: httpx.AsyncClient,
    body: dict[str, Any],
    status: int,
    code: int,
    words: str,
) -> None:
    answer = await cloud.post(PATH, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].startswith(f"(#{code}) ")
    assert words in error["error_data"]["details"]
    assert await arrived(control) == []


async def test_token_number_and_json(cloud: httpx.AsyncClient) -> None:
    foreign = await cloud.post(PATH, json=text("x"), headers={"Authorization": "Bearer x"})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (401, 190)
    unknown = await cloud.post("/v23.0/1/messages", json=text("x"))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, 100)
    broken = await cloud.post(PATH, content=b"{")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, 100)


async def test_what_can_be_refused_at_once(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    async def code(body: dict[str, Any]) -> int | None:
        answer = await cloud.post(PATH, json=body)
        found: int | None = answer.json().get("error", {}).get("code")
        return found

    await control.put("/whatsapp", json={"undeliverable": "at_once", "window": "at_once"})
    assert await code(text("Спасибо!")) == 131047
    await control.put(f"/phones/{PHONE}", json={"whatsapp": False})
    assert await code(survey(BODY, BUTTON)) == 131026
    told = {"code": 131049, "when": "at_once"}
    await control.put(f"/whatsapp/errors/{PHONE}", json=told)
    assert await code(survey(BODY, BUTTON)) == 131049
    assert await arrived(control) == []
    await control.put(f"/whatsapp/errors/{PHONE}", json={"code": None})
    await control.put(f"/phones/{PHONE}", json={"whatsapp": True})
    assert await code(survey(BODY, BUTTON)) is None
    assert len(await arrived(control)) == 1


async def test_texts_go_for_a_day_after_the_person_wrote(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    async def came() -> int:
        assert (await cloud.post(PATH, json=text("Спасибо!"))).status_code == 200
        return len(await arrived(control))

    assert await came() == 0
    await control.post(f"/phones/{PHONE}/write", json={"text": "Здравствуйте", "hours_ago": 23})
    assert await came() == 1
    await control.post(f"/phones/{PHONE}/write", json={"text": "Здравствуйте", "hours_ago": 25})
    assert await came() == 1


async def test_one_person_is_not_flooded(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    codes = []
    for _ in range(46):
        answer = await cloud.post(PATH, json=survey(BODY, BUTTON))
        codes.append(answer.json().get("error", {}).get("code"))
    assert (codes[:45], codes[45]) == ([None] * 45, 131056)
    await control.put("/whatsapp", json={"pace": False})
    assert (await cloud.post(PATH, json=survey(BODY, BUTTON))).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("outage", 503, 131016), ("server_error", 500, 131000), ("too_many_requests", 429, 130429)],
)
async def test_faults(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, status: int, code: int
) -> None:
    await control.put("/faults/whatsapp", json={"kind": kind, "requests": 1})
    answer = await cloud.post(PATH, json=survey(BODY, BUTTON))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert await arrived(control) == []


@pytest.mark.parametrize(("kind", "messages"), [("abort", 0), ("lost_answer", 1)])
async def test_cut_connections(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, messages: int
) -> None:
    await control.put("/faults/whatsapp", json={"kind": kind, "requests": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await cloud.post(PATH, json=survey(BODY, BUTTON))
    assert len(await arrived(control)) == messages


async def test_templates_can_be_approved(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    template = {"body": "Привет, {{1}}", "url": "https://example.test/{{1}}"}
    assert (await control.put("/whatsapp/templates/hi", json=template)).status_code == 200
    await cloud.post(PATH, json=survey(SHORT, BUTTON, name="hi"))
    (message,) = await arrived(control)
    assert (message["text"], message["links"]) == (
        "Привет, Вера",
        ["https://example.test/a1B2c3D4e5F6"],
    )
    assert (await control.put("/whatsapp/templates/no", json={"words": 1})).status_code == 400


async def test_a_templates_quick_replies_are_kept_for_the_telephone(
    cloud: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    template = {"body": "Удобно ли вам?", "replies": ["Да", "Нет"]}
    await control.put("/whatsapp/templates/ask", json=template)
    given = QUICK | {"index": "0"}
    assert (await cloud.post(PATH, json=survey(given, name="ask"))).status_code == 200
    (message,) = await arrived(control)
    assert message["replies"] == {"Да": "here", "Нет": "Нет"}
