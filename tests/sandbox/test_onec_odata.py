"""1C's standard OData interface."""

import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from sandbox.server import Running

pytestmark = pytest.mark.anyio

AUTH = ("switchboard", "tyres-onec-password")
CLIENT = "5f0c3b5e-0000-11f1-8000-000000000021"
RICH = "5f0c3b5e-0000-11f1-8000-000000000022"
GRANTS = "/Document_НачислениеБонусов"
TAKES = "/Document_СписаниеБонусов"
CLIENTS = "/Catalog_Контрагенты"
BALANCE = "/AccumulationRegister_Бонусы/Balance"
REF = "11111111-2222-5333-8444-555555555555"


@pytest.fixture
async def odata(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/onec/odata/standard.odata",
        auth=AUTH,
        headers={"Accept": "application/json"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client


def grant(**values: Any) -> dict[str, Any]:
    return {"Контрагент_Key": CLIENT, "Сумма": 500, **values}


async def balance(odata: httpx.AsyncClient, client: str) -> Any:
    condition = f"Condition='Контрагент_Key eq guid''{client}'''"
    rows = (await odata.get(f"{BALANCE}({condition})")).json()["value"]
    return sum(row["СуммаBalance"] for row in rows)


async def test_a_client_is_found_by_the_phone_as_it_is_spelt(odata: httpx.AsyncClient) -> None:
    async def found(phone: str) -> list[str]:
        query = {"$filter": f"Телефон eq '{phone}' and DeletionMark eq false", "$select": "Ref_Key"}
        return [one["Ref_Key"] for one in (await odata.get(CLIENTS, params=query)).json()["value"]]

    assert await found("+79000000021") == [CLIENT]
    assert await found("8 (900) 000-00-21") == []
    assert await found("8 (900) 000-00-22") == [RICH]


async def test_a_tabular_section_is_searched(odata: httpx.AsyncClient) -> None:
    query = {"$filter": "КонтактнаяИнформация/any(d: d/НомерТелефона eq '79000000022')"}
    found = (await odata.get(CLIENTS, params=query)).json()
    assert [one["Ref_Key"] for one in found["value"]] == [RICH]
    assert found["odata.metadata"].endswith("/standard.odata/$metadata#Catalog_Контрагенты")


CONDITION = f"Condition='Контрагент_Key eq guid''{RICH}'''"


@pytest.mark.parametrize(
    "path",
    [
        f"{BALANCE}({CONDITION},Dimensions='Контрагент')",
        f"{BALANCE}(Period=datetime'2026-11-22T00:00:00',{CONDITION})",
        f"{BALANCE}(Condition='Контрагент_Key eq guid'{RICH}'')",
        f"{BALANCE}?Condition=Контрагент_Key eq guid'{RICH}'",
    ],
)
async def test_the_register_is_asked_in_any_of_the_usual_ways(
    odata: httpx.AsyncClient, path: str
) -> None:
    rows = (await odata.get(path)).json()["value"]
    assert rows == [{"Контрагент_Key": RICH, "СуммаBalance": 300}]


async def test_a_document_counts_when_it_is_posted(odata: httpx.AsyncClient) -> None:
    made = await odata.post(GRANTS, json=grant(Ref_Key=REF, Posted=True, Комментарий="За отзыв"))
    assert made.status_code == 201
    path = f"/odata/standard.odata{GRANTS}(guid'{REF}')"
    assert unquote(made.headers["location"]).endswith(f"/onec{path}")
    assert made.json()["Posted"] is False
    assert await balance(odata, CLIENT) == 0
    for path in ("/Post()", "/Post?PostingModeOperational=false"):
        posted = await odata.post(f"{GRANTS}(guid'{REF}'){path}")
        assert (posted.status_code, posted.content) == (200, b"")
    assert await balance(odata, CLIENT) == 500
    await odata.post(f"{GRANTS}(guid'{REF}')/Unpost")
    assert await balance(odata, CLIENT) == 0


async def test_the_same_key_is_refused_with_code_15(odata: httpx.AsyncClient) -> None:
    await odata.post(GRANTS, json=grant(Ref_Key=REF))
    again = await odata.post(GRANTS, json=grant(Ref_Key=REF.upper(), Сумма=999))
    assert again.status_code == 400
    assert again.json()["odata.error"]["code"] == "15"
    assert (await odata.get(f"{GRANTS}(guid'{REF}')")).json()["Сумма"] == 500
    # Another set is another namespace.
    assert (await odata.post(TAKES, json=grant(Ref_Key=REF))).status_code == 201


async def test_without_a_key_each_request_makes_a_document(odata: httpx.AsyncClient) -> None:
    made = [(await odata.post(GRANTS, json=grant())).json() for _ in range(2)]
    assert len({one["Ref_Key"] for one in made}) == 2
    assert [uuid.UUID(one["Ref_Key"]).version for one in made] == [1, 1]
    query = {
        "$filter": f"Контрагент_Key eq guid'{CLIENT}' and Сумма ge 500",
        "$orderby": "Number desc",
    }
    found = (await odata.get(GRANTS, params=query)).json()["value"]
    assert [one["Number"] for one in found] == [made[1]["Number"], made[0]["Number"]]
    page = await odata.get(GRANTS, params=query | {"$top": "1", "$skip": "1"})
    assert [one["Number"] for one in page.json()["value"]] == [made[0]["Number"]]


async def test_more_than_there_is_cannot_be_posted(odata: httpx.AsyncClient) -> None:
    await odata.post(TAKES, json={"Ref_Key": REF, "Контрагент_Key": RICH, "Сумма": 301})
    refused = await odata.post(f"{TAKES}(guid'{REF}')/Post")
    assert refused.status_code == 500
    assert refused.json()["odata.error"]["code"] == "-1"
    await odata.patch(f"{TAKES}(guid'{REF}')", json={"Сумма": 300})
    assert (await odata.post(f"{TAKES}(guid'{REF}')/Post")).status_code == 200
    # Nothing left: the register has no row for this client.
    assert (await odata.get(f"{BALANCE}()")).json()["value"] != []
    assert await balance(odata, RICH) == 0


async def test_what_an_object_lacks_is_ignored_and_long_strings_are_cut(
    odata: httpx.AsyncClient,
) -> None:
    body = grant(Ref_Key=REF, Выдумка=1, ВнешнийИдентификатор="x" * 60, СрокДействия="2027-01-31")
    made = (await odata.post(GRANTS, json=body)).json()
    assert "Выдумка" not in made
    assert len(made["ВнешнийИдентификатор"]) == 50
    assert made["СрокДействия"] == "2027-01-31T00:00:00"


async def test_put_replaces_and_if_match_guards(odata: httpx.AsyncClient) -> None:
    made = (await odata.post(GRANTS, json=grant(Ref_Key=REF, Комментарий="Первый"))).json()
    path = f"{GRANTS}(guid'{REF}')"
    stale = {"If-Match": "AAAAAAAAAAA="}
    assert (await odata.patch(path, json={"Сумма": 1}, headers=stale)).status_code == 412
    fresh = {"If-Match": made["DataVersion"]}
    assert (await odata.put(path, json=grant(Сумма=7), headers=fresh)).status_code == 200
    read = (await odata.get(path)).json()
    assert (read["Сумма"], read["Комментарий"], read["Ref_Key"]) == (7, "", REF)
    assert read["odata.metadata"].endswith("#Document_НачислениеБонусов/@Element")
    assert (await odata.delete(path)).status_code == 204
    assert (await odata.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/Catalog_Нет", {}, 404, "8"),
        (f"{GRANTS}(guid'{REF}')", {}, 404, "9"),
        (f"{GRANTS}(guid'x')", {}, 400, "1"),
        (f"{CLIENTS}(guid'{CLIENT}')/Post", {}, 404, "11"),
        (CLIENTS, {"$filter": "Выдумка eq 1"}, 400, "14"),
        (CLIENTS, {"$filter": "Телефон eq"}, 400, "14"),
        (CLIENTS, {"$filter": "Телефон gt 5"}, 400, "14"),
        (CLIENTS, {"$filter": "startswith(5, 'x')"}, 400, "14"),
        (CLIENTS, {"$filter": "Телефон/any(d: d/Тип eq 'x')"}, 400, "14"),
        (CLIENTS, {"$select": "Выдумка"}, 400, "14"),
        (CLIENTS, {"$top": "много"}, 400, "14"),
    ],
)
async def test_errors_have_1cs_numbers(
    odata: httpx.AsyncClient, path: str, query: dict[str, str], status: int, code: str
) -> None:
    answer = await odata.get(path, params=query)
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (status, code)
    assert answer.json()["odata.error"]["message"]["value"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>", "2"),
        (b'{"\\u0421\\u0443\\u043c\\u043c\\u0430": "x"}', "4"),
        (b'{"Ref_Key": "7"}', "4"),
    ],
)
async def test_wrong_bodies_change_nothing(
    odata: httpx.AsyncClient, body: bytes, code: str
) -> None:
    before = (await odata.get(f"{GRANTS}/$count")).text
    answer = await odata.post(GRANTS, content=body)
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (400, code)
    assert (await odata.get(f"{GRANTS}/$count")).text == before


async def test_who_does_not_ask_for_json_gets_atom(odata: httpx.AsyncClient) -> None:
    xml = {"Accept": "*/*"}
    answer = await odata.get(CLIENTS, headers=xml)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert (await odata.get(f"{CLIENTS}?$format=json", headers=xml)).json()["value"]
    refused = await odata.get("/Catalog_Нет", headers=xml)
    assert "<m:code>8</m:code>" in refused.text


async def test_the_wrong_password_is_401_without_a_body(odata: httpx.AsyncClient) -> None:
    answer = await odata.get(CLIENTS, auth=("switchboard", "нет"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"].startswith("Basic")
