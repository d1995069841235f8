"""The sandbox as a proof sees it: what people do, what the providers saw, what goes wrong."""

from typing import Any

import httpx

Json = dict[str, Any]


class Sandbox:
    """The control API of one running sandbox."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @property
    def page(self) -> str:
        return str(self._client.base_url)

    async def call(self, verb: str, path: str, **body: Any) -> Json:
        json = None if verb == "GET" else body
        answer = await self._client.request(verb, f"/control{path}", json=json)
        answer.raise_for_status()
        shown: Json = answer.json()
        return shown

    async def free_of_limits(self) -> None:
        """Neither provider counts requests: the row is about something else."""
        await self.call("PUT", "/telegram/pace", enforced=False)
        await self.call("PUT", "/amocrm/pace", enforced=False)

    async def workers(self, count: int, *, started: bool = True) -> list[Json]:
        """Telegram users, members of the workers' group."""
        said = await self.call("POST", "/telegram/workers", count=count, started=started)
        users: list[Json] = said["users"]
        return users

    async def new_deals(self, count: int, stage: str = "search", **facts: Any) -> list[str]:
        said = await self.call("POST", "/deals", count=count, stage=stage, **facts)
        return [str(number) for number in said["ids"]]

    async def deals(self) -> dict[str, Json]:
        return {str(deal["id"]): deal for deal in (await self.call("GET", "/deals"))["deals"]}

    async def chats(self) -> dict[int, Json]:
        return {chat["id"]: chat for chat in (await self.call("GET", "/telegram/chats"))["chats"]}

    async def posts(self, group: int) -> dict[str, Json]:
        """The messages of the group with a job's buttons under them, by the deal's number."""
        found = {}
        for message in (await self.chats())[group]["messages"]:
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button.get("callback_data", "").startswith("claim:"):
                        found[button["callback_data"].split(":")[1].partition("-")[2]] = message
        return found

    async def telegram_calls(self) -> list[Json]:
        calls: list[Json] = (await self.call("GET", "/telegram/calls"))["calls"]
        return calls

    async def crm_calls(self) -> list[Json]:
        calls: list[Json] = (await self.call("GET", "/amocrm/calls"))["calls"]
        return calls

    async def undelivered(self) -> int:
        """Updates and webhooks that are still on their way to a door."""
        updates = await self.call("GET", "/telegram/updates")
        hooks = await self.call("GET", "/amocrm/hooks")
        waiting = [hook for hook in hooks["hooks"] if hook["state"] == "waiting"]
        return int(updates["pending"]) + len(waiting)

    async def fault(self, provider: str, **what: Any) -> None:
        await self.call("PUT", f"/faults/{provider}", **what)

    async def mended(self, provider: str) -> None:
        await self.call("DELETE", f"/faults/{provider}")


def first_text(message: Json) -> str:
    """What a message said before any edit."""
    past = message["past"]
    text: str = past[0]["text"] if past else message.get("text", "")
    return text


def was_post(message: Json) -> bool:
    """Whether the message was sent as a job's post: with buttons, whatever it says now."""
    past = message["past"]
    if past:
        return bool(past[0]["buttons"])
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return any("callback_data" in button for row in rows for button in row)
