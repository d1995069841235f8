"""1C's HTTP services, its faults, its own calls, and the control of it all."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

AUTH = ("switchboard", "tyres-onec-password")
GRANT = {"phone": "+79000000021", "operation": "grant", "amount": 500, "until": "2027-02-20"}
MOVE = {"Клиент": {"Телефон": "+79000000021"}, "Баллы": 500, "ВнешнийКод": "tyres-1-grant"}


@pytest.fixture
async def hs(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/onec/hs", auth=AUTH, trust_env=False, verify=False
    ) as client:
        yield client


async def points(hs: httpx.AsyncClient, phone: str) -> float:
    return float((await hs.get(f"/loyalty/clients/{phone}/balance")).json()["balance"])


async def test_a_movement_is_made_once_per_id(hs: httpx.AsyncClient) -> None:
    first = await hs.put("/loyalty/bonuses/tyres-1-grant", json=GRANT)
    again = await hs.put("/loyalty/bonuses/tyres-1-grant", json=GRANT | {"comment": "ещё раз"})
    other = await hs.put("/loyalty/bonuses/tyres-1-grant", json=GRANT | {"amount": 501})
    assert [one.status_code for one in (first, again, other)] == [201, 200, 409]
    assert first.json() == again.json()
    assert first.json()["until"] == "2027-02-20"
    assert await points(hs, "89000000021") == 500
    assert (await hs.get("/loyalty/bonuses/tyres-1-grant")).json() == first.json()
    assert (await hs.get("/loyalty/bonuses/none")).status_code == 404


async def test_bonuses_are_taken_but_not_more_than_there_are(hs: httpx.AsyncClient) -> None:
    take = {"phone": "+79000000022", "operation": "take", "amount": 301}
    refused = await hs.put("/loyalty/bonuses/a", json=take)
    assert (refused.status_code, refused.json()) == (422, {"error": "not_enough"})
    assert (await hs.put("/loyalty/bonuses/a", json=take | {"amount": 300})).status_code == 201
    assert await points(hs, "+79000000022") == 0


async def test_an_unknown_phone_gets_a_card_or_404(
    hs: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    unknown = GRANT | {"phone": "+7 900 000-00-29"}
    assert (await hs.get("/loyalty/clients/79000000029/balance")).status_code == 404
    await control.put("/onec", json={"opens_cards": False})
    assert (await hs.put("/loyalty/bonuses/b", json=unknown)).status_code == 404
    await control.put("/onec", json={})
    assert (await hs.put("/loyalty/bonuses/b", json=unknown)).status_code == 201
    assert await points(hs, "79000000029") == 500


async def test_a_dumb_service_writes_everything_it_is_sent(
    hs: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.put("/onec", json={"idempotent": False})
    assert (await hs.put("/loyalty/bonuses/c", json=GRANT)).status_code == 405
    assert (await hs.get("/loyalty/bonuses", params={"external_id": "c"})).json() == []
    for _ in range(2):
        made = await hs.post("/loyalty/bonuses", json=GRANT | {"external_id": "c"})
        assert made.status_code == 201
    found = (await hs.get("/loyalty/bonuses", params={"external_id": "c"})).json()
    assert [one["amount"] for one in found] == [500, 500]
    assert len({one["number"] for one in found}) == 2


async def test_the_other_service_has_manners_of_its_own(hs: httpx.AsyncClient) -> None:
    path, query = "/skidki/v1/dvizheniya", {"kod": "tyres-1-grant"}
    assert (await hs.get(path, params=query)).json() == []
    made = (await hs.post(path, json=MOVE | {"ДействуетДо": "20270220"})).json()
    assert made["Результат"] is True
    assert (await hs.get(path, params=query)).json() == [made["Движение"]]
    left = await hs.get("/skidki/v1/ostatok", params={"telefon": "+79000000021"})
    assert left.json() == {"Остаток": {"Баллы": 500}}
    taken = await hs.post(path, json=MOVE | {"Баллы": -600})
    assert taken.status_code == 422


@pytest.mark.parametrize(
    "body", [{}, GRANT | {"amount": 0}, GRANT | {"phone": "5"}, GRANT | {"until": "31.01.2027"}]
)
async def test_wrong_bodies_are_400(hs: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await hs.put("/loyalty/bonuses/d", json=body)).status_code == 400
    assert (await hs.get("/loyalty/bonuses/d")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("outage", 503, False),
        ("server_error", 500, False),
        ("too_many_requests", 429, False),
        ("unauthorized", 401, False),
        ("html", 200, False),
        ("abort", None, False),
        ("lost_answer", None, True),
    ],
)
async def test_faults(
    hs: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, status: int | None, done: bool
) -> None:
    await control.put("/faults/onec", json={"kind": kind, "requests": 1})
    if status is None:
        with pytest.raises(httpx.RemoteProtocolError):
            await hs.put("/loyalty/bonuses/e", json=GRANT)
    else:
        answer = await hs.put("/loyalty/bonuses/e", json=GRANT)
        assert answer.status_code == status
        assert answer.text.startswith("<!DOCTYPE html>")
    assert ((await hs.get("/loyalty/bonuses/e")).status_code == 200) is done


async def test_pages_and_passwords_fail_in_1c_alone(control: httpx.AsyncClient) -> None:
    assert (await control.put("/faults/sms", json={"kind": "html"})).status_code == 400
    assert (await control.put("/faults/amocrm", json={"kind": "unauthorized"})).status_code == 400


async def test_it_calls_us_with_a_secret(control: httpx.AsyncClient, door: Door) -> None:
    await control.post("/onec/event", json={"phone": "+79000000021", "document": "РН-1"})
    await control.post("/onec/event", json={"phone": "+79000000021", "secret": "wrong"})
    seen = await door.expect(2)
    assert {one.path for one in seen} == {
        "/crm/tyres/onec/tyres-onec-secret",
        "/crm/tyres/onec/wrong",
    }
    body = next(json.loads(one.body) for one in seen if one.path.endswith("secret"))
    assert body == {"phone": "+79000000021", "event": "sale_closed", "document": "РН-1"}


async def test_the_till_and_new_clients(hs: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.post("/onec/clients", json={"phone": "8-900-000-00-28", "name": "Новый"})
    await control.post("/onec/bonuses", json={"phone": "79000000028", "points": 90})
    await control.post("/onec/bonuses", json={"phone": "79000000028", "points": -40})
    refused = await control.post("/onec/bonuses", json={"phone": "79000000028", "points": -51})
    assert refused.status_code == 400
    assert await points(hs, "79000000028") == 50
    shown = (await control.get("/onec")).json()
    card = next(one for one in shown["clients"] if one["phone"] == "8-900-000-00-28")
    assert [one["Вид"] for one in card["documents"]] == ["Начисление", "Списание"]
    assert shown["counts"] == {"GET /hs/loyalty/clients/…/balance 200": 1}


async def test_a_reset_begins_anew(hs: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await hs.put("/loyalty/bonuses/f", json=GRANT)
    await control.post("/reset", json={})
    assert (await hs.get("/loyalty/bonuses/f")).status_code == 404
    assert await points(hs, "79000000022") == 300
