"""A host whose port is taken says so in one line and ends with exit code 2."""

import asyncio
import socket
import subprocess
from pathlib import Path

from tests.proofs.hosts import beside_sandbox, command, environment
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting
from tests.proofs.stack import ROOT, playbook_copy

NAME = "3 port taken"


async def prove(setting: Setting, folder: Path) -> Finding:
    setting.say(NAME, "a start on a port that is taken")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with setting.alone, beside_sandbox(folder, playbook_copy(), port):
            process = await asyncio.create_subprocess_exec(
                *command(folder, folder / "data", port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=ROOT,
                env=environment(),
            )
            out, said = await asyncio.wait_for(process.communicate(), 60)
    lines = said.decode().splitlines()
    checks = Checks()
    checks.equal("exit code", process.returncode, 2)
    checks.equal("standard output", out, b"")
    checks.equal("lines of error", len(lines), 1)
    checks.hold(str(port) in said.decode(), f"the port is not named: {lines}")
    return Finding(
        "`switchboard up` on a port where somebody else listens",
        f"exit code {process.returncode}: {' / '.join(lines).replace(str(port), 'N')}",
        tuple(checks.failures),
    )
