"""1C's own calls to Switchboard: what a programmer put into the posting of a sale."""

import asyncio

import httpx

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.onec.settings import OneCSettings
from sandbox.settings import SandboxSettings
from sandbox.wire import Json, door_client


class OneCWebhook:
    """Sent once each: such code in 1C does not try again."""

    def __init__(self, sandbox: SandboxSettings, settings: OneCSettings, feed: Feed) -> None:
        self._doors = sandbox.doors
        self._settings = settings
        self._feed = feed
        self._client = door_client(sandbox, timeout=10)
        self._tasks: set[asyncio.Task[None]] = set()
        self.log: list[Json] = []

    def send(self, body: Json, secret: str | None = None) -> None:
        """`secret`: another one than the right one."""
        branch, right = self._settings.branch, self._settings.secret
        url = f"{self._doors}/crm/{branch}/onec/{right if secret is None else secret}"
        task = asyncio.create_task(self._send(url, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, url: str, body: Json) -> None:
        try:
            answer = await self._client.post(url, json=body)
            status: int | str = answer.status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        self.log.append({"body": body, "status": status, "at": now()})
        self._feed.tell("crm", f"1С сообщает: {body.get('event')} · {status}")

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()
