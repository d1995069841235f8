"""What a cold start of a door loads: measured, each of the modules that are missing here costs it
100 ms or more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DOORS = ("telegram_webhook", "crm_webhook", "whatsapp_webhook", "click", "survey")

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
    "switchboard.channels.whatsapp.client",
    "switchboard.crm.amocrm.client",
    "switchboard.crm.connect",
    "switchboard.crm.generic.client",
    "switchboard.crm.line",
    "switchboard.crm.phone",
    "switchboard.inbox",
    "switchboard.playbook.lint",
    "switchboard.playbook.model",
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
    packages, modules = json.loads(_run(function, _SCRIPT))
    return set(packages), set(modules)


def _run(function: str, script: str) -> str:
    # Isolated and without .pth files: what an editable install loads is not what Lambda loads.
    site = next(path for path in sys.path if path.endswith("site-packages"))
    path = [str(ROOT), str(ROOT / "layers" / "core"), site]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {path!r}\n{script}", function],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"POWERTOOLS_SERVICE_NAME": function},
    )
    return done.stdout


@pytest.mark.parametrize("function", DOORS)
def test_a_door_loads_what_it_needs_and_nothing_else(function: str) -> None:
    packages, modules = _loaded(function)
    assert packages <= ALLOWED
    assert "botocore" in packages
    tops = {name.partition(".")[0] for name in modules}
    assert not BANNED & tops
    assert not BANNED_OF_OURS & modules


def test_the_click_door_loads_neither_playbooks_nor_what_only_a_first_press_needs() -> None:
    _, modules = _loaded("click")
    assert "switchboard.store.links" in modules
    assert not {name for name in modules if name.startswith("switchboard.playbook")}
    assert not {"switchboard.domain.events", "switchboard.runtime.queues"} & modules


def test_other_doors_start_without_whatsapps_models() -> None:
    for function in ("telegram_webhook", "crm_webhook", "survey"):
        _, modules = _loaded(function)
        assert not {name for name in modules if "whatsapp" in name}


@pytest.mark.parametrize("function", DOORS)
def test_the_collector_passes_over_what_a_door_loads_and_works_after_it(function: str) -> None:
    collector = "\nimport gc; print(gc.isenabled(), gc.get_freeze_count(), len(gc.get_objects()))"
    works, frozen, others = _run(function, _SCRIPT + collector).splitlines()[-1].split()
    assert works == "True"
    assert int(frozen) > 10 * int(others)


def test_health_loads_nothing_but_itself() -> None:
    packages, _ = _loaded("health")
    assert packages == set()


@pytest.mark.parametrize(
    "function",
    [
        *DOORS,
        *("inbox", "sender", "timer", "sweeper"),
    ],
)
def test_importing_a_handler_reads_no_environment_and_opens_nothing(function: str) -> None:
    # There are no settings, no region and no credentials in that process.
    _loaded(function)
