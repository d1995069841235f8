"""What the Graph API's error codes mean for a message: in an answer, or in a status that follows.

Codes: developers.facebook.com, business-messaging/whatsapp/support/error-codes.
"""

from collections.abc import Mapping
from typing import Literal

Verdict = Literal["unreachable", "declined", "rate", "pair", "away", "misconfigured", "refused"]
"""`unreachable`: not now by WhatsApp, while by SMS he still can be reached. `declined`: he has
turned off our offers, and to send them by SMS instead would be to ignore him. `rate`: nobody calls
for a while; `pair`: we have written to him too often. `away`: WhatsApp is at fault.
`misconfigured`: we are. `refused`: all else."""

HOLDS: Mapping[int, float] = {4: 60.0, 80007: 60.0, 130429: 5.0}
"""Seconds for which nobody calls: the application's, the account's, the number's rate."""
_UNREACHABLE = frozenset(
    {
        130472,  # he is in Meta's experiment and gets no marketing templates
        130497,  # we may not write to his country
        131021,  # the number is our own
        131026,  # not on WhatsApp, or has not accepted its terms
        131030,  # not among a test number's recipients
        131047,  # the 24 hours are over; templates are not bound to them, but so it is said
        131048,  # too many have blocked us: this number may not write now
        131049,  # Meta sends him no more marketing for a while
    }
)
_DECLINED = 131050
_PAIR = 131056
_AWAY = frozenset({1, 2, 131000, 131016, 131057, 133004})
_WRONG = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133006, 133010})
"""The token, its rights, the number's registration, the account's standing or its payment."""
_PERMISSIONS = range(200, 300)
_TEMPLATES = range(132000, 132100)


def verdict(code: int) -> Verdict:
    if code in HOLDS:
        return "rate"
    if code == _PAIR:
        return "pair"
    if code in _UNREACHABLE:
        return "unreachable"
    if code == _DECLINED:
        return "declined"
    if code in _WRONG or code in _PERMISSIONS or code in _TEMPLATES:
        return "misconfigured"
    return "away" if code in _AWAY else "refused"
