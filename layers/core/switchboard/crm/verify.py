"""Whether a webhook comes from the CRM: no CRM here signs, so a secret stands in the address."""

import hmac
from collections.abc import Sequence


def verified(given: str, secrets: Sequence[str]) -> bool:
    """Whether the given secret is one of ours. With no secret configured nothing is accepted.

    Compared as bytes, since `compare_digest` raises TypeError on text that is not ASCII, and with
    every secret, so that the time tells nothing about which one was close.
    """
    said = given.encode("utf-8", "surrogatepass")
    # An empty secret is a secret that was never set.
    matches = [hmac.compare_digest(said, ours.encode()) for ours in secrets if ours]
    return any(matches)
