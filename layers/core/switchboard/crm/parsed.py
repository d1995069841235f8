"""What a webhook says, and what is wrong with one that says nothing."""

from typing import NamedTuple

MAX_BODY = 1024 * 1024
"""Bytes. The largest real webhooks (a lead with hundreds of custom fields) are some 100 kB."""


class Proof(NamedTuple):
    """A secret inside the webhook. It must be the value behind one of `secrets` (`env:…`)."""

    given: str
    secrets: tuple[str, ...]


class Parsed(NamedTuple):
    """The deals that a webhook names, once each and in its order, and what else it was about.

    `ignored` are names such as `contacts.add`, or `unknown.…` for a kind that no table declares.
    `proof` is what the sender must show besides the secret in the address: the door refuses the
    webhook with 401 when it is wrong. None: this kind of webhook has none to show.
    """

    deals: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    proof: Proof | None = None


class Malformed(ValueError):
    """The webhook cannot be read: answered with 400. The reason holds nothing of its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_size(body: bytes) -> None:
    """Raises Malformed for a body that no CRM sends."""
    if not body:
        raise Malformed("the body is empty")
    if len(body) > MAX_BODY:
        raise Malformed("the body is larger than 1 MB")
