"""Bitrix24 around its items: phones, timeline, directories, batch, limits, faults."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.bitrix24.phones import code
from sandbox.bitrix24.records import Deal, Portal
from sandbox.server import Running

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


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


async def result(rest: httpx.AsyncClient, method: str, **params: Any) -> Any:
    answer = await rest.post(f"/{method}", json=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def found(rest: httpx.AsyncClient, *phones: str, entity: str = "CONTACT") -> Any:
    return await result(
        rest, "crm.duplicate.findbycomm", type="PHONE", values=phones, entity_type=entity
    )


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("8 (900) 000-00-21", "79000000021"),
        ("+7 900 000-00-21", "79000000021"),
        ("9000000023", "9000000023"),
        ("+79000000021#404", "79000000021"),
        ("79000000021;12", "79000000021"),
        ("0079000000021", "79000000021"),
        ("8-017-000-00-21", "80170000021"),
        ("+8 170 000 00 21", "81700000021"),
        ("112", "112"),
        ("", ""),
    ],
)
def test_phones_become_codes(spelling: str, expected: str) -> None:
    assert code(spelling) == expected


async def test_contacts_are_found_by_phone(rest: httpx.AsyncClient, portal: Portal) -> None:
    cards = {one.full_name: one.id for one in portal.contacts.values()}
    assert await found(rest, "+79000000021") == {"CONTACT": [cards["Вера Колёсникова"]]}
    # Ten digits without a country are another code than eleven.
    assert await found(rest, "+79000000023") == []
    assert await found(rest, "+79000000023", "9000000023") == {
        "CONTACT": [cards["Роман Протекторов"]]
    }
    assert await found(rest, "+79000000024") == {
        "CONTACT": [cards["Анна Дискова"], cards["Анна Д."]]
    }
    assert await found(rest, "+79000000021", entity="LEAD") == []


async def test_a_portal_that_compares_spellings(
    rest: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.put("/bitrix24/phones", json={"exact": True})
    assert await found(rest, "+79000000021") == []
    assert await found(rest, "+79000000021", "8 (900) 000-00-21") != []


async def test_values_after_the_twentieth_are_not_looked_at(rest: httpx.AsyncClient) -> None:
    others = [f"+790000001{number:02}" for number in range(20)]
    assert await found(rest, *others, "+79000000021") == []
    assert await found(rest, *others[:19], "+79000000021") != []
    # Spellings of one code count once.
    doubled = [*others[:19], "8" + others[0].removeprefix("+7"), "+79000000021"]
    assert await found(rest, *doubled) != []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Communication type is not defined."),
        ({"type": "FAX"}, "Communication type 'FAX' is not supported in current context."),
        ({"type": "PHONE", "values": []}, "Communication values is not defined."),
    ],
)
async def test_wrong_searches(rest: httpx.AsyncClient, params: dict[str, Any], text: str) -> None:
    answer = await rest.post("/crm.duplicate.findbycomm", json=params)
    assert (answer.status_code, answer.json()) == (400, {"error": "", "error_description": text})


async def test_the_body_of_a_get_is_not_read(rest: httpx.AsyncClient) -> None:
    content = b'{"type": "PHONE", "values": ["+79000000021"]}'
    answer = await rest.request("GET", "/crm.duplicate.findbycomm", content=content, headers=JSON)
    assert answer.json()["error_description"] == "Communication type is not defined."


async def test_comments_are_not_idempotent(
    rest: httpx.AsyncClient, control: httpx.AsyncClient, deal: Deal
) -> None:
    fields = {"ENTITY_ID": deal.id, "ENTITY_TYPE": "deal", "COMMENT": "Оценка 9 [key]"}
    made = [await result(rest, "crm.timeline.comment.add", fields=fields) for _ in range(2)]
    where = {"ENTITY_ID": deal.id, "ENTITY_TYPE": "deal"}
    answer = await rest.post(
        "/crm.timeline.comment.list", json={"filter": where, "order": {"ID": "DESC"}}
    )
    listed = answer.json()
    assert [one["ID"] for one in listed["result"]] == [str(one) for one in reversed(made)]
    assert listed["total"] == 2
    one = await result(rest, "crm.timeline.comment.get", id=made[0])
    assert (one["COMMENT"], one["AUTHOR_ID"], one["FILES"]) == ("Оценка 9 [key]", "1", {})
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()
    assert shown["comments"] == ["Оценка 9 [key]"] * 2


async def test_a_task_with_deadline_and_owner_is_read_back(
    rest: httpx.AsyncClient, control: httpx.AsyncClient, deal: Deal
) -> None:
    made = await result(
        rest,
        "crm.activity.todo.add",
        ownerTypeId=2,
        ownerId=deal.id,
        deadline="2026-11-23T12:00:00",
        title="Позвонить клиенту",
        description="Низкая оценка [key]",
        responsibleId=9,
    )
    owner = {"OWNER_TYPE_ID": 2, "OWNER_ID": deal.id, "PROVIDER_ID": "CRM_TODO"}
    listed = await result(rest, "crm.activity.list", filter=owner, select=["*"])
    assert [one["ID"] for one in listed] == [str(made["id"])]
    assert (listed[0]["SUBJECT"], listed[0]["DESCRIPTION"]) == (
        "Позвонить клиенту",
        "Низкая оценка [key]",
    )
    assert (listed[0]["DEADLINE"], listed[0]["RESPONSIBLE_ID"], listed[0]["COMPLETED"]) == (
        "2026-11-23T12:00:00+03:00",
        "9",
        "N",
    )
    bound = {"BINDINGS": [{"OWNER_TYPE_ID": 3}, {"OWNER_TYPE_ID": 2, "OWNER_ID": deal.id}]}
    assert len(await result(rest, "crm.activity.list", filter=bound, select=["ID"])) == 1
    one = await result(rest, "crm.activity.get", id=made["id"])
    assert one["PROVIDER_TYPE_ID"] == "TODO"
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()
    assert shown["tasks"][0]["responsible"] == "Павел Управляев"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("crm.timeline.comment.add", {}, "100"),
        (
            "crm.timeline.comment.add",
            {"fields": {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "x"}},
            "OWNER_NOT_FOUND",
        ),
        (
            "crm.timeline.comment.add",
            {"fields": {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": " "}},
            "INVALID_ARG_VALUE",
        ),
        ("crm.timeline.comment.list", {"filter": {}}, ""),
        ("crm.timeline.comment.get", {"id": 1}, ""),
        ("crm.activity.todo.add", {"ownerTypeId": 2, "ownerId": 1}, "100"),
        (
            "crm.activity.todo.add",
            {"ownerTypeId": 2, "ownerId": 1, "deadline": "2026-11-23"},
            "OWNER_NOT_FOUND",
        ),
        ("crm.activity.get", {"id": 1}, ""),
    ],
)
async def test_wrong_notes_and_tasks(
    rest: httpx.AsyncClient, method: str, params: dict[str, Any], code: str
) -> None:
    answer = await rest.post(f"/{method}", json=params)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


async def test_a_deadline_that_is_none(rest: httpx.AsyncClient, deal: Deal) -> None:
    params = {"ownerTypeId": 2, "ownerId": deal.id, "deadline": "завтра"}
    answer = await rest.post("/crm.activity.todo.add", json=params)
    assert answer.json()["error"] == "WRONG_DATETIME_FORMAT"


async def test_stages_funnels_and_people(rest: httpx.AsyncClient) -> None:
    general = await result(rest, "crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE"})
    assert [(one["STATUS_ID"], one["SEMANTICS"]) for one in general] == [
        ("NEW", None),
        ("PREPARATION", None),
        ("EXECUTING", None),
        ("WON", "S"),
        ("LOSE", "F"),
    ]
    store = await result(rest, "crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_1"})
    assert store[0]["STATUS_ID"] == "C1:NEW"
    funnels = await result(rest, "crm.category.list", entityTypeId=2)
    assert [(one["id"], one["isDefault"]) for one in funnels["categories"]] == [(0, "Y"), (1, "N")]
    people = await result(rest, "user.get", ID=9)
    assert [(one["ID"], one["LAST_NAME"]) for one in people] == [("9", "Управляев")]
    assert (await result(rest, "profile"))["ID"] == "1"


async def test_a_batch_uses_the_answers_before_it(rest: httpx.AsyncClient, deal: Deal) -> None:
    commands = {
        "deal": f"crm.item.get?entityTypeId=2&id={deal.id}",
        "contact": "crm.item.get?entityTypeId=3&id=$result[deal][item][contactId]",
        "people": "crm.duplicate.findbycomm?type=PHONE&values[]=%2B79000000021",
        "deals": "crm.item.list?entityTypeId=2&select[]=id",
    }
    answer = await rest.post("/batch", json={"halt": 0, "cmd": commands})
    done = answer.json()["result"]
    assert done["result"]["contact"]["item"]["phone"] == "8 (900) 000-00-21"
    assert done["result"]["people"]["CONTACT"] == [done["result"]["contact"]["item"]["id"]]
    assert done["result_error"] == []
    assert done["result_total"] == {"deals": 8}
    assert set(done["result_time"]) == set(commands)
    as_list = await result(rest, "batch", cmd=list(commands.values())[:1])
    assert isinstance(as_list["result"], list)


@pytest.mark.parametrize(("halt", "left"), [(0, ["right"]), (1, [])])
async def test_a_failed_command(rest: httpx.AsyncClient, halt: int, left: list[str]) -> None:
    commands = {"wrong": "crm.item.get?entityTypeId=2&id=1", "right": "profile"}
    form = {"halt": str(halt), **{f"cmd[{key}]": value for key, value in commands.items()}}
    done = (await rest.post("/batch.json", data=form)).json()["result"]
    assert done["result_error"] == {
        "wrong": {"error": "NOT_FOUND", "error_description": "Element not found"}
    }
    assert list(done["result"]) == left


async def test_a_batch_that_is_too_long_or_nested(rest: httpx.AsyncClient) -> None:
    commands = {f"c{number}": "profile" for number in range(51)} | {"nested": "batch?cmd[]=profile"}
    done = await result(rest, "batch", cmd=commands)
    assert len(done["result"]) == 50
    assert {one["error"] for one in done["result_error"].values()} == {
        "ERROR_BATCH_LENGTH_EXCEEDED"
    }
    inner = await result(rest, "batch", cmd={"nested": "batch?cmd[]=profile", "odd": "no.such"})
    assert [one["error"] for one in inner["result_error"].values()] == [
        "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "ERROR_METHOD_NOT_FOUND",
    ]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("1/wrong-code/profile", 401, "INVALID_CREDENTIALS"),
        ("2/demo-bitrix24-code/profile", 401, "INVALID_CREDENTIALS"),
        ("profile", 401, "NO_AUTH_FOUND"),
        ("1/demo-bitrix24-code/crm.no.such", 404, "ERROR_METHOD_NOT_FOUND"),
    ],
)
async def test_who_may_not_come_in(sandbox: Running, path: str, status: int, code: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        answer = await client.post(f"{sandbox.url}/bitrix24/rest/{path}", json={})
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_a_portal_that_is_closed(rest: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.put("/bitrix24/access", json={"closed": "ACCESS_DENIED"})
    answer = await rest.post("/profile")
    assert (answer.status_code, answer.json()["error"]) == (401, "ACCESS_DENIED")
    await control.put("/bitrix24/access", json={"closed": None})
    assert (await rest.post("/profile")).status_code == 200


async def test_fifty_pass_and_the_next_is_refused(
    rest: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    # So slow that nothing leaks out while they come.
    await control.put("/bitrix24/pace", json={"per_second": 0.001})
    answers = await asyncio.gather(*(rest.post("/profile") for _ in range(60)))
    refused = [one for one in answers if one.status_code != 200]
    assert len(refused) == 10
    assert {one.status_code for one in refused} == {503}
    assert refused[0].json() == {
        "error": "QUERY_LIMIT_EXCEEDED",
        "error_description": "Too many requests",
    }
    assert "retry-after" not in refused[0].headers


async def test_the_bucket_leaks(rest: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.put("/bitrix24/pace", json={"bucket": 2, "per_second": 0.001})
    assert [(await rest.post("/profile")).status_code for _ in range(3)] == [200, 200, 503]
    await control.put("/bitrix24/pace", json={"bucket": 1, "per_second": 10.0})
    await rest.post("/profile")
    await asyncio.sleep(0.15)
    assert (await rest.post("/profile")).status_code == 200
    await control.put("/bitrix24/pace", json={"bucket": 0, "enforced": False})
    assert (await rest.post("/profile")).status_code == 200


async def test_a_batch_counts_once(rest: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await control.put("/bitrix24/pace", json={"bucket": 2, "per_second": 0.001})
    done = await result(rest, "batch", cmd=["profile"] * 50)
    assert len(done["result"]) == 50
    assert (await rest.post("/profile")).status_code == 200


async def test_a_method_that_took_too_long_is_blocked_alone(
    rest: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    set_to = {"method": "profile", "seconds": 481, "lasts": 0.4}
    reset_at = (await control.put("/bitrix24/operating", json=set_to)).json()["operating_reset_at"]
    answer = await rest.post("/profile")
    assert answer.status_code == 429
    assert answer.json() == {
        "error": "OPERATION_TIME_LIMIT",
        "error_description": "Method is blocked due to operation time limit.",
    }
    assert (await rest.post("/user.get")).status_code == 200
    batch = await result(rest, "batch", cmd={"a": "profile", "b": "user.get"})
    assert batch["result_error"]["a"]["error"] == "OPERATION_TIME_LIMIT"
    assert list(batch["result"]) == ["b"]
    told = {"method": "profile", "reset_in_refusals": True}
    await control.put("/bitrix24/operating", json=told)
    refused = (await rest.post("/profile")).json()
    assert refused["time"]["operating_reset_at"] == reset_at
    await asyncio.sleep(0.5)
    assert (await rest.post("/profile")).status_code == 200


async def test_requests_add_up_to_the_limit(
    rest: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.put("/bitrix24/operating", json={"method": "profile", "cost": 200})
    answers = [await rest.post("/profile") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[2].json()["time"]["operating"] == 600
    # What runs inside a batch is charged to the batch.
    await control.put("/bitrix24/operating", json={"method": "profile", "seconds": 0})
    await result(rest, "batch", cmd=["profile"] * 5)
    assert (await rest.post("/profile")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [("outage", 502), ("server_error", 500), ("too_many_requests", 503)],
)
async def test_faults(
    rest: httpx.AsyncClient, control: httpx.AsyncClient, kind: str, status: int
) -> None:
    await control.put("/faults/bitrix24", json={"kind": kind, "requests": 1})
    assert (await rest.post("/profile")).status_code == status
    assert (await rest.post("/profile")).status_code == 200


@pytest.mark.parametrize(("kind", "done"), [("abort", 0), ("lost_answer", 1)])
async def test_a_cut_connection(
    rest: httpx.AsyncClient, control: httpx.AsyncClient, deal: Deal, kind: str, done: int
) -> None:
    await control.put("/faults/bitrix24", json={"kind": kind, "requests": 1})
    fields = {"ENTITY_ID": deal.id, "ENTITY_TYPE": "deal", "COMMENT": "x"}
    with pytest.raises(httpx.RemoteProtocolError):
        await rest.post("/crm.timeline.comment.add", json={"fields": fields})
    shown = (await control.get(f"/bitrix24/deals/{deal.id}")).json()
    assert len(shown["comments"]) == done


async def test_calls_are_logged(rest: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await rest.get("/profile.json")
    await rest.post("/crm.item.get", json={"entityTypeId": 2, "id": 1})
    log = (await control.get("/bitrix24/calls")).json()
    assert log["counts"] == {"profile 200": 1, "crm.item.get 400": 1}
    one = (await control.get("/bitrix24/calls", params={"method": "crm.item.get"})).json()
    assert [(call["error"], call["params"]) for call in one["calls"]] == [
        ("NOT_FOUND", {"entityTypeId": 2, "id": 1})
    ]
