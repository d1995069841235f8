"""The generic CRM stand-in."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/generic",
        headers={"Authorization": "Bearer demo-generic-token"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client


async def test_a_deal_is_read_changed_and_listed(api: httpx.AsyncClient) -> None:
    deal = (await api.get("/deals/G-1")).json()
    assert deal["terms"]["pay"] == {"amount": 1500, "currency": "RUB"}
    changed = (await api.patch("/deals/G-1", json={"terms": {"pay": {"amount": 9}}})).json()
    assert changed["terms"]["pay"] == {"amount": 9, "currency": "RUB"}
    query = {"updated_since": str(changed["updated_at"])}
    assert [one["id"] for one in (await api.get("/deals", params=query)).json()["deals"]] == ["G-1"]
    assert (await api.get("/deals/none")).status_code == 404


async def test_a_comment_with_the_same_key_is_made_once(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "job-1-v2"}
    made = [await api.post("/deals/G-1/comments", json={"text": "Взят"}, headers=key) for _ in "12"]
    assert [answer.status_code for answer in made] == [201, 200]
    assert made[0].json() == made[1].json()
    assert len((await api.get("/deals/G-1")).json()["comments"]) == 1
    await api.post("/deals/G-1/comments", json={"text": "Взят"})
    assert len((await api.get("/deals/G-1")).json()["comments"]) == 2


async def test_it_wants_its_token(api: httpx.AsyncClient) -> None:
    answer = await api.get("/deals/G-1", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401


async def test_its_hook_says_which_deal_and_what(control: httpx.AsyncClient, door: Door) -> None:
    body = {"values": {"stage": "search"}, "event": "stage_changed"}
    await control.put("/generic/deals/G-2", json=body)
    seen = (await door.expect(1))[0]
    assert seen.path == "/crm/demo/generic/demo-generic-secret"
    assert json.loads(seen.body) == {"deal": {"id": "G-2"}, "event": "stage_changed"}
