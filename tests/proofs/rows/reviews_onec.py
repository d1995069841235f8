"""Row 7: 1C answers with pages, 401, 500, or not at all; once it answers again, each bonus is there
once."""

import asyncio
import sys
from pathlib import Path

from tests.proofs.books import AMOUNT, bonuses, check_once
from tests.proofs.happy import Happy, happy_clients
from tests.proofs.hosts import environment
from tests.proofs.opening import Opening, in_turns
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting
from tests.proofs.stack import ROOT, eventually
from tests.proofs.tyres import ReviewStack, from_person, reviewing, tyres_copy

NAME = "7 1C in trouble"

_FEW = ("html", "server_error", "unauthorized")
_KINDS = ("html", "server_error", "outage", "abort", "too_many_requests", "unauthorized")
_SAID = {
    "html": "a page",
    "server_error": "500",
    "outage": "503",
    "abort": "cut off",
    "too_many_requests": "429",
    "unauthorized": "401",
}
_PATIENCE = 60.0
_TIME_OUT = 10
"""Seconds after which we stop listening."""
_BLINK = 60
"""Seconds by which the clock goes on while a retry is waited for."""


async def prove(setting: Setting, folder: Path) -> Finding:
    async with setting.alone, reviewing(folder, tyres_copy(free=True, one_site=True)) as stack:
        await stack.sandbox.free()
        kinds = _KINDS if setting.seconds_without_1c > len(_KINDS) else _FEW
        clients = await happy_clients(
            stack, len(kinds) + 2, lambda what: setting.say(NAME, what), first=3001
        )
        row = _Trouble(stack, setting)
        for kind, client in zip(kinds, clients, strict=False):
            await row.during(kind, client)
        await row.lost_answer(clients[-2])
        if setting.seconds_without_1c > _TIME_OUT:
            await row.silence(clients[-1])
        return await row.found(clients)


class _Trouble:
    def __init__(self, stack: ReviewStack, setting: Setting) -> None:
        self._stack = stack
        self._shop = stack.sandbox
        self._setting = setting
        self._checks = Checks()
        self._refused: dict[str, int] = {}
        self._letters = list[str]()

    async def during(self, kind: str, client: Happy) -> None:
        """The press is made while 1C is ill; it comes round after a while."""
        self._setting.say(NAME, f"1C answers: {_SAID[kind]}")
        before = await self._calls()
        await self._shop.fault("onec", kind=kind)
        await self._press(client)
        await asyncio.sleep(self._setting.seconds_without_1c / len(_KINDS))

        async def refused() -> bool:
            return await self._calls() > before

        await eventually(refused, _PATIENCE, f"1C was asked ({kind})")
        self._refused[kind] = await self._calls() - before
        given = len((await self._shop.grants()).get(client.phone, []))
        self._checks.equal(f"{kind}: grants while 1C is ill", given, 0)
        told = [
            m for m in await self._shop.arrivals(client.phone) if m["template"] == "tyres_bonus"
        ]
        self._checks.equal(f"{kind}: told of a bonus that 1C does not have", len(told), 0)
        if kind == "unauthorized":
            await self._dead()
        await self._shop.mended("onec")
        if kind == "unauthorized":
            await self._replay()
        await self._arrived(kind, client)

    async def lost_answer(self, client: Happy) -> None:
        """1C does it, and nobody hears so."""
        self._setting.say(NAME, "1C's answer is lost")
        await self._shop.fault("onec", kind="lost_answer", requests=1)
        await self._press(client)
        await self._arrived("lost_answer", client)

    async def silence(self, client: Happy) -> None:
        """1C takes longer than we listen, and does it all the same."""
        self._setting.say(NAME, "1C says nothing")
        await self._shop.fault("onec", latency=_TIME_OUT + 1)
        await self._press(client)
        await asyncio.sleep(_TIME_OUT + 2)
        await self._shop.fault("onec", latency=0)
        await self._arrived("silence", client)

    async def found(self, clients: list[Happy]) -> Finding:
        for client in clients:
            await self._press(client)
        await self._stack.at_rest(_PATIENCE)
        await check_once(self._checks, self._stack, clients)
        earned = await bonuses(self._stack)
        self._checks.equal("bonuses", earned, len(clients))
        self._checks.equal("dead letters", await self._stack.dead_letters(), [])
        refused = ", ".join(f"{_SAID[kind]} {count}" for kind, count in self._refused.items())
        return Finding(
            f"{len(clients)} clients press while 1C answers otherwise: {refused} calls; one answer "
            f"lost; all press again afterwards",
            f"{earned} bonuses, each once in 1C and in the card, told once and not before; "
            f"{len(self._letters)} dead letter, for the password, sent again by `dead replay`",
            tuple(self._checks.failures),
        )

    async def _press(self, client: Happy) -> None:
        press = Opening(client.url, "POST", from_person(client.url))
        (answer,) = await in_turns([press], 1)
        self._checks.equal(f"{client.phone}, press", answer.status, 303)

    async def _calls(self) -> int:
        return len((await self._shop.call("GET", "/onec"))["calls"])

    async def _dead(self) -> None:
        """A password is no passing trouble: a person has to see it."""

        async def there() -> bool:
            self._letters = await self._stack.dead_letters()
            return bool(self._letters)

        await eventually(there, _PATIENCE, "a dead letter")
        self._checks.equal("dead letters for the password", len(self._letters), 1)
        self._checks.hold("password" in self._letters[0], f"it says: {self._letters[0]}")

    async def _replay(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import app; app()"),
            *("dead", "replay", "--all", "--data", str(self._stack.data)),
            cwd=ROOT,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        self._checks.hold(b"sent again" in said, f"dead replay says {said.decode()}")

    async def _arrived(self, kind: str, client: Happy) -> None:
        """The next try may be minutes away, which the clock makes short."""

        async def there() -> bool:
            return (await self._shop.onec_balances()).get(client.phone) == AMOUNT

        for _ in range(6):
            try:
                await eventually(there, 1.5, f"{kind}: the bonus is in 1C")
            except AssertionError:
                await self._shop.forward(seconds=_BLINK)
            else:
                break
        await eventually(there, _PATIENCE, f"{kind}: the bonus is in 1C")
        await self._stack.at_rest(_PATIENCE)
