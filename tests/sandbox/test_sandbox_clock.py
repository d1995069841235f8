"""The demo's clock: moved on demand, written down, and followed by what shows time."""

import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sandbox.server import start
from sandbox.settings import SandboxSettings
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

HOURS = 7200
SLACK = 30


@pytest.mark.parametrize("known", [None, 100])
async def test_a_clock_moved_forward(
    door: Door, settings: SandboxSettings, tmp_path: Path, known: int | None
) -> None:
    file = tmp_path / "data" / "clock"
    if known is not None:
        file.parent.mkdir()
        file.write_text(f"{known}\n")
    ahead = (known or 0) + HOURS
    running = await start(replace(settings, doors=door.url, clock=file))
    try:
        async with httpx.AsyncClient(
            base_url=f"{running.url}/control", trust_env=False, verify=False
        ) as control:
            before = (await control.get("/clock")).json()
            moved = (await control.post("/clock", json={"forward_seconds": HOURS})).json()
            refused = await control.post("/clock", json={"forward_seconds": -1})
            deal = (await control.post("/deals", json={"stage": "new"})).json()["ids"][0]
        said = running.world.telegram.people.say(910000001, 910000001, "Привет")
        lead = running.world.amocrm.records.leads[deal]
    finally:
        await running.stop()
    assert (before["offset_seconds"], before["movable"]) == (known or 0, True)
    assert moved["offset_seconds"] == ahead
    assert file.read_text() == f"{ahead}\n"
    assert [one.name for one in file.parent.iterdir()] == ["clock"]
    assert refused.status_code == 400
    for shown in (said.date, lead.created_at):
        assert abs(shown - time.time() - ahead) < SLACK


async def test_without_a_file_it_stands_by_real_time(control: httpx.AsyncClient) -> None:
    shown = (await control.get("/clock")).json()
    assert (shown["offset_seconds"], shown["movable"]) == (0, False)
    refused = await control.post("/clock", json={"forward_seconds": 1})
    assert "--clock" in refused.json()["error"]
