"""Bitrix24's webhooks: one form each, once, and how they get lost; what a manager does."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from sandbox.bitrix24.records import Deal, Portal
from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio


@pytest.fixture
def portal(sandbox: Running) -> Portal:
    return sandbox.world.bitrix24.portal


@pytest.fixture
def deal(portal: Portal) -> Deal:
    return next(iter(portal.deals.values()))


async def move(control: httpx.AsyncClient, deal: Deal, stage: str) -> httpx.Response:
    return await control.post(f"/bitrix24/deals/{deal.id}/move", json={"stage": stage})


async def settled(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    for _ in range(300):
        sent = (await control.get("/bitrix24/hooks")).json()["hooks"]
        if all(hook["state"] != "waiting" for hook in sent):
            return list(sent)
        await asyncio.sleep(0.01)
    raise AssertionError("some hooks are still on their way")


async def test_a_move_sends_the_id_and_nothing_else(
    control: httpx.AsyncClient, door: Door, deal: Deal
) -> None:
    assert (await move(control, deal, "WON")).json() == {"changed": ["стадия «Выполнено»"]}
    seen = (await door.expect(1))[0]
    assert seen.path == "/crm/tyres/bitrix24/demo-bitrix24-secret"
    assert seen.headers["user-agent"] == "Bitrix24 Webhook Engine"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    form = seen.form()
    assert form.pop("ts").isdigit()
    assert form == {
        "event": "ONCRMDEALUPDATE",
        "event_handler_id": "203",
        "data[FIELDS][ID]": str(deal.id),
        "auth[domain]": "tyres-demo.bitrix24.example",
        "auth[client_endpoint]": "https://tyres-demo.bitrix24.example/rest/",
        "auth[server_endpoint]": "https://oauth.bitrix.info/rest/",
        "auth[member_id]": "0000000000000000000000000000b240",
        "auth[application_token]": "demo-bitrix24-application-token",
    }


async def test_a_new_and_a_deleted_deal_are_told(control: httpx.AsyncClient, door: Door) -> None:
    made = (await control.post("/bitrix24/deals", json={"phone": "+79000000031"})).json()["ids"][0]
    await control.request(
        "DELETE", f"/bitrix24/deals/{made}", headers={"Content-Type": "application/json"}
    )
    events = {seen.form()["event"] for seen in await door.expect(2)}
    assert events == {"ONCRMDEALADD", "ONCRMDEALDELETE"}
    assert (await control.get(f"/bitrix24/deals/{made}")).status_code == 400


async def test_a_refused_hook_does_not_come_again(
    control: httpx.AsyncClient, door: Door, deal: Deal
) -> None:
    door.answers = lambda _: Response(status_code=503)
    await move(control, deal, "WON")
    sent = await settled(control)
    assert [(hook["state"], hook["status"]) for hook in sent] == [("failed", "503")]
    await asyncio.sleep(0.05)
    assert len(door.seen) == 1


async def test_hooks_are_lost_and_doubled_on_demand(
    control: httpx.AsyncClient, door: Door, deal: Deal
) -> None:
    await control.put("/bitrix24/hooks", json={"lose": 1})
    await move(control, deal, "PREPARATION")
    await control.put("/bitrix24/hooks", json={"repeat": 3, "spread": 0.05, "token": "wrong"})
    await move(control, deal, "WON")
    sent = await settled(control)
    assert [hook["state"] for hook in sent] == ["lost", "delivered", "delivered", "delivered"]
    assert {seen.form()["auth[application_token]"] for seen in door.seen} == {"wrong"}
    assert len({seen.body for seen in door.seen}) == 1


async def test_the_apis_own_changes_are_told_but_not_what_changes_nothing(
    sandbox: Running, control: httpx.AsyncClient, door: Door, deal: Deal
) -> None:
    url = f"{sandbox.url}/bitrix24/rest/1/demo-bitrix24-code/crm.item.update"
    body = {"entityTypeId": 2, "id": deal.id, "fields": {"ufCrm_1700000001": 8}}
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        for _ in range(2):
            assert (await client.post(url, json=body)).status_code == 200
        contact = {"entityTypeId": 3, "id": deal.contact_ids[0], "fields": {"name": "Иначе"}}
        await client.post(url, json=contact)
    sent = await settled(control)
    assert [(hook["event"], hook["deal_id"]) for hook in sent] == [("ONCRMDEALUPDATE", deal.id)]
    assert door.seen[0].form()["event"] == "ONCRMDEALUPDATE"


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("indexed", ["document_id[0]", "document_id[1]", "document_id[2]"]),
        ("plain", ["document_id[]", "document_id[]", "document_id[]"]),
    ],
)
async def test_a_robot_keeps_its_query_and_has_no_token(
    sandbox: Running,
    control: httpx.AsyncClient,
    door: Door,
    deal: Deal,
    style: str,
    names: list[str],
) -> None:
    await control.put("/bitrix24/hooks", json={"document_id": style})
    await control.put("/bitrix24/robots", json={"WON": "stage=won&from=robot"})
    await move(control, deal, "PREPARATION")
    await move(control, deal, "WON")
    await settled(control)
    hook = next(one for one in sandbox.world.bitrix24.hooks.log if one.event == "ROBOT")
    assert hook.url.endswith("/crm/tyres/bitrix24/demo-bitrix24-secret?stage=won&from=robot")
    assert [name for name, _ in hook.form[:3]] == names
    assert [value for _, value in hook.form[:3]] == ["crm", "CCrmDocumentDeal", f"DEAL_{deal.id}"]
    assert "auth[application_token]" not in dict(hook.form)
    assert len(door.seen) == 3


async def test_a_robot_by_hand(control: httpx.AsyncClient, door: Door, deal: Deal) -> None:
    await control.post(f"/bitrix24/deals/{deal.id}/robot", json={"query": "a=b"})
    seen = (await door.expect(1))[0]
    assert seen.form()["document_id[2]"] == f"DEAL_{deal.id}"


async def test_deals_are_made_in_bulk_and_moved(control: httpx.AsyncClient, door: Door) -> None:
    body = {"count": 20, "title": "Пробная", "client": "Иван Пробный", "phone": "8 900 0000032"}
    made = (await control.post("/bitrix24/deals", json=body)).json()
    contacts = (await control.get("/bitrix24/contacts")).json()["contacts"]
    card = next(one for one in contacts if one["id"] == made["contact_id"])
    assert (card["name"], card["phones"]) == ("Иван Пробный", ["8 900 0000032"])
    moved = await control.post("/bitrix24/deals/move", json={"ids": made["ids"], "stage": "WON"})
    assert moved.json() == {"moved": 20}
    deals = (await control.get("/bitrix24/deals")).json()["deals"]
    assert sum(one["stage"] == "WON" for one in deals) == 20
    # One webhook each, however many are changed at once.
    await door.expect(40)


async def test_a_manager_edits_cards(control: httpx.AsyncClient, deal: Deal) -> None:
    change = {
        "title": "Иначе <b>&</b>",
        "amount": 100.5,
        "responsible_id": 9,
        "fields": {"category": "Развал-схождение", "time_zone": "Asia/Omsk"},
    }
    assert (await control.patch(f"/bitrix24/deals/{deal.id}", json=change)).status_code == 200
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()
    assert (shown["title"], shown["amount"]) == ("Иначе <b>&</b>", 100.5)
    assert shown["responsible"] == "Павел Управляев"
    assert shown["fields"] == {"category": "Развал-схождение", "time_zone": "Asia/Omsk"}
    assert {line["by"] for line in shown["history"]} == {"manager"}
    contact = f"/bitrix24/contacts/{deal.contact_ids[0]}"
    await control.patch(contact, json={"phones": ["112"], "fields": {"balance": 50}})
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()["contacts"][0]
    assert (shown["phones"], shown["fields"]) == (["112"], {"balance": 50})


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/bitrix24/deals", {"stage": "NOWHERE"}),
        ("POST", "/bitrix24/deals", {"category": "Мойка"}),
        ("POST", "/bitrix24/deals", {"unheard": 1}),
        ("POST", "/bitrix24/deals", {"contact_id": 1}),
        ("POST", "/bitrix24/deals/1/move", {"stage": "WON"}),
        ("PATCH", "/bitrix24/contacts/1", {}),
        ("PUT", "/bitrix24/robots", {"NOWHERE": ""}),
        ("PUT", "/bitrix24/hooks", {"unheard": 1}),
        ("PUT", "/bitrix24/access", {"closed": "unheard"}),
    ],
)
async def test_impossible_wishes_are_400_with_a_reason(
    control: httpx.AsyncClient, verb: str, path: str, body: dict[str, object]
) -> None:
    answer = await control.request(verb, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_wrong_edit_leaves_the_card_alone(control: httpx.AsyncClient, deal: Deal) -> None:
    wrong = {"title": "Иначе", "fields": {"quality": "восемь"}}
    answer = await control.patch(f"/bitrix24/deals/{deal.id}", json=wrong)
    assert answer.status_code == 400
    assert deal.title != "Иначе"


async def test_reset_begins_anew_under_new_ids(
    sandbox: Running, control: httpx.AsyncClient, portal: Portal
) -> None:
    before = set(portal.deals)
    await control.post("/reset", json={})
    after = sandbox.world.bitrix24.portal.deals
    assert len(after) == len(before) == 8
    assert not before & set(after)
