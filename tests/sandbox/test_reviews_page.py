"""What the page shows of the tyre services: board, clients, phones, accounts, review sites."""

import json
import re
from typing import Any

import httpx
import pytest

from sandbox.onec.settings import OneCSettings
from sandbox.server import Running
from sandbox.whatsapp.settings import ANSWER_HERE, WhatsAppSettings
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

VERA = "79000000021"
ANNA = "79000000024"
GALINA = "79000000025"


@pytest.fixture
async def web(sandbox: Running) -> Any:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        yield client


async def seen(web: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get("/view")).json()["tyres"]
    return found


async def client_of(web: httpx.AsyncClient, key: str) -> dict[str, Any]:
    clients = (await seen(web))["clients"]
    found: dict[str, Any] = next(client for client in clients if client["key"] == key)
    return found


async def deal_of(web: httpx.AsyncClient, title: str) -> dict[str, Any]:
    deals = (await seen(web))["deals"]
    found: dict[str, Any] = next(deal for deal in deals if deal["title"].startswith(title))
    return found


async def by_api(web: httpx.AsyncClient, method: str, **parameters: Any) -> Any:
    answer = await web.post(f"/bitrix24/rest/1/demo-bitrix24-code/{method}", json=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_the_board_has_both_funnels_and_every_deal(web: httpx.AsyncClient) -> None:
    tyres = await seen(web)
    assert [funnel["name"] for funnel in tyres["funnels"]] == ["Обслуживание", "Склад шин"]
    stages = [stage["id"] for stage in tyres["stages"]]
    assert {deal["stage"] for deal in tyres["deals"]} <= set(stages)
    assert len(tyres["deals"]) == 8
    first = tyres["deals"][0]
    assert (first["client"], first["phones"]) == ("Вера Колёсникова", ["8 (900) 000-00-21"])
    assert (first["amount"], first["category"]) == (4200.0, "Шиномонтаж")
    assert (first["scores"], first["average"], first["written"]) == ([], None, False)
    assert [deal["client"] for deal in tyres["deals"]].count(None) == 1


async def test_what_is_written_by_the_api_stands_on_the_card(web: httpx.AsyncClient) -> None:
    number = (await deal_of(web, "Переобувка R17"))["id"]
    fields = {
        "ufCrm_1700000001": 9,
        "ufCrm_1700000003": 10,
        "ufCrm_1700000004": 9.5,
        "ufCrm_1700000005": "B",
        "ufCrm_1700000006": "Качество — 9\nВежливость — 10",
        "ufCrm_1700000007": 300,
        "ufCrm_1700000008": "Яндекс Карты",
        "opportunity": 3900,
    }
    await by_api(web, "crm.item.update", entityTypeId=2, id=number, fields=fields)
    await by_api(
        web,
        "crm.activity.todo.add",
        ownerTypeId=2,
        ownerId=number,
        deadline="2026-11-23T12:00:00+03:00",
        title="Свяжитесь с клиентом",
        description="Средняя 4",
        responsibleId=9,
    )
    comment = {"ENTITY_ID": number, "ENTITY_TYPE": "deal", "COMMENT": "Опрос клиента"}
    await by_api(web, "crm.timeline.comment.add", fields=comment)
    deal = await deal_of(web, "Переобувка R17")
    assert deal["scores"] == [
        {"title": "качество", "value": 9},
        {"title": "вежливость", "value": 10},
    ]
    assert (deal["average"], deal["variant"], deal["bonus"]) == (9.5, "B", 300)
    assert (deal["review"], deal["answers"]) == ("Яндекс Карты", fields["ufCrm_1700000006"])
    assert (deal["amount"], deal["price_by_api"], deal["written"]) == (3900.0, True, True)
    assert deal["comments"] == ["Опрос клиента"]
    assert deal["tasks"] == [
        {
            "title": "Свяжитесь с клиентом",
            "description": "Средняя 4",
            "deadline": 1795424400.0,
            "responsible": "Павел Управляев",
            "completed": False,
        }
    ]


async def test_a_price_that_a_person_changed_is_his_again(
    web: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    number = (await deal_of(web, "Переобувка R17"))["id"]
    change = {"opportunity": 3900}
    await by_api(web, "crm.item.update", entityTypeId=2, id=number, fields=change)
    await control.patch(f"/bitrix24/deals/{number}", json={"amount": 4000})
    assert (await deal_of(web, "Переобувка R17"))["price_by_api"] is False


async def test_clients_are_joined_by_their_numbers_however_spelt(web: httpx.AsyncClient) -> None:
    clients = (await seen(web))["clients"]
    keys = [client["key"] for client in clients]
    assert keys == [VERA, "79000000022", "79000000023", ANNA, GALINA]
    assert [bool(client["telegram"]) for client in clients] == [True, True, True, False, False]
    galina = clients[4]
    assert galina["phones"] == ["+79000000025", "+79000000026"]
    assert galina["account"] is None
    assert [len(client["cards"]) for client in clients] == [1, 1, 1, 2, 1]
    cards = [deal for deal in (await seen(web))["deals"] if deal["client_key"] == ANNA]
    assert [card["client"] for card in cards] == ["Анна Дискова", "Анна Д."]


async def test_messages_on_both_numbers_of_a_phone_and_their_links(
    web: httpx.AsyncClient, control: httpx.AsyncClient, door: Door
) -> None:
    whatsapp = WhatsAppSettings()
    words = [{"type": "text", "text": word} for word in ("Галина", "Шинный центр")]
    code = [{"type": "text", "text": "Ab3dE6gH9jK2"}]
    message = {
        "messaging_product": "whatsapp",
        "to": GALINA,
        "type": "template",
        "template": {
            "name": "tyres_survey",
            "language": {"code": "ru"},
            "components": [
                {"type": "body", "parameters": words},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": code},
            ],
        },
    }
    sent = await web.post(
        f"/whatsapp/v23.0/{whatsapp.phone_id}/messages",
        json=message,
        headers={"Authorization": f"Bearer {whatsapp.token}"},
    )
    assert sent.status_code == 200, sent.text
    text = "Как прошёл визит? http://127.0.0.1:8080/s/Qw3dE6gH9jK2"
    sms = {"login": "tyres", "psw": "tyres-sms-password", "phones": "79000000026", "mes": text}
    answer = await web.get("/sms/sys/send.php", params={**sms, "charset": "utf-8", "fmt": "3"})
    assert "error" not in answer.json()
    galina = await client_of(web, GALINA)
    first, second = galina["arrivals"]
    assert (first["channel"], first["button"]) == ("whatsapp", "Ответить")
    assert first["links"] == [f"{door.url}/s/Ab3dE6gH9jK2"]
    assert (first["phone"], list(first["replies"])) == (f"+{GALINA}", [ANSWER_HERE])
    assert (second["channel"], second["button"]) == ("sms", "")
    assert second["links"] == ["http://127.0.0.1:8080/s/Qw3dE6gH9jK2"]
    await control.put("/phones/79000000026", json={"whatsapp": False})
    assert (await client_of(web, GALINA))["whatsapp"] is False


async def test_what_a_client_writes_stands_on_his_phone_and_opens_the_window(
    web: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    galina = await client_of(web, GALINA)
    assert (galina["written"], galina["window_until"]) == ([], None)
    for words, hours in (("Здравствуйте", 25), ("Десять!", 1)):
        said = {"text": words, "hours_ago": hours}
        await control.post("/phones/79000000026/write", json=said)
    galina = await client_of(web, GALINA)
    first, second = galina["written"]
    assert (first["text"], second["text"]) == ("Здравствуйте", "Десять!")
    assert {one["phone"] for one in galina["written"]} == {"+79000000026"}
    assert galina["window_until"] == pytest.approx(second["at"] + 23 * 3600, abs=5)


async def test_the_account_in_1c_and_the_number_in_the_crm(
    web: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    onec = OneCSettings()
    grant = {
        "phone": f"+{ANNA}",
        "operation": "grant",
        "amount": 300,
        "until": "2027-02-20",
        "comment": "Отзыв",
    }
    login = (onec.login, onec.password)
    done = await web.put("/onec/hs/loyalty/bonuses/b-1", json=grant, auth=login)
    assert done.status_code == 201, done.text
    await control.post("/onec/bonuses", json={"phone": ANNA, "points": -50})
    contacts = (await control.get("/bitrix24/contacts")).json()["contacts"]
    card = next(one for one in contacts if one["name"] == "Анна Дискова")
    balance = {"ufCrm_1700000101": 450}
    await by_api(web, "crm.item.update", entityTypeId=3, id=card["id"], fields=balance)
    anna = await client_of(web, ANNA)
    moves = [(move["points"], move["comment"]) for move in anna["account"]["movements"]]
    assert moves == [(150, "Перенос остатков"), (300, "Отзыв"), (-50, "Касса")]
    granted = anna["account"]["movements"][1]
    assert (granted["until"], granted["external_id"]) == ("2027-02-20T00:00:00", "b-1")
    assert (anna["account"]["balance"], anna["balance"]) == (400, 450)
    assert (await client_of(web, VERA))["balance"] is None


@pytest.mark.parametrize("site", ["yandex", "google"])
async def test_a_review_site_says_thanks_and_counts(web: httpx.AsyncClient, site: str) -> None:
    page = await web.get(f"/reviews/{site}")
    assert page.status_code == 200
    assert re.search(r"""(?:src|href|action)=|https?://""", page.text) is None
    await web.head(f"/reviews/{site}")
    sent = await web.post(f"/reviews/{site}", data={"stars": "5", "words": "<b>хорошо</b>"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/reviews/{site}/thanks")
    assert "Спасибо за отзыв" in (await web.get(sent.headers["location"])).text
    counted = {one["slug"]: one for one in (await seen(web))["sites"]}
    assert (counted[site]["came"], counted[site]["written"]) == (1, 1)
    other = "google" if site == "yandex" else "yandex"
    assert (counted[other]["came"], counted[other]["written"]) == (0, 0)
    assert (await web.get("/reviews/nowhere")).status_code == 404


async def test_robots_open_our_links_and_nobody_elses(
    control: httpx.AsyncClient, door: Door
) -> None:
    opened = (await control.post("/robots", json={"url": f"{door.url}/r/Ab3dE6gH9jK2"})).json()
    methods = [one["method"] for one in opened["opened"]]
    assert (methods.count("GET"), methods.count("HEAD"), methods.count("POST")) == (5, 1, 2)
    posted = await door.expect(2)
    assert {one.path for one in posted} == {"/r/Ab3dE6gH9jK2"}
    assert posted[0].headers.get("origin") != posted[1].headers.get("origin")
    for foreign in ("http://127.0.0.1:1/r/Ab3dE6gH9jK2", f"{door.url}.example/r/x", None):
        refused = await control.post("/robots", json={"url": foreign})
        assert refused.status_code == 400
    assert len(door.seen) == 2


async def test_a_reset_empties_what_came(
    web: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await web.get("/reviews/yandex")
    await control.post("/reset", json={})
    assert [site["came"] for site in (await seen(web))["sites"]] == [0, 0]


async def test_both_boards_stand_in_the_page_before_the_first_event(
    web: httpx.AsyncClient,
) -> None:
    page = (await web.get("/")).text
    start = re.search(r'<script type="application/json" id="start">(.*?)</script>', page, re.S)
    assert start is not None
    assert len(json.loads(start[1])["tyres"]["deals"]) == 8
    for tab in ("dispatch", "reviews"):
        assert f'aria-controls="scene-{tab}"' in page
        assert f'id="scene-{tab}"' in page
