"""The SMS gateway SMSC.ru."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.server import Running
from sandbox.sms.messages import segments

pytestmark = pytest.mark.anyio

LOGIN = {"login": "tyres", "psw": "tyres-sms-password", "fmt": "3", "charset": "utf-8"}
PHONE = "+79000000021"
LINK = "https://tyres.example/s/a1B2c3D4e5F6"


@pytest.fixture
async def smsc(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/sms/sys", trust_env=False, verify=False
    ) as client:
        yield client


async def send(smsc: httpx.AsyncClient, **form: str) -> Any:
    body = LOGIN | {"phones": PHONE, "mes": f"Оцените визит: {LINK}."} | form
    answer = await smsc.post("/send.php", data=body)
    assert answer.status_code == 200
    return answer.json()


async def status(smsc: httpx.AsyncClient, message_id: str, phone: str = PHONE) -> Any:
    body = LOGIN | {"phone": phone, "id": message_id}
    return (await smsc.post("/status.php", data=body)).json()


async def arrived(control: httpx.AsyncClient) -> list[Any]:
    messages = (await control.get(f"/phones/{PHONE}")).json()["messages"]
    assert isinstance(messages, list)
    return messages


async def test_a_message_arrives_and_is_known_by_the_callers_id(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    assert await send(smsc, id="tyres-1.survey", cost="3") == {
        "id": "tyres-1.survey",
        "cnt": 1,
        "cost": "5.4",
        "balance": "994.6",
    }
    (message,) = await arrived(control)
    assert (message["channel"], message["links"], message["sender"]) == ("sms", [LINK], "TYRES")
    assert (await status(smsc, "tyres-1.survey"))["status"] == 1
    assert await status(smsc, "other") == {"error": "message not found", "error_code": 3}
    assert (await status(smsc, "tyres-1.survey", "+79000000022"))["error_code"] == 3


async def test_the_same_text_is_refused_for_a_minute_whatever_its_id(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    assert "id" in await send(smsc, id="1")
    assert (await send(smsc, id="2"))["error_code"] == 9
    assert "id" in await send(smsc, id="1", mes="Другой текст")
    await control.post("/sms/minute", json={})
    # An id makes nothing idempotent: after the minute it is a second message.
    assert (await send(smsc, id="1"))["id"] == 1
    assert len(await arrived(control)) == 3


async def test_a_status_is_asked_five_times_a_minute(smsc: httpx.AsyncClient) -> None:
    await send(smsc, id="1")
    asked = [await status(smsc, "1") for _ in range(6)]
    assert [one.get("error_code") for one in asked] == [None] * 5 + [9]


@pytest.mark.parametrize(
    ("form", "code", "has_id"),
    [
        ({"mes": ""}, 1, False),
        ({"phones": ""}, 1, False),
        ({"id": "пробел и длинный"}, 1, False),
        ({"psw": "no"}, 2, False),
        ({"login": "no"}, 2, False),
        ({"apikey": "no"}, 2, False),
        ({"phones": "12"}, 7, True),
    ],
)
async def test_refusals(
    smsc: httpx.AsyncClient, form: dict[str, str], code: int, has_id: bool
) -> None:
    told = await send(smsc, **form)
    assert (told["error_code"], "id" in told) == (code, has_id)
    assert told["error"]


async def test_what_the_gateway_thinks_of_the_customer(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    async def code(account: dict[str, Any]) -> int | None:
        await control.put("/sms", json=account)
        await control.post("/sms/minute", json={})
        found: int | None = (await send(smsc)).get("error_code")
        return found

    assert await code({"balance": 5}) == 3
    assert await code({"balance": 100, "forbidden": ["оцените"]}) == 6
    assert await code({"forbidden": [], "blocked": True}) == 4
    assert await code({"blocked": False}) is None


async def test_a_number_that_takes_no_sms(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.put(f"/phones/{PHONE}", json={"sms": False})
    assert (await send(smsc))["error_code"] == 8
    await control.put("/sms", json={"unreachable": "later"})
    await control.post("/sms/minute", json={})
    assert "error" not in await send(smsc, id="1")
    assert (await status(smsc, "1"))["status"] == 25
    assert await arrived(control) == []


async def test_ways_to_sign_in(smsc: httpx.AsyncClient) -> None:
    hashed = hashlib.md5(b"tyres-sms-password", usedforsecurity=False).hexdigest()
    assert "id" in await send(smsc, psw=hashed, mes="1")
    key = {"apikey": "tyres-sms-apikey", "phones": PHONE, "mes": "2", "fmt": "3"}
    assert "id" in (await smsc.post("/send.php", data=key)).json()


async def test_without_a_charset_the_text_is_taken_for_windows_1251(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await send(smsc, charset="", mes="Шины")
    await send(smsc, mes="Шины")
    texts = [one["text"] for one in await arrived(control)]
    assert texts == ["Шины".encode().decode("windows-1251", "replace"), "Шины"]


async def test_without_fmt_the_answer_is_a_line(smsc: httpx.AsyncClient) -> None:
    told = await smsc.get(
        "/send.php", params=LOGIN | {"phones": PHONE, "mes": "x", "id": "7", "fmt": "0"}
    )
    assert told.text == "OK - 1 SMS, ID - 7"
    wrong = await smsc.get("/send.php", params={"login": "x"})
    assert wrong.text == "ERROR = 2 (authorise error)"


async def test_the_cost_is_told_without_sending(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    assert await send(smsc, cost="1", mes="я" * 71) == {"cost": "10.8", "cnt": 2}
    assert await arrived(control) == []


def test_parts_of_a_message() -> None:
    assert [segments("x" * n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert [segments("я" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert segments("😀" * 35) == 1


@pytest.mark.parametrize(("kind", "http_status"), [("outage", 503), ("server_error", 500)])
async def test_outages(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, http_status: int
) -> None:
    await control.put("/faults/sms", json={"kind": kind, "requests": 1})
    answer = await smsc.post("/send.php", data=LOGIN | {"phones": PHONE, "mes": "x"})
    assert answer.status_code == http_status
    assert await arrived(control) == []


async def test_a_lost_answer_is_cleared_up_by_the_status(
    smsc: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    for kind, known in (("abort", False), ("lost_answer", True)):
        await control.put("/faults/sms", json={"kind": kind, "requests": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            await send(smsc, id=kind, mes=kind)
        assert ("status" in await status(smsc, kind)) is known
    await control.put("/faults/sms", json={"kind": "too_many_requests", "requests": 1})
    assert (await send(smsc))["error_code"] == 9


async def test_passwords_are_not_kept(smsc: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await send(smsc, id="1")
    (call,) = (await control.get("/sms")).json()["calls"]
    assert "psw" not in call["form"]
    assert call["form"]["id"] == "1"
    listed = (await control.get("/phones")).json()["phones"]
    assert [one["phone"] for one in listed] == [PHONE]
