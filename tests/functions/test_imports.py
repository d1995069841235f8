"""What a cold start of a door loads: measured, each of the modules that are missing here costs it
100 ms or more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One line each why it may be there.
ALLOWED = {
    "annotated_types",  # pydantic
    "aws_lambda_powertools",  # the logger
    "botocore",  # DynamoDB and SQS
    "certifi",  # botocore takes it where it finds it
    "dateutil",  # botocore
    "jmespath",  # botocore, and powertools' logger
    "pydantic",  # updates, events, the playbook
    "pydantic_core",
    "six",  # dateutil
    "typing_extensions",  # pydantic
    "typing_inspection",  # pydantic
    "urllib3",  # botocore
}
BANNED = {
    *("telegram", "httpx", "httpcore", "anyio", "requests", "boto3", "s3transfer"),
    *("phonenumbers", "ruamel", "yaml", "jinja2", "markupsafe", "starlette", "moto"),
}
BANNED_OF_OURS = {
    "switchboard.channels.telegram.client",
    "switchboard.crm.amocrm.client",
    "switchboard.crm.connect",
    "switchboard.crm.generic.client",
    "switchboard.crm.line",
    "switchboard.crm.phone",
    "switchboard.inbox",
    "switchboard.playbook.lint",
    "switchboard.playbook.read",
    "switchboard.runtime.wiring_workers",
    "switchboard.sender",
    "switchboard.sweeper",
}

_SCRIPT = """
import importlib, json, sys
importlib.import_module(f"functions.{sys.argv[1]}.handler")
top = {name.partition(".")[0] for name in sys.modules}
packages = {
    name for name in top
    if "site-packages" in (getattr(sys.modules.get(name), "__file__", None) or "")
}
print(json.dumps([sorted(packages), sorted(sys.modules)]))
"""


def _loaded(function: str) -> tuple[set[str], set[str]]:
    """Third-party packages, and all modules, after importing a handler in a process of its own."""
    # Isolated and without .pth files: what an editable install loads is not what Lambda loads.
    site = next(path for path in sys.path if path.endswith("site-packages"))
    path = [str(ROOT), str(ROOT / "layers" / "core"), site]
    script = f"import sys; sys.path += {path!r}\n{_SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, function],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"POWERTOOLS_SERVICE_NAME": function},
    )
    packages, modules = json.loads(done.stdout)
    return set(packages), set(modules)


@pytest.mark.parametrize("function", ["telegram_webhook", "crm_webhook"])
def test_a_door_loads_what_it_needs_and_nothing_else(function: str) -> None:
    packages, modules = _loaded(function)
    assert packages <= ALLOWED
    assert "botocore" in packages
    tops = {name.partition(".")[0] for name in modules}
    assert not BANNED & tops
    assert not BANNED_OF_OURS & modules


def test_health_loads_nothing_but_itself() -> None:
    packages, _ = _loaded("health")
    assert packages == set()


@pytest.mark.parametrize(
    "function", ["telegram_webhook", "crm_webhook", "inbox", "sender", "timer", "sweeper"]
)
def test_importing_a_handler_reads_no_environment_and_opens_nothing(function: str) -> None:
    # There are no settings, no region and no credentials in that process.
    _loaded(function)
