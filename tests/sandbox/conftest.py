"""One sandbox and one door per file, clean for each test, on free ports of 127.0.0.1."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from sandbox.settings_telegram import TelegramPace
from tests.sandbox.door import Door, accept, open_door


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def module_door(anyio_backend: str) -> AsyncIterator[Door]:
    del anyio_backend
    async with open_door() as opened:
        yield opened


@pytest.fixture
def door(module_door: Door) -> Door:
    """One server per file, since starting costs more than most tests; clean for each test."""
    module_door.seen = []
    module_door.answers = accept
    module_door.asked = []
    return module_door


@pytest.fixture(scope="module")
def settings() -> SandboxSettings:
    """Without Telegram's pace, and with retries a thousand times faster."""
    return replace(
        SandboxSettings(),
        pace=TelegramPace(enforced=False),
        amocrm_clock=20_000.0,
        telegram_clock=50.0,
        whatsapp_clock=50.0,
    )


@pytest.fixture(scope="module")
async def module_sandbox(module_door: Door, settings: SandboxSettings) -> AsyncIterator[Running]:
    running = await start(replace(settings, doors=module_door.url))
    yield running
    await running.stop()


@pytest.fixture
async def sandbox(module_sandbox: Running, door: Door) -> Running:
    """As just started: a reset forgets everything but the OAuth tokens."""
    await module_sandbox.world.reset()
    door.seen.clear()
    door.asked.clear()
    return module_sandbox


@pytest.fixture
async def control(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{sandbox.url}/control", trust_env=False, verify=False
    ) as client:
        yield client
