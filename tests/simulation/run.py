"""One run: play, stop the faults, let everything come to rest, and look."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import clock, faults, invariants, reviewed
from tests.simulation.claim import Claim
from tests.simulation.history import History
from tests.simulation.registry import Run, SimulatedFlow
from tests.simulation.reviews import Reviews
from tests.simulation.start import Start
from tests.simulation.world import CALM_SWEEPS, Planted, World

DISPATCH: tuple[SimulatedFlow, ...] = (Claim(), Start())
REVIEWS: tuple[SimulatedFlow, ...] = (Reviews(),)

_PATIENCE = 3 * 3600.0
"""Simulated seconds in which everything must have come to rest, once nothing more is due."""
_DAYS = (0.25, 1.25, 2.5)
"""How long people and machines have to do with reviews."""


@dataclass
class Report:
    seed: int
    violations: list[str]
    faults: Counter[str]
    risks: int
    seconds: float
    """Simulated."""
    logged: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)


def run(seed: int, *, trace: bool = False, planted: Planted | None = None) -> Report:
    """Deterministic: the same seed gives the same report, line by line."""
    # Batch spreads its back-off by the module's own chance.
    random.seed(seed)
    world = World(seed, trace=trace, planted=planted)
    history = History(world.tables, lambda: world.clock.now)
    length = world.chance.choice((60.0, 200.0, 900.0))
    flows = _flows(seed)
    days = world.chance.choice(_DAYS) if flows != DISPATCH else 0.0
    played = Run(world, history, length, max(length, days * 86400))
    _play(played, flows)
    world.clock.at(clock.START + played.until, lambda: None)
    world.clock.run(until=lambda: world.clock.elapsed >= played.until)
    world.faults.stop()
    world.trace.tell("faults", "stop")
    resting = _Resting(world)
    world.clock.run(until=resting.over)
    violations = [*invariants.broken(played), *(line for f in flows for line in f.broken(played))]
    if resting.in_vain:
        violations.append("it never came to rest")
    return Report(
        seed,
        violations,
        world.faults.counts,
        invariants.risks(played),
        world.clock.elapsed,
        world.logged,
        world.trace.lines,
    )


class _Resting:
    """Whether everything has come to rest, or never will."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._awaited = world.clock.now

    def over(self) -> bool:
        world = self._world
        if world.schedules.names:
            # What is due in days is no unrest.
            self._awaited = world.clock.now
        if self.in_vain:
            return True
        if world.calm_sweeps < CALM_SWEEPS or world.clock.next_event is not None:
            return False
        return world.queues_are_empty and not world.pending

    @property
    def in_vain(self) -> bool:
        return self._world.clock.now - max(self._awaited, self._world.skipped_at) > _PATIENCE


def has_reviews(seed: int) -> bool:
    return REVIEWS[0] in _flows(seed)


def _flows(seed: int) -> tuple[SimulatedFlow, ...]:
    """A branch dispatches, asks for reviews, or does both."""
    kind = random.Random(f"{seed}.kind").random()
    return DISPATCH if kind < 0.45 else REVIEWS if kind < 0.9 else DISPATCH + REVIEWS


def _play(played: Run, flows: tuple[SimulatedFlow, ...]) -> None:
    world, chance = played.world, played.world.chance
    sections: dict[str, Any] = {"dispatched": DISPATCH[0] in flows}
    if REVIEWS[0] in flows:
        world.faults.providers = faults.PROVIDERS
        sections["reviewed"] = reviewed.draw(chance)
    if sections["dispatched"]:
        sections["unclaimed_after_minutes"] = chance.choice((None, 2, 10, 20))
    world.publish(**sections)
    for flow in flows:
        flow.play(played)
    if chance.random() < 0.5:
        when, abruptly = chance.uniform(5, played.until), chance.random() < 0.5
        world.clock.after(when, lambda: world.deploy(abruptly=abruptly))
    if chance.random() < 0.4:
        later = dict(sections)
        if "reviewed" in later:
            later["reviewed"] = reviewed.redrawn(later["reviewed"], chance)
        if sections["dispatched"]:
            later["unclaimed_after_minutes"] = chance.choice((None, 5))
        world.clock.after(chance.uniform(5, played.until), lambda: world.publish(**later))
    world.clock.after(chance.uniform(1, 60), lambda: world.sweep_each_minute(world.is_quiet))
    world.trouble_each_minute()
