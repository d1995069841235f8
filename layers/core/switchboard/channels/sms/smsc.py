"""SMS through SMSC.ru: `send.php` and `status.php`, form in, JSON out (`fmt=3`).

Its `id` is ours to choose and need not be unique: it names a message and keeps nobody from sending
it twice. So before a second attempt the status of that phone and id is asked for. What SMSC does
refuse is a request that it had within the last minute (error 9).
Sources: smsc.ru/api/http/send, /api/http/status_messages.
"""

import hashlib
from typing import Any

import httpx

from switchboard.channels.port import PhoneMessage
from switchboard.crm.generic import paths
from switchboard.crm.line import Line, Unanswered
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from switchboard.playbook.model import Sms

_LARGEST_ID = 2_147_483_647
_WRONG = {1: "parameters", 2: "the login or the password", 5: "a date"}
_NO_MONEY, _BLOCKED, _FORBIDDEN, _BAD_PHONE, _UNDELIVERABLE, _REPEATED = 3, 4, 6, 7, 8, 9
_LONG = 900.0
"""Seconds: somebody has to pay, or SMSC's block of our address (for many wrong requests) to end."""
_MINUTE = 61.0
_NOT_FOUND = 3
"""`status.php`'s error for a phone and id that it has never had; as a status it is -3."""
_NEVER_SENT = frozenset({-3, 24})
"""Statuses: not found, and refused for lack of money."""


class Smsc:
    """One account; implements `channels.port.Phones`."""

    def __init__(self, line: Line, section: Sms, branch: str, login: str, password: str) -> None:
        self._line = line
        self._branch = branch
        self._common = {"login": login, "psw": password, "fmt": "3", "charset": "utf-8"}
        self._sender = {} if section.sender is None else {"sender": section.sender}

    def send(self, phone: str, message: PhoneMessage, key: str, *, again: bool) -> str:
        """Returns the id, which is ours. `text` is sent as it is."""
        number = message_id(self._branch, key)
        if again and self._was_sent(phone, number):
            return number
        form = {"phones": phone, "mes": message.text, "id": number} | self._sender
        try:
            said = self._call("send", form)
        except Unanswered as lost:
            lost.doubt = True
            raise
        code = _error(said)
        if code is not None:
            raise self._refusal("send", code)
        if "id" not in said:
            raise Outage("smsc", "send: the answer names no message", doubt=True)
        return number

    def _was_sent(self, phone: str, number: str) -> bool:
        said = self._call("status", {"phone": phone, "id": number})
        code = _error(said)
        if code == _NOT_FOUND:
            return False
        if code is not None:
            raise self._refusal("status", code)
        status = _whole(said.get("status"))
        if status is None:
            raise Unanswered("smsc", "status: the answer names no status")
        return status not in _NEVER_SENT

    def _call(self, what: str, form: dict[str, str]) -> dict[str, Any]:
        path = f"/sys/{what}.php"
        response = self._line.send("POST", path, headers={}, form=self._common | form)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"smsc: {what}: 401")
        if not response.is_success:
            raise Refused(f"smsc: {what}: {response.status_code}")
        try:
            said = paths.loads(response.content)
        except ValueError:
            raise Unanswered("smsc", f"{what}: the answer is not JSON") from None
        if not isinstance(said, dict):
            raise Unanswered("smsc", f"{what}: the answer is no JSON object")
        return said

    def _refusal(self, what: str, code: int) -> Exception:
        reason = f"smsc: {what}: error {code}"
        if code in _WRONG:
            return Misconfigured(f"{reason}: {_WRONG[code]}")
        if code == _NO_MONEY:
            return Outage("smsc", f"{what}: error {code}: the account has no money", _LONG)
        if code == _BLOCKED:
            self._line.hold(_LONG)
            return Outage("smsc", f"{what}: error {code}: our address is blocked", _LONG)
        if code == _REPEATED:
            # It had this request a moment ago: in a minute it will say what became of it.
            return Postponed(f"{reason}: repeated within a minute", _MINUTE, doubt=what == "send")
        if code in (_BAD_PHONE, _UNDELIVERABLE):
            return Unreachable(reason)
        why = ": the text or the sender's name is forbidden" if code == _FORBIDDEN else ""
        return Refused(reason + why)


def message_id(branch: str, key: str) -> str:
    """From 1 to 2,147,483,647, the same for the same key.

    Statuses are asked for by phone and id, so two keys meet only if both went to one phone.
    """
    digest = hashlib.sha256(f"{branch}\n{key}".encode()).digest()
    return str(int.from_bytes(digest[:8], "big") % _LARGEST_ID + 1)


def _error(said: dict[str, Any]) -> int | None:
    """The error's number, None where there is none; -1 for an error without one."""
    if "error" not in said and "error_code" not in said:
        return None
    code = _whole(said.get("error_code"))
    return -1 if code is None else code


def _whole(value: Any) -> int | None:
    """A whole number, be it written as text."""
    try:
        return None if isinstance(value, bool | float) else int(value)
    except (TypeError, ValueError):
        return None
