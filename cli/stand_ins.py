"""Playbooks that speak with the sandbox's providers, wherever the sandbox has found a free port."""

from typing import Any
from urllib.parse import urlsplit

from switchboard.playbook.model import Playbook

SANDBOX = "127.0.0.1:8090"
"""The address that stands for the sandbox in a playbook."""

DOORS = "127.0.0.1:8080"
"""The address that stands for Switchboard's own doors in a playbook."""


def with_sandbox(playbook: Playbook, sandbox_url: str, doors_url: str) -> Playbook:
    """The playbook with every address of the sandbox led to `sandbox_url`, and every address of
    the doors to `doors_url`.

    Addresses are the fields named `url` or `…_url`. Those of real providers stay as they are.
    """
    leads = {SANDBOX: sandbox_url.rstrip("/"), DOORS: doors_url.rstrip("/")}
    return Playbook.model_validate(_led(playbook.model_dump(), leads))


def _led(content: Any, leads: dict[str, str]) -> Any:
    if isinstance(content, dict):
        return {
            name: _address(value, leads)
            if isinstance(value, str) and (name == "url" or name.endswith("_url"))
            else _led(value, leads)
            for name, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [_led(value, leads) for value in content]
    return content


def _address(url: str, leads: dict[str, str]) -> str:
    there = urlsplit(url).netloc
    return leads[there] + url.partition(there)[2] if there in leads else url
