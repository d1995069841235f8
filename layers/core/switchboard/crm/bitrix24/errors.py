"""What Bitrix24's error codes mean to us.

Source: bitrix24/b24restdocs, `_includes/system-errors.md`, `limits.md` and the methods' own pages.
The same code comes with different statuses (`ACCESS_DENIED`: 400 and 401), so the code decides.
"""

import re

from switchboard.crm.line import Unanswered
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused

PROVIDER = "bitrix24"

FULL = "query_limit_exceeded"
"""The bucket is full. Nothing was done."""
FULL_FOR = 10.0
"""Seconds for which all processes then pause: 20 drops leak out, those of other programs too."""
BLOCKED = "operation_time_limit"
"""One method has used up the account's seconds. Nothing was done."""
BLOCKED_FOR = 60.0
"""Seconds to wait where the answer does not say how long."""
_OVERLOAD_FOR = 900.0

_GONE = frozenset({"not_found", "owner_not_found"})
_BROKEN = frozenset({"internal_server_error", "error_unexpected_answer"})
_FOR_A_PERSON = {
    "no_auth_found": "the inbound webhook is not known",
    "invalid_credentials": "the inbound webhook is not known, or was deleted",
    "expired_token": "the inbound webhook's time is over",
    "invalid_token": "the inbound webhook is not known",
    "invalid_request": "the account wants https",
    "access_denied": "the account has no REST API, or the webhook's user no right to do this",
    "access denied": "the webhook's user has no right to do this",
    "insufficient_scope": "the inbound webhook lacks the right `crm`",
    "error_method_not_found": "the inbound webhook lacks the right `crm`",
    "user_access_error": "the webhook's user has no access",
    "allowed_only_intranet_user": "the webhook's user is not an employee",
    "portal_deleted": "the account is closed",
}
_PLAIN = re.compile(r"[A-Za-z0-9_]{1,64}\Z")


class Gone(Refused):
    """There is no such deal, contact or other item."""


def meant(method: str, code: str, status: int) -> Postponed | Refused:
    """The error that an answer with this code is; `method` is a REST method's name."""
    known = code.lower()
    what = f"{method}: {code if _PLAIN.match(code) else status}"
    if known == FULL:
        return Postponed(f"{PROVIDER}: {what}", FULL_FOR)
    if known == BLOCKED:
        return Postponed(f"{PROVIDER}: {what}", BLOCKED_FOR)
    if known in _BROKEN:
        return Unanswered(PROVIDER, what)
    if known == "overload_limit":
        # Bitrix24's support sets this block by hand and lifts it by hand.
        return Outage(PROVIDER, f"{what}: the account's REST API is blocked", _OVERLOAD_FOR)
    if known in _FOR_A_PERSON:
        return Misconfigured(f"{PROVIDER}: {what}: {_FOR_A_PERSON[known]}")
    if known in _GONE:
        return Gone(f"{PROVIDER}: {what}")
    return Refused(f"{PROVIDER}: {what}")
