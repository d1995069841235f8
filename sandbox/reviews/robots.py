"""Programs that open a link before its reader does: previews of messengers, scanners, prefetches.

None of them follows a redirect or runs a page; what they are told is kept for whoever sent them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from sandbox.wire import Json

BROWSER = (
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36"
)


@dataclass(frozen=True)
class Robot:
    """One program, and how it asks."""

    name: str
    agent: str
    method: str = "GET"
    more: Mapping[str, str] = field(default_factory=dict)


ROBOTS = (
    Robot("предпросмотр WhatsApp", "WhatsApp/2.23.20.0 A"),
    Robot("предпросмотр Telegram", "TelegramBot (like TwitterBot)"),
    Robot("предпросмотр под видом браузера", BROWSER),
    Robot("проверка почты", BROWSER, "HEAD"),
    Robot("предзагрузка браузера", BROWSER, more={"Sec-Purpose": "prefetch"}),
    Robot("программа без имени", ""),
    Robot("сканер, который жмёт кнопки", "python-requests/2.32", "POST"),
    Robot(
        "чужой сайт с готовой формой",
        BROWSER,
        "POST",
        {"Origin": "https://other-site.example", "Sec-Fetch-Site": "cross-site"},
    ),
)


async def open_with_all(client: httpx.AsyncClient, url: str) -> list[Json]:
    """What each of them was answered: {robot, method, status}, 0 where nobody answered."""
    return list(await asyncio.gather(*(_open(client, robot, url) for robot in ROBOTS)))


async def _open(client: httpx.AsyncClient, robot: Robot, url: str) -> Json:
    headers = {"User-Agent": robot.agent, **robot.more}
    try:
        status = (await client.request(robot.method, url, headers=headers)).status_code
    except httpx.HTTPError:
        status = 0
    return {"robot": robot.name, "method": robot.method, "status": status}
