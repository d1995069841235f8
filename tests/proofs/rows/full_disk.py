"""The disk is full: what cannot be kept is not accepted, and what was accepted is there afterwards.

The data folder lies on a small disk in memory, in a mount namespace of the host's own; the proof
reaches it through the host's root directory in /proc.
"""

import asyncio
import contextlib
import shutil
import subprocess
from pathlib import Path

from tests.proofs.hosts import supervised
from tests.proofs.report import Checks, Finding
from tests.proofs.rows.kills import Kills
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, Stack, eventually, playbook_copy
from tests.proofs.traces import Traces

NAME = "5 full disk"

_SIZE = "48m"
_BEFORE = 5
_DURING = 10
_STAND = 6.0
"""Seconds that the disk stays full."""
_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT = f'mount -t tmpfs -o size={_SIZE} tmpfs "$0" && exec "$@"'


async def prove(setting: Setting, folder: Path) -> Finding:
    data = folder / "data"
    data.mkdir(parents=True)
    if not await asyncio.to_thread(_allowed, data):
        return Finding("skipped: mounting a small disk is not allowed here", "nothing")
    playbook = playbook_copy(telegram=RAISED, crm_rate=50)
    mounted = (*_UNSHARE, "sh", "-c", _MOUNT, str(data))
    async with (
        setting.alone,
        supervised(folder, playbook, through=mounted, inside=True) as (host, stack),
    ):
        row = _Full(host.data, folder / "data.log", stack, setting)
        await row.prepare()
        await row.live()
        await row.swept()
        return await row.found()


def _allowed(data: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        [*_UNSHARE, "sh", "-c", _MOUNT, str(data), "true"], capture_output=True, check=False
    )
    return tried.returncode == 0


class _Full(Kills):
    name = NAME
    killed = 0

    def __init__(self, data: Path, log: Path, stack: Stack, setting: Setting) -> None:
        super().__init__(stack, setting)
        self._ballast = data / "ballast"
        self._log = log
        self._left = -1
        self._refused = 0

    async def live(self) -> None:
        """Jobs before, while the disk is full, and after; all of them are claimed in the end."""
        claiming = asyncio.Semaphore(4)
        await self._offered(_BEFORE, "Раньше")
        await eventually(self._all_posted, 60, "the jobs before are posted")
        await asyncio.to_thread(_fill, self._ballast)
        self._left = shutil.disk_usage(self._ballast.parent).free
        self._say("the disk is full")
        await self._offered(_DURING, "Без места")
        await asyncio.sleep(_STAND)
        hooks = (await self._stack.sandbox.call("GET", "/amocrm/hooks"))["hooks"]
        bad = [hook for hook in hooks if any(one["status"] != "200" for one in hook["attempts"])]
        self._refused = len(bad)
        await asyncio.to_thread(self._ballast.unlink)
        self._say("there is room again")
        await eventually(self._all_posted, 150, "all jobs are posted")
        self._posts |= await self._stack.sandbox.posts(self._group)
        await asyncio.gather(*(self._claim(deal, claiming) for deal in self._deals))
        await self.over()

    async def _offered(self, count: int, name: str) -> None:
        self._deals += await self._stack.sandbox.new_deals(count, name=name)

    async def _finding(self, checks: Checks, seen: Traces) -> Finding:
        lost = sum(not seen[deal]["post"] for deal in self._deals)
        doubled = sum(seen.doubled(kind) for kind in ("post", "note", "task"))
        checks.equal("bytes left on the disk", self._left, 0)
        said = await asyncio.to_thread(self._log.read_text, encoding="utf-8")
        return Finding(
            f"{len(self._deals)} jobs, {_DURING} of them while the disk was full, {_STAND:.0f} s",
            f"{self._refused} webhooks were refused then, the database failed "
            f"{said.count('InternalServerError')} times; lost {lost}; doubled {doubled}",
            tuple(checks.failures),
        )


def _fill(ballast: Path) -> None:
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(65_536)):
            pass
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(b"\0" * 512):
            pass
