"""`sam deploy` as docs/deploying.md has it, led to the emulator."""

import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from tests.deploy.emulator import Emulator
from tests.deploy.places import ROOT
from tests.deploy.report import Failed

_PROGRAM = ROOT / ".venv-sam" / "bin" / "sam"
_CONFIG = ROOT / "samconfig.toml"
_ENVIRONMENT = "dev"
_SECONDS = 120


def parameters() -> dict[str, Any]:
    """What samconfig.toml gives to the deployment that is checked."""
    said = tomllib.loads(_CONFIG.read_text(encoding="utf-8"))
    found: dict[str, Any] = said[_ENVIRONMENT]["deploy"]["parameters"]
    return found


def deploy(template: Path, emulator: Emulator) -> None:
    """Raises Failed with what it printed last, when it does not go through."""
    command = [
        str(_PROGRAM),
        "deploy",
        *("--config-file", str(_CONFIG), "--config-env", _ENVIRONMENT),
        *("--template-file", str(template), "--no-progressbar"),
    ]
    environment = {
        "PATH": os.environ["PATH"],
        # It keeps files of its own there.
        "HOME": str(template.parent),
        "SAM_CLI_TELEMETRY": "0",
        **emulator.environment(),
    }
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=template.parent,
        env=environment,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise Failed(f"sam deploy ended with {done.returncode}: {done.stdout[-1500:]}")
