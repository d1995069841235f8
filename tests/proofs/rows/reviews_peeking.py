"""Row 4: the verdict on A and B, read every day, says of equal variants that one is better."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.experiments.peeking import (
    Clients,
    Peeked,
    Reader,
    Scene,
    always_valid,
    false_positive_rate,
    fixed_horizon,
    proportion,
    scores,
)
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting

NAME = "4 A or B"

_ALLOWED = 0.05
_SHARES = (0.5, 0.2)
_CLIENTS: dict[str, Clients] = {
    "5 %": proportion(0.05),
    "30 %": proportion(0.3),
    "80 %": proportion(0.8),
    "scores": scores,
}
_SCENES = [(name, share) for name in _CLIENTS for share in _SHARES]


async def prove(setting: Setting, folder: Path) -> Finding:
    del folder
    loop = asyncio.get_running_loop()
    async with setting.alone:
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            ours = [_asked(loop, pool, setting, scene, "ours") for scene in _SCENES]
            others = [_asked(loop, pool, setting, scene, "z") for scene in _SCENES]
            setting.say(NAME, f"{len(_SCENES)} scenes of {setting.experiments} experiments")
            found = await asyncio.gather(*ours)
            contrast = await asyncio.gather(*others)
    return judged(setting, found, contrast)


def _asked(
    loop: asyncio.AbstractEventLoop,
    pool: ProcessPoolExecutor,
    setting: Setting,
    scene: tuple[str, float],
    reader: str,
) -> asyncio.Future[Peeked]:
    return loop.run_in_executor(pool, _played, scene, reader, setting.experiments, setting.seed)


def _played(scene: tuple[str, float], reader: str, experiments: int, seed: int) -> Peeked:
    """In another process, which is told nothing but names: functions do not travel."""
    name, share = scene
    read: Reader = always_valid if reader == "ours" else fixed_horizon
    return false_positive_rate(experiments, Scene(_CLIENTS[name], share=share), read, seed=seed)


def judged(setting: Setting, found: list[Peeked], contrast: list[Peeked]) -> Finding:
    """By scene, ours and the z test's."""
    checks = Checks()
    for (name, share), one in zip(_SCENES, found, strict=True):
        where = f"{name} answer, {share:.0%} see B"
        checks.hold(not one.is_above(_ALLOWED), f"{where}: wrong in {one.rate:.1%}")
    together = _together(found)
    checks.hold(together.is_below(_ALLOWED), f"all scenes together: wrong in {together.rate:.1%}")
    z = _together(contrast)
    checks.hold(z.is_above(_ALLOWED), f"a z test read daily passes too, with {z.rate:.1%}")
    worst = max(one.rate for one in found)
    shown = ", ".join(
        f"{name} {1 - share:.0%}:{share:.0%} {one.rate:.1%}"
        for (name, share), one in zip(_SCENES, found, strict=True)
    )
    return Finding(
        f"{setting.experiments:,} experiments in each of {len(_SCENES)} scenes, A and B alike, "
        f"20 clients a day, read on each of 60 days; seed {setting.seed}",
        f"ever wrong: {together.rate:.1%} of all ({shown}); worst {worst:.1%} (at most "
        f"{_ALLOWED:.0%} is promised); a z test read as often: {z.rate:.0%}",
        tuple(checks.failures),
    )


def _together(each: list[Peeked]) -> Peeked:
    return Peeked(sum(one.experiments for one in each), sum(one.wrong for one in each))
