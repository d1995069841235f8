"""The Bot API as the bridge needs it: updates as they came, and whatever a door's answer asks for.

httpx and not python-telegram-bot: that library's objects hold what its version knows of Telegram,
and the door must get what Telegram has sent. No address is logged or raised from here, because the
bot's token stands in it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from switchboard.channels.telegram.parse import HANDLED
from switchboard.domain.errors import Misconfigured

MOST = 100
"""Updates in one answer (Bot API, getUpdates)."""
_CONFLICT = 409
_TOO_MANY = 429
_UNKNOWN_TOKEN = frozenset({401, 404})
_PATIENCE = 10.0
"""Seconds for a call that Telegram does not hold open, and on top of one that it does."""
_METHOD = re.compile(r"[A-Za-z]{1,64}")
_MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")


class Bot(NamedTuple):
    """How to reach one branch's bot. `base_url` is followed by the token."""

    token: str
    base_url: str
    proxy: str | None = None

    def __repr__(self) -> str:
        return "Bot(…)"


class Update(NamedTuple):
    """One update: the JSON that Telegram has sent. Those of the same `lane` keep their order."""

    id: int
    lane: int
    body: bytes


class Unavailable(Exception):
    """No answer, or one that asks to wait; `seconds` is how long, where somebody said."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class Occupied(Exception):
    """A webhook is set, or another program asks with the same token (409)."""


class Rejected(Exception):
    """Telegram will not do that. `code` is the Bot API's error_code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class BotApi:
    """One bot. Every call raises Unavailable, Misconfigured (the token), Occupied or Rejected."""

    def __init__(self, bot: Bot) -> None:
        self._base = f"{bot.base_url}{bot.token}"
        try:
            httpx.URL(self._base)
            self._http = httpx.AsyncClient(
                proxy=bot.proxy,
                # As many connections as Telegram itself opens to a webhook, and one to ask with.
                limits=httpx.Limits(max_connections=41, max_keepalive_connections=41),
                # The functions do not see this shell's proxies, so the bridge must not either.
                trust_env=False,
                verify=httpx.create_ssl_context(),
            )
        except (httpx.InvalidURL, ValueError):
            raise Misconfigured("base_url or proxy is no address") from None

    async def close(self) -> None:
        await self._http.aclose()

    async def updates(self, offset: int | None, seconds: int) -> list[Update]:
        """The earliest from `offset` on, which confirms all before; waits so long for the first."""
        asked = {"timeout": seconds, "limit": MOST, "allowed_updates": HANDLED}
        if offset is not None:
            asked["offset"] = offset
        found = await self.call("getUpdates", asked, seconds + _PATIENCE)
        return [_update(one) for one in found]

    async def webhook_is_set(self) -> bool:
        info = await self.call("getWebhookInfo", {})
        return bool(info.get("url"))

    async def delete_webhook(self) -> None:
        """What Telegram could not deliver to it stays, and is found by the next `updates`."""
        await self.call("deleteWebhook", {"drop_pending_updates": False})

    async def call(
        self, method: str, parameters: Mapping[str, Any], patience: float = _PATIENCE
    ) -> Any:
        """The result of any method, by its name in the Bot API."""
        if not _METHOD.fullmatch(method):
            raise Rejected(404)
        timeout = httpx.Timeout(patience, connect=min(5, patience), pool=None)
        try:
            answer = await self._http.post(
                f"{self._base}/{method}", json=dict(parameters), timeout=timeout
            )
        except httpx.HTTPError as error:
            raise Unavailable(type(error).__name__) from None
        try:
            said = answer.json()
            if said["ok"]:
                return said["result"]
            code, more = int(said["error_code"]), said.get("parameters") or {}
        except (ValueError, KeyError, TypeError):
            raise Unavailable(f"HTTP {answer.status_code}") from None
        raise _refusal(code, more)


def _refusal(code: int, parameters: Mapping[str, Any]) -> Exception:
    if code == _CONFLICT:
        return Occupied()
    if code in _UNKNOWN_TOKEN:
        return Misconfigured("the bot's token is not accepted")
    if code == _TOO_MANY or code >= 500:
        return Unavailable(f"error {code}", parameters.get("retry_after"))
    return Rejected(code)


def _update(found: Mapping[str, Any]) -> Update:
    # ASCII, so that half of a surrogate pair, which JSON can hold and UTF-8 cannot, passes as well.
    body = json.dumps(found, separators=(",", ":")).encode("ascii")
    return Update(int(found["update_id"]), _lane(found), body)


def _lane(update: Mapping[str, Any]) -> int:
    """The chat of a message, the person of all else. A private chat has its person's number, so
    what he presses and what he writes to the bot keep their order too."""
    for kind, content in update.items():
        if not isinstance(content, dict):
            continue
        whose = content.get("chat" if kind in _MESSAGES else "from") or {}
        if isinstance(whose, dict) and isinstance(whose.get("id"), int):
            return int(whose["id"])
    return 0
