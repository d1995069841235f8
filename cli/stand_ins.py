"""Playbooks that speak with the sandbox's providers, wherever the sandbox has found a free port."""

from typing import Any, cast
from urllib.parse import urlsplit

from switchboard.playbook.model import Playbook

SANDBOX = "127.0.0.1:8090"
"""The address that stands for the sandbox in a playbook."""


def with_sandbox(playbook: Playbook, sandbox_url: str) -> Playbook:
    """The playbook with every base URL that names the sandbox led to `sandbox_url`.

    Addresses of real providers stay as they are.
    """
    sandbox = sandbox_url.rstrip("/")
    content = playbook.model_dump()
    for section in ("telegram", "crm"):
        provider = cast("dict[str, Any]", content[section])
        address = urlsplit(provider["base_url"])
        if address.netloc == SANDBOX:
            provider["base_url"] = f"{sandbox}{address.path}"
    return Playbook.model_validate(content)
