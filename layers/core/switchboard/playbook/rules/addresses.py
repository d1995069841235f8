"""Addresses: that nothing private travels unencrypted, and where they lead."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from switchboard.playbook.model import Playbook
from switchboard.playbook.read import Path
from switchboard.playbook.rules.objection import Objection, Rule


def _plain_http(playbook: Playbook) -> Iterator[Objection]:
    for path, address in _own(playbook):
        if is_plain(address):
            yield "plain-http", path, "The address is not https."


def _own(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    for name in ("telegram", "crm", "whatsapp", "sms", "loyalty"):
        section = getattr(playbook, name)
        if section is not None:
            yield (name, "base_url"), section.base_url
    if playbook.reviews is not None:
        yield ("reviews", "public_url"), playbook.reviews.public_url


def _telegram(playbook: Playbook) -> Iterator[Objection]:
    if not playbook.telegram.base_url.endswith("/bot"):
        path: Path = ("telegram", "base_url")
        yield "telegram-address", path, "The address does not end in /bot."


RULES: tuple[Rule, ...] = (_plain_http, _telegram)


def is_plain(address: str) -> bool:
    """Whether an address is http and leads away from this machine."""
    return address.startswith("http://") and not stays_here(address)


def host_of(address: str) -> str:
    """In small letters; empty where the address names none."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:  # Brackets of an IPv6 address that do not match.
        return ""


def has_host(address: str) -> bool:
    """Whether it names a host that can be looked up, be it written in Cyrillic."""
    try:
        return bool(host_of(address).encode("idna"))
    except UnicodeError:  # An empty label, or one that is too long.
        return False


def stays_here(address: str) -> bool:
    """Whether an address leads to this very machine."""
    host = host_of(address)
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
