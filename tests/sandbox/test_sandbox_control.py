"""The control API, the page and the process around them."""

import asyncio
import json
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

import sandbox.page
from sandbox.numbers import Numbers
from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

STATIC = Path(sandbox.page.__file__).parent / "static"


async def test_deals_are_made_in_bulk_and_moved(control: httpx.AsyncClient, door: Door) -> None:
    made = (await control.post("/deals", json={"count": 20, "name": "Пробная"})).json()["ids"]
    moved = await control.post("/deals/move", json={"ids": made, "stage": "search"})
    assert moved.json() == {"moved": 20}
    deals = (await control.get("/deals")).json()["deals"]
    assert sum(deal["stage"] == "search" for deal in deals) == 20
    await door.expect(60)


async def test_a_manager_edits_a_deal(control: httpx.AsyncClient) -> None:
    made = (await control.post("/deals", json={})).json()["ids"][0]
    change = {"name": "Иначе <b>&</b> 😀", "fields": {"pay": 20_000}, "phone": None}
    assert (await control.patch(f"/deals/{made}", json=change)).status_code == 200
    deal = (await control.get(f"/deals/{made}")).json()
    assert (deal["name"], deal["fields"]["pay"]) == ("Иначе <b>&</b> 😀", [20_000])
    assert deal["contacts"][0]["phone"] is None
    wrong = await control.patch(f"/deals/{made}", json={"fields": {"pay": "много"}})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/press", {"user_id": 910000001}),
        ("/press", {}),
        ("/start", {"user_id": 1}),
        ("/deals/1/move", {"stage": "search"}),
        ("/deals", {"stage": "nowhere"}),
        ("/telegram/people", {"user_id": 910000001, "does": "fly"}),
        ("/say", {"user_id": "x", "text": "x"}),
    ],
)
async def test_impossible_wishes_are_400_with_a_reason(
    control: httpx.AsyncClient, path: str, body: dict[str, object]
) -> None:
    answer = await control.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_only_this_machine_and_only_json(control: httpx.AsyncClient) -> None:
    foreign = await control.get("/deals", headers={"Host": "evil.example"})
    assert foreign.status_code == 403
    form = await control.post("/reset", data={"x": "y"})
    assert form.status_code == 415


async def test_reset_begins_anew_under_new_ids(
    sandbox: Running, control: httpx.AsyncClient
) -> None:
    before = {deal["id"] for deal in (await control.get("/deals")).json()["deals"]}
    await control.post("/say", json={"user_id": 910000001, "text": "Привет"})
    await control.put("/faults/amocrm", json={"kind": "outage", "seconds": 60})
    await control.post("/reset", json={})
    deals = (await control.get("/deals")).json()["deals"]
    assert len(deals) == len(before)
    assert not before & {deal["id"] for deal in deals}
    assert sandbox.world.telegram.chats.group().messages == {}
    assert (await control.get("/faults")).json()["amocrm"]["active"] == []


def test_ids_go_on_after_a_restart() -> None:
    earlier, later = Numbers(seconds=1_800_000_000), Numbers(seconds=1_800_000_060)
    for kind in ("update", "query", "lead"):
        assert later.next(kind) > earlier.next(kind)
    assert later.first_message > earlier.first_message
    assert later.next("update") < 2**31


async def test_the_page_is_whole_and_calls_nobody_else(sandbox: Running) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        page = await client.get("/")
        links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        found = [await client.get(link) for link in links]
    assert {answer.status_code for answer in found} == {200}
    assert all(link.startswith("/") for link in links)
    for file in STATIC.iterdir():
        foreign = re.findall(r"https?://(?!www\.w3\.org/2000/svg)[a-z]", file.read_text())
        assert foreign == [], file.name


async def test_a_deals_name_cannot_break_out_of_the_page(
    sandbox: Running, control: httpx.AsyncClient
) -> None:
    await control.post("/deals", json={"name": "</script><script>alert(1)</script>"})
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        page = await client.get("/")
    assert "<script>alert" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


async def test_changes_are_streamed(sandbox: Running, control: httpx.AsyncClient) -> None:
    async with (
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client,
        client.stream("GET", "/events") as stream,
    ):
        lines = stream.aiter_lines()
        first = json.loads((await anext(lines)).removeprefix("data: "))
        await control.post("/say", json={"user_id": 910000001, "text": "Привет"})
        await anext(lines)
        second = json.loads((await anext(lines)).removeprefix("data: "))
    assert first["group"]["messages"] == []
    assert [message["html"] for message in second["group"]["messages"]] == ["Привет"]
    assert second["log"][-1]["text"] == "Тимур пишет: «Привет»"


async def test_the_process_says_when_it_is_ready_and_stops_when_asked() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", "0", "--doors", "http://127.0.0.1:9"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(sandbox.page.__file__).parents[2],
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
    url = line.removeprefix("sandbox ready ").strip()
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        assert (await client.get("/health")).json() == {"ok": True}
        async with client.stream("GET", "/events") as stream:
            await anext(stream.aiter_lines())
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 5) == 0
