"""Bitrix24's crm.item.* as httpx sees it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.bitrix24.records import Contact, Deal, Portal
from sandbox.server import Running

pytestmark = pytest.mark.anyio

QUALITY, AVERAGE, ANSWERS = "ufCrm_1700000001", "ufCrm_1700000004", "ufCrm_1700000006"
SERVICE, BALANCE = "ufCrm_1700000009", "ufCrm_1700000101"


@pytest.fixture
async def rest(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{sandbox.url}/bitrix24/rest/1/demo-bitrix24-code"
    async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def portal(sandbox: Running) -> Portal:
    return sandbox.world.bitrix24.portal


@pytest.fixture
def deal(portal: Portal) -> Deal:
    return next(iter(portal.deals.values()))


@pytest.fixture
def contact(portal: Portal, deal: Deal) -> Contact:
    return portal.contacts[deal.contact_ids[0]]


async def item(rest: httpx.AsyncClient, kind: int, number: int) -> dict[str, Any]:
    answer = await rest.post("/crm.item.get", json={"entityTypeId": kind, "id": number})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["result"]["item"])


async def update(
    rest: httpx.AsyncClient, kind: int, number: int, fields: dict[str, Any]
) -> httpx.Response:
    body = {"entityTypeId": kind, "id": number, "fields": fields}
    return await rest.post("/crm.item.update.json", json=body)


async def listed(rest: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await rest.post("/crm.item.list", json={"entityTypeId": 2, **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_deal_and_the_time_it_took(rest: httpx.AsyncClient, deal: Deal) -> None:
    answer = await rest.get(f"/crm.item.get.json?entityTypeId=2&id={deal.id}")
    body = answer.json()
    found = body["result"]["item"]
    assert (found["stageId"], found["stageSemanticId"], found["categoryId"]) == ("NEW", "P", 0)
    assert (found["opportunity"], found["assignedById"]) == (4200, 7)
    assert (found["contactId"], found["contactIds"]) == (deal.contact_ids[0], deal.contact_ids)
    assert (found[SERVICE], found[QUALITY], found["entityTypeId"]) == (4501, None, 2)
    assert found["updatedTime"].endswith("+03:00")
    assert body["time"]["operating"] == 0
    assert body["time"]["operating_reset_at"] > body["time"]["start"] + 590


async def test_a_contact_with_its_phones_as_they_are_spelt(
    rest: httpx.AsyncClient, portal: Portal, contact: Contact
) -> None:
    found = await item(rest, 3, contact.id)
    assert (found["name"], found["hasPhone"], found["phoneWork"]) == (
        "Вера",
        "Y",
        "8 (900) 000-00-21",
    )
    phone = contact.phones[0]
    assert found["fm"] == [
        {"id": phone.id, "valueType": "WORK", "value": phone.value, "typeId": "PHONE"}
    ]
    silent = next(one for one in portal.contacts.values() if not one.phones)
    without = await item(rest, 3, silent.id)
    assert (without["hasPhone"], without["fm"], without["phone"]) == ("N", [], "")


async def test_a_deal_without_a_contact(rest: httpx.AsyncClient, portal: Portal) -> None:
    lonely = next(one for one in portal.deals.values() if not one.contact_ids)
    found = await item(rest, 2, lonely.id)
    assert (found["contactId"], found["contactIds"]) == (0, [])


async def test_results_are_written_and_kept(
    rest: httpx.AsyncClient, deal: Deal, contact: Contact, control: httpx.AsyncClient
) -> None:
    answers = "Качество: 9\nСкорость: 8"
    fields = {QUALITY: "9", AVERAGE: 8.5, ANSWERS: answers, "нет такого": 1, "createdBy": 5}
    changed = await update(rest, 2, deal.id, fields)
    assert changed.json()["result"]["item"][AVERAGE] == 8.5
    await update(rest, 3, contact.id, {BALANCE: 300})
    assert (await item(rest, 2, deal.id))[QUALITY] == 9
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()
    assert shown["fields"]["answers"] == answers
    assert shown["fields"]["category"] == "Шиномонтаж"
    assert shown["contacts"][0]["fields"] == {"balance": 300}
    assert [line["by"] for line in shown["history"]] == ["api", "api", "api"]


async def test_original_names_on_request(rest: httpx.AsyncClient, deal: Deal) -> None:
    body = {
        "entityTypeId": 2,
        "id": deal.id,
        "fields": {"UF_CRM_1700000001": 7},
        "useOriginalUfNames": "Y",
    }
    found = (await rest.post("/crm.item.update", json=body)).json()["result"]["item"]
    assert found["UF_CRM_1700000001"] == 7
    assert QUALITY not in found


async def test_a_stage_says_what_it_means(rest: httpx.AsyncClient, deal: Deal) -> None:
    before = await item(rest, 2, deal.id)
    await update(rest, 2, deal.id, {"stageId": "WON"})
    after = await item(rest, 2, deal.id)
    assert (before["closed"], after["closed"]) == ("N", "Y")
    assert (after["stageSemanticId"], after["previousStageId"]) == ("S", "NEW")
    await update(rest, 2, deal.id, {"categoryId": 1})
    assert (await item(rest, 2, deal.id))["stageId"] == "C1:NEW"


async def test_a_form_does_as_well_as_json(rest: httpx.AsyncClient, deal: Deal) -> None:
    form = {"entityTypeId": "2", "id": str(deal.id), f"fields[{QUALITY}]": "10"}
    assert (await rest.post("/crm.item.update", data=form)).status_code == 200
    assert deal.values["UF_CRM_1700000001"] == 10


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stageId": "C1:WON"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"stageId": "NOWHERE"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"categoryId": 9}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({QUALITY: "восемь"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({AVERAGE: "NaN"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({SERVICE: 1}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"assignedById": 404}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"opportunity": "много"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"contactId": 5}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ({"contactIds": "5"}, "100"),
        ({"id": 5}, "100"),
    ],
)
async def test_one_wrong_value_refuses_it_all(
    rest: httpx.AsyncClient, deal: Deal, fields: dict[str, Any], code: str
) -> None:
    answer = await update(rest, 2, deal.id, {"title": "Иначе", **fields})
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert deal.title != "Иначе"


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"entityTypeId": 2, "id": 1}, "NOT_FOUND", "Element not found"),
        ({"entityTypeId": 2, "id": "x"}, "NOT_FOUND", "Element not found"),
        ({"entityTypeId": 777, "id": 1}, "NOT_FOUND", "Smart process not found"),
        ({"entityTypeId": 2}, "100", "Could not find value for parameter {id}"),
        ({"id": 2}, "100", "Could not find value for parameter {entityTypeId}"),
    ],
)
async def test_what_is_not_there(
    rest: httpx.AsyncClient, params: dict[str, Any], code: str, text: str
) -> None:
    answer = await rest.post("/crm.item.get", json=params)
    assert answer.status_code == 400
    assert answer.json() == {"error": code, "error_description": text}


async def test_a_card_that_may_not_be_seen(
    rest: httpx.AsyncClient, control: httpx.AsyncClient, deal: Deal
) -> None:
    await control.patch(f"/bitrix24/deals/{deal.id}", json={"hidden": True})
    answer = await rest.post("/crm.item.get", json={"entityTypeId": 2, "id": deal.id})
    assert (answer.status_code, answer.json()["error"]) == (400, "ACCESS_DENIED")


async def test_new_cards(rest: httpx.AsyncClient, portal: Portal) -> None:
    phones = [{"typeId": "PHONE", "valueType": "MOBILE", "value": "+7 900 000-00-41"}]
    body = {"entityTypeId": 3, "fields": {"name": "Новый", "fm": phones}}
    contact = (await rest.post("/crm.item.add", json=body)).json()["result"]["item"]
    assert contact["phoneMobile"] == "+7 900 000-00-41"
    body = {"entityTypeId": 2, "fields": {"contactIds": [contact["id"]], "opportunity": 999.9}}
    deal = (await rest.post("/crm.item.add", json=body)).json()["result"]["item"]
    assert (deal["title"], deal["opportunity"]) == (f"Сделка #{deal['id']}", 999.9)
    before = len(portal.deals)
    body = {"entityTypeId": 2, "fields": {"stageId": "NOWHERE"}}
    assert (await rest.post("/crm.item.add", json=body)).status_code == 400
    assert len(portal.deals) == before


async def test_phones_are_only_added(rest: httpx.AsyncClient, contact: Contact) -> None:
    first = contact.phones[0]
    fm = {str(first.id): {"typeId": "PHONE", "value": "+79000000042", "valueType": "HOME"}}
    await update(rest, 3, contact.id, {"fm": fm})
    assert [phone.value for phone in contact.phones] == [first.value, "+79000000042"]


async def test_lists_by_stage_time_and_choice(rest: httpx.AsyncClient, portal: Portal) -> None:
    won = [one for one in portal.deals.values() if one.stage_id == "PREPARATION"]
    found = await listed(
        rest,
        filter={"@stageId": ["PREPARATION"], ">=updatedTime": "2020-01-01T00:00:00+03:00"},
        select=["id", "stageId", "нет такого"],
        order={"id": "DESC"},
    )
    shown = found["result"]["items"]
    assert shown == [{"id": one.id, "stageId": "PREPARATION"} for one in reversed(won)]
    assert (found["total"], "next" in found) == (len(won), False)
    later = await listed(rest, filter={">updatedTime": "2040-01-01T00:00:00+03:00"})
    assert later["result"]["items"] == []
    either = {"0": {"logic": "OR", "0": {"=opportunity": 900}, "1": {"%title": "балансировка"}}}
    assert (await listed(rest, filter=either))["total"] == 2
    assert (await listed(rest, filter={SERVICE: 4502, "!stageId": "LOSE"}))["total"] == 2
    owner = next(iter(portal.contacts))
    assert (await listed(rest, filter={"contactId": owner}))["total"] == 1
    assert (await listed(rest, filter={"!@contactId": [0, owner], ">opportunity": 4000}))[
        "total"
    ] == 3


async def test_phones_come_with_whole_contacts_only(rest: httpx.AsyncClient) -> None:
    whole = (await listed(rest, entityTypeId=3))["result"]["items"]
    assert whole[0]["fm"][0]["value"] == "8 (900) 000-00-21"
    chosen = (await listed(rest, entityTypeId=3, select=["id", "fm"]))["result"]["items"]
    assert set(chosen[0]) == {"id"}
    nothing = (await listed(rest, select=["fm"]))["result"]["items"]
    assert nothing[0] == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"filter": {"fm": "1"}}, "field 'fm' is not allowed in filter"),
        ({"filter": {">=nothing": 1}}, "field 'nothing' is not allowed in filter"),
        ({"order": {"nothing": "ASC"}}, "field 'nothing' is not allowed in order"),
        ({"order": {"id": "up"}}, "got 'up' for field 'id'"),
    ],
)
async def test_wrong_lists(rest: httpx.AsyncClient, params: dict[str, Any], text: str) -> None:
    answer = await rest.post("/crm.item.list", json={"entityTypeId": 2, **params})
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_ARG_VALUE")
    assert text in answer.json()["error_description"]


async def test_pages_of_fifty(rest: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.post("/bitrix24/deals", json={"count": 60, "client": None})
    first = await listed(rest, select=["id"])
    assert (len(first["result"]["items"]), first["next"], first["total"]) == (50, 50, 68)
    rest_of_it = await listed(rest, select=["id"], start=50)
    assert (len(rest_of_it["result"]["items"]), "next" in rest_of_it) == (18, False)
    uncounted = await listed(rest, select=["id"], start=-1)
    assert "total" not in uncounted


async def test_fields_tell_the_choices(rest: httpx.AsyncClient) -> None:
    answer = await rest.post("/crm.item.fields", json={"entityTypeId": 2})
    fields = answer.json()["result"]["fields"]
    assert fields[SERVICE]["items"][0] == {"ID": "4501", "VALUE": "Шиномонтаж"}
    assert (fields[SERVICE]["upperName"], fields[SERVICE]["type"]) == (
        "UF_CRM_1700000009",
        "enumeration",
    )
    assert (fields["assignedById"]["upperName"], fields["updatedTime"]["isReadOnly"]) == (
        "ASSIGNED_BY_ID",
        True,
    )
    of_contacts = await rest.post("/crm.item.fields", json={"entityTypeId": 3})
    assert {"fm", BALANCE} <= of_contacts.json()["result"]["fields"].keys()


async def test_the_frozen_methods_still_answer_in_text(
    rest: httpx.AsyncClient, deal: Deal, contact: Contact
) -> None:
    old = (await rest.post("/crm.deal.get", json={"ID": deal.id})).json()["result"]
    assert (old["ID"], old["OPPORTUNITY"], old["STAGE_ID"]) == (str(deal.id), "4200.00", "NEW")
    assert (old["UF_CRM_1700000009"], old["CONTACT_ID"]) == ("4501", str(contact.id))
    card = (await rest.get(f"/crm.contact.get?id={contact.id}")).json()["result"]
    assert (card["NAME"], card["HAS_PHONE"]) == ("Вера", "Y")
    assert card["PHONE"][0]["VALUE"] == "8 (900) 000-00-21"
    gone = await rest.post("/crm.deal.get", json={"id": 1})
    assert (gone.status_code, gone.json()) == (
        400,
        {"error": "", "error_description": "Not found"},
    )
