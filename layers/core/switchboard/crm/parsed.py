"""What a webhook says, and what is wrong with one that says nothing."""

from typing import NamedTuple

MAX_BODY = 1024 * 1024
"""Bytes. The largest real webhooks (a lead with hundreds of custom fields) are some 100 kB."""


class Parsed(NamedTuple):
    """The deals that a webhook names, once each and in its order, and what else it was about.

    `ignored` are names such as `contacts.add`, or `unknown.…` for a kind that no table declares.
    """

    deals: tuple[str, ...]
    ignored: tuple[str, ...] = ()


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
