"""Webhooks about what became of a message, signed with the app's secret. Off by default."""

import asyncio
import hashlib
import hmac
import json

import httpx

from sandbox.clock import now
from sandbox.settings import SandboxSettings
from sandbox.whatsapp.settings import WhatsAppSettings
from sandbox.wire import Json, door_client

# Meta goes on for seven days; a demonstration need not wait so long.
PAUSES = (1.0, 2.0, 4.0, 8.0)


class Statuses:
    """Delivers to {doors}/whatsapp/{branch}; again after each refusal, five attempts in all."""

    def __init__(self, sandbox: SandboxSettings, settings: WhatsAppSettings) -> None:
        self._url = f"{sandbox.doors}/whatsapp/{settings.branch}"
        self._settings = settings
        self._client = door_client(sandbox, timeout=10)
        self._tasks: set[asyncio.Task[None]] = set()
        self.enabled = False
        self.log: list[Json] = []

    def tell(self, *statuses: Json) -> None:
        """One webhook per status, in this order unless one has to be sent again."""
        if self.enabled:
            self._start([self._value({"statuses": [status]}) for status in statuses])

    def forward(self, person: str, text: str, message_id: str) -> None:
        """What a person wrote to the business."""
        message = {
            "from": person,
            "id": message_id,
            "timestamp": str(int(now())),
            "type": "text",
            "text": {"body": text},
        }
        contact = {"profile": {"name": "Клиент"}, "wa_id": person}
        if self.enabled:
            self._start([self._value({"contacts": [contact], "messages": [message]})])

    def _value(self, what: Json) -> Json:
        settings = self._settings
        metadata = {
            "display_phone_number": settings.display_phone,
            "phone_number_id": settings.phone_id,
        }
        value = {"messaging_product": "whatsapp", "metadata": metadata, **what}
        change = {"field": "messages", "value": value}
        entry = {"id": settings.account_id, "changes": [change]}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def _start(self, bodies: list[Json]) -> None:
        task = asyncio.create_task(self._deliver(bodies))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, bodies: list[Json]) -> None:
        for body in bodies:
            for pause in (*PAUSES, None):
                if await self._accepted(body) or pause is None:
                    break
                await asyncio.sleep(pause)

    async def _accepted(self, body: Json) -> bool:
        raw = json.dumps(body).encode()
        digest = hmac.new(self._settings.app_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={digest}",
            "User-Agent": "facebookexternalua",
        }
        try:
            answer = await self._client.post(self._url, content=raw, headers=headers)
            status: int | str = answer.status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        self.log.append({"body": body, "status": status, "at": now()})
        return status == 200

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()
