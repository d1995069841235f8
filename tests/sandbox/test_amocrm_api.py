"""amoCRM's API v4 as httpx sees it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.server import Running

pytestmark = pytest.mark.anyio

SEARCH, PIPELINE, TIMUR = 71001002, 7100100, 8000002
BALANCE = 520001


@pytest.fixture
async def api(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/amocrm/api/v4",
        headers={"Authorization": "Bearer demo-long-lived-token"},
        trust_env=False,
        verify=False,
    ) as client:
        sandbox.world.amocrm.gate.enforced = False
        yield client


@pytest.fixture
def lead_id(sandbox: Running) -> int:
    return next(iter(sandbox.world.amocrm.records.leads))


def fields(lead: dict[str, Any]) -> dict[int, list[Any]]:
    values = lead["custom_fields_values"]
    return {one["field_id"]: [value["value"] for value in one["values"]] for one in values}


async def test_a_deal_with_its_contact(api: httpx.AsyncClient, lead_id: int) -> None:
    answer = await api.get(f"/leads/{lead_id}", params={"with": "contacts"})
    assert answer.headers["content-type"] == "application/hal+json"
    lead = answer.json()
    assert (lead["pipeline_id"], fields(lead)[510003]) == (PIPELINE, [18_000])
    skill = next(one for one in lead["custom_fields_values"] if one["field_id"] == 510004)
    assert skill["values"] == [{"value": "Отделка", "enum_id": 610001, "enum_code": None}]
    contact_id = lead["_embedded"]["contacts"][0]["id"]
    contact = (await api.get(f"/contacts/{contact_id}")).json()
    phone = contact["custom_fields_values"][0]
    assert (phone["field_code"], phone["values"][0]["enum_code"]) == ("PHONE", "WORK")
    assert phone["values"][0]["value"] == "+7 900 000-00-11"


@pytest.mark.parametrize(
    "path",
    [
        "/leads/1",
        "/contacts/1",
        "/contacts?query=нет",
        "/leads?filter[id]=1",
        "/leads/1/notes",
        "/tasks",
    ],
)
async def test_nothing_found_is_204(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_deal_is_changed(
    api: httpx.AsyncClient, control: httpx.AsyncClient, lead_id: int
) -> None:
    change = {
        "responsible_user_id": TIMUR,
        "custom_fields_values": [
            {"field_id": 510005, "values": [{"value": "Тимур Образцов"}]},
            {"field_id": 510004, "values": [{"value": "Курьер"}, {"enum_id": 610002}]},
        ],
    }
    answer = await api.patch(f"/leads/{lead_id}", json=change)
    assert (answer.status_code, answer.json()["id"]) == (200, lead_id)
    lead = (await api.get(f"/leads/{lead_id}")).json()
    assert lead["responsible_user_id"] == TIMUR
    assert fields(lead)[510005] == ["Тимур Образцов"]
    assert fields(lead)[510004] == ["Курьер", "Грузоперевозки"]
    history = (await control.get(f"/deals/{lead_id}")).json()["history"]
    assert [line["by"] for line in history] == ["api", "api", "api"]


async def test_several_deals_are_changed_at_once(api: httpx.AsyncClient, sandbox: Running) -> None:
    leads = list(sandbox.world.amocrm.records.leads)[:2]
    answer = await api.patch("/leads", json=[{"id": n, "price": 5} for n in leads])
    assert [one["id"] for one in answer.json()["_embedded"]["leads"]] == leads
    assert {sandbox.world.amocrm.records.leads[n].price for n in leads} == {5}


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"status_id": 1}, "NotSupportedChoice", "status_id"),
        ({"responsible_user_id": 1}, "NotSupportedChoice", "responsible_user_id"),
        ({"price": "много"}, "InvalidType", "price"),
        (
            {"custom_fields_values": [{"field_id": 1, "values": []}]},
            "NotSupportedChoice",
            "custom_fields_values.0.field_id",
        ),
        (
            {"custom_fields_values": [{"field_id": 510005, "values": [{"value": "я" * 256}]}]},
            "InvalidLength",
            "custom_fields_values.0.values.0.value",
        ),
        (
            {"custom_fields_values": [{"field_id": 510003, "values": [{"value": "много"}]}]},
            "InvalidType",
            "custom_fields_values.0.values.0.value",
        ),
    ],
)
async def test_mistakes_are_named_and_nothing_is_changed(
    api: httpx.AsyncClient, lead_id: int, body: dict[str, Any], code: str, path: str
) -> None:
    before = (await api.get(f"/leads/{lead_id}")).json()
    answer = await api.patch(f"/leads/{lead_id}", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    error = answer.json()["validation-errors"][0]["errors"][0]
    assert (error["code"], error["path"]) == (code, path)
    assert (await api.get(f"/leads/{lead_id}")).json() == before


async def contact_id(api: httpx.AsyncClient, lead_id: int) -> int:
    lead = (await api.get(f"/leads/{lead_id}", params={"with": "contacts"})).json()
    return int(lead["_embedded"]["contacts"][0]["id"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("9000000011", 1),
        ("+7 900 000-00-11", 1),
        ("89000000011", 0),
        ("900000", 4),
        ("заказчик", 1),
        ("-", 4),
        ("нет таких", 0),
        ("", 4),
    ],
)
async def test_contacts_are_looked_for_in_every_field_and_by_digits(
    api: httpx.AsyncClient, query: str, found: int
) -> None:
    answer = await api.get("/contacts", params={"query": query})
    shown = answer.json()["_embedded"]["contacts"] if answer.content else []
    assert (answer.status_code, len(shown)) == (200 if found else 204, found)


async def test_contacts_are_listed_with_their_deals_and_by_pages(
    api: httpx.AsyncClient, lead_id: int
) -> None:
    query = {"query": "9000000011", "with": "leads"}
    (one,) = (await api.get("/contacts", params=query)).json()["_embedded"]["contacts"]
    assert one["id"] == await contact_id(api, lead_id)
    assert [lead["id"] for lead in one["_embedded"]["leads"]] == [lead_id]
    alone = (await api.get(f"/contacts/{one['id']}")).json()
    assert "leads" not in alone["_embedded"]
    page = (await api.get("/contacts", params={"limit": "2"})).json()
    assert len(page["_embedded"]["contacts"]) == 2
    assert "page=2" in page["_links"]["next"]["href"]


async def test_a_contact_is_changed(api: httpx.AsyncClient, lead_id: int) -> None:
    number = await contact_id(api, lead_id)
    change = {"custom_fields_values": [{"field_id": BALANCE, "values": [{"value": "500"}]}]}
    answer = await api.patch(f"/contacts/{number}", json=change | {"name": "Ольга Новая"})
    assert (answer.status_code, answer.json()["id"]) == (200, number)
    contact = (await api.get(f"/contacts/{number}")).json()
    assert (contact["name"], fields(contact)[BALANCE]) == ("Ольга Новая", ["500"])
    assert contact["custom_fields_values"][0]["field_code"] == "PHONE"
    emptied = {"custom_fields_values": [{"field_id": BALANCE, "values": None}]}
    await api.patch(f"/contacts/{number}", json=emptied)
    assert BALANCE not in fields((await api.get(f"/contacts/{number}")).json())


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"name": 5}, "InvalidType", "name"),
        (
            {"custom_fields_values": [{"field_id": 510012, "values": []}]},
            "NotSupportedChoice",
            "custom_fields_values.0.field_id",
        ),
        (
            {"custom_fields_values": [{"field_id": BALANCE, "values": [{"value": "много"}]}]},
            "InvalidType",
            "custom_fields_values.0.values.0.value",
        ),
    ],
)
async def test_a_contacts_mistakes_are_named(
    api: httpx.AsyncClient, lead_id: int, body: dict[str, Any], code: str, path: str
) -> None:
    answer = await api.patch(f"/contacts/{await contact_id(api, lead_id)}", json=body)
    error = answer.json()["validation-errors"][0]["errors"][0]
    assert (answer.status_code, error["code"], error["path"]) == (400, code, path)
    assert (await api.patch("/contacts/1", json=body)).status_code == 404


async def test_the_fields_of_a_survey_take_its_results(
    api: httpx.AsyncClient, lead_id: int
) -> None:
    results = {510011: "8", 510012: "8.5", 510013: "B", 510014: "Качество: 8", 510017: "9"}
    values = [{"field_id": n, "values": [{"value": text}]} for n, text in results.items()]
    change = {"custom_fields_values": values, "price": 3700}
    assert (await api.patch(f"/leads/{lead_id}", json=change)).status_code == 200
    lead = (await api.get(f"/leads/{lead_id}")).json()
    assert lead["price"] == 3700
    assert {n: fields(lead)[n] for n in results} == {n: [text] for n, text in results.items()}


async def test_notes_and_tasks_are_written_and_read_back(
    api: httpx.AsyncClient, lead_id: int
) -> None:
    note = {"note_type": "common", "params": {"text": "Заказ забрал Тимур"}}
    made = (await api.post(f"/leads/{lead_id}/notes", json=[note])).json()["_embedded"]["notes"]
    assert (made[0]["entity_id"], made[0]["request_id"]) == (lead_id, "0")
    notes = (await api.get(f"/leads/{lead_id}/notes")).json()["_embedded"]["notes"]
    assert [one["params"]["text"] for one in notes] == ["Заказ забрал Тимур"]
    task = {"text": "Позвонить", "complete_till": 2_000_000_000, "entity_type": "leads"}
    await api.post("/tasks", json=[task | {"entity_id": lead_id}])
    query = {"filter[entity_id]": str(lead_id), "filter[entity_type]": "leads"}
    tasks = (await api.get("/tasks", params=query)).json()["_embedded"]["tasks"]
    assert [(one["text"], one["entity_id"]) for one in tasks] == [("Позвонить", lead_id)]
    refused = await api.post("/tasks", json=[task | {"entity_id": 1}])
    assert refused.json()["validation-errors"][0]["errors"][0]["path"] == "entity_id"
    blank = await api.post(f"/leads/{lead_id}/notes", json=[note | {"params": {"text": ""}}])
    assert blank.status_code == 400


async def test_deals_are_filtered_ordered_and_paged(
    api: httpx.AsyncClient, control: httpx.AsyncClient, sandbox: Running
) -> None:
    made = (await control.post("/deals", json={"count": 3, "stage": "search"})).json()["ids"]
    for at, number in enumerate(made):
        sandbox.world.amocrm.records.leads[number].updated_at = 2_000_000_100 - at
    query = {
        "filter[updated_at][from]": "2000000000",
        "filter[statuses][0][pipeline_id]": str(PIPELINE),
        "filter[statuses][0][status_id]": str(SEARCH),
        "order[updated_at]": "asc",
        "limit": "2",
    }
    first = (await api.get("/leads", params=query)).json()
    assert [lead["id"] for lead in first["_embedded"]["leads"]] == [made[2], made[1]]
    assert "page=2" in first["_links"]["next"]["href"]
    second = (await api.get("/leads", params=query | {"page": "2"})).json()
    assert [lead["id"] for lead in second["_embedded"]["leads"]] == [made[0]]
    assert "next" not in second["_links"]
    assert (await api.get("/leads", params=query | {"page": "3"})).status_code == 204


async def test_the_account_tells_its_users_and_stages(api: httpx.AsyncClient) -> None:
    users = (await api.get("/users")).json()["_embedded"]["users"]
    assert users[1] | {"id": TIMUR, "name": "Тимур Образцов"} == users[1]
    pipelines = (await api.get("/leads/pipelines")).json()["_embedded"]["pipelines"]
    stages = {one["id"]: one["name"] for one in pipelines[0]["_embedded"]["statuses"]}
    assert stages[SEARCH] == "Поиск исполнителя"
    assert stages[142] == "Успешно реализовано"
    assert (await api.get("/account")).json()["subdomain"] == "demo"


async def test_seven_requests_a_second(sandbox: Running, api: httpx.AsyncClient) -> None:
    sandbox.world.amocrm.gate.enforced = True
    answers = await asyncio.gather(*(api.get("/account") for _ in range(9)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 7 + [429] * 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    with pytest.raises(ValueError, match="Expecting value"):
        refused.json()


@pytest.mark.parametrize(
    ("kind", "status"), [("outage", 503), ("too_many_requests", 429), ("server_error", 500)]
)
async def test_faults_on_demand(
    api: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, status: int
) -> None:
    await control.put("/faults/amocrm", json={"kind": kind, "requests": 2})
    codes = [(await api.get("/account")).status_code for _ in range(3)]
    assert codes == [status, status, 200]
    await control.put("/faults/amocrm", json={"kind": kind, "seconds": 60})
    assert (await api.get("/account")).status_code == status
    await control.request("DELETE", "/faults/amocrm", headers={"Content-Type": "application/json"})
    assert (await api.get("/account")).status_code == 200


async def test_a_lost_answer_leaves_the_note_made(
    api: httpx.AsyncClient, control: httpx.AsyncClient, lead_id: int
) -> None:
    for kind in ("lost_answer", "abort"):
        await control.put("/faults/amocrm", json={"kind": kind, "requests": 1})
        note = {"note_type": "common", "params": {"text": kind}}
        with pytest.raises(httpx.RemoteProtocolError):
            await api.post(f"/leads/{lead_id}/notes", json=[note])
    assert (await control.get(f"/deals/{lead_id}")).json()["notes"] == ["lost_answer"]


async def test_slow_answers(api: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.put("/faults/amocrm", json={"latency": 0.3})
    with pytest.raises(httpx.ReadTimeout):
        await api.get("/account", timeout=0.1)
