"""Meta's question at an address, before it sends anything there: whether it was meant."""

import asyncio
import secrets
from typing import Literal

import httpx

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.wire import Json

State = Literal["unasked", "verified", "refused", "unanswered"]


class Subscription:
    """Asked of itself before the first webhook, and whenever the control API wants it.

    Here webhooks go out whatever is answered: Meta would send none. Source: Meta's Webhooks
    documentation, "Verification Requests".
    """

    def __init__(self, client: httpx.AsyncClient, url: str, token: str, feed: Feed) -> None:
        self._client = client
        self._url = url
        self._token = token
        self._feed = feed
        self._asking = asyncio.Lock()
        self.state: State = "unasked"
        self.status: int | str | None = None
        self.at: float | None = None

    def shown(self) -> Json:
        return {"url": self._url, "state": self.state, "status": self.status, "at": self.at}

    async def once(self) -> None:
        """Asks unless an answer is there already."""
        async with self._asking:
            if self.state not in {"verified", "refused"}:
                await self._ask(self._token)

    async def ask(self, token: str | None = None) -> None:
        """`token`: another one than the right one."""
        async with self._asking:
            await self._ask(self._token if token is None else token)

    async def _ask(self, token: str) -> None:
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        before, self.at = self.state, now()
        try:
            answer = await self._client.get(self._url, params=query)
        except httpx.HTTPError as error:
            self.status, self.state = type(error).__name__, "unanswered"
        else:
            self.status = answer.status_code
            self.state = _state(answer, challenge)
        if self.state != before:
            self._tell()

    def _tell(self) -> None:
        if self.state == "verified":
            self._feed.tell("telegram", "WhatsApp проверил адрес веб-хука: это Switchboard")
        else:
            what = f"Адрес веб-хука WhatsApp не прошёл проверку ({self.status})"
            self._feed.tell("fault", what, bad=True)


def _state(answer: httpx.Response, challenge: str) -> State:
    if answer.status_code >= 500:
        return "unanswered"
    return "verified" if (answer.status_code, answer.text) == (200, challenge) else "refused"
