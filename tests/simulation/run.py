"""One run: play, stop the faults, let everything come to rest, and look."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation import invariants
from tests.simulation.claim import Claim
from tests.simulation.history import History
from tests.simulation.registry import Run, SimulatedFlow
from tests.simulation.start import Start
from tests.simulation.world import Planted, World

FLOWS: tuple[SimulatedFlow, ...] = (Claim(), Start())

_REST = 200.0
"""Seconds after which the sweeper has had its chance at whatever was left behind."""
_PATIENCE = 3 * 3600.0
"""Simulated seconds in which everything must have come to rest."""


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
    import random

    # Batch spreads its back-off by the module's own chance.
    random.seed(seed)
    world = World(seed, trace=trace, planted=planted)
    history = History(world.tables, lambda: world.clock.now)
    played = Run(world, history, world.chance.choice((60.0, 200.0, 900.0)))
    _play(played)
    world.clock.run(until=lambda: world.clock.elapsed >= played.length)
    world.faults.stop()
    world.trace.tell("faults", "stop")
    calm = world.clock.now

    def at_rest() -> bool:
        seconds = world.clock.now - calm
        if seconds > _PATIENCE:
            return True
        quiet = world.queues_are_empty and not world.schedules.names
        return quiet and seconds > _REST and not world.pending

    world.clock.run(until=at_rest)
    violations = [*invariants.broken(played), *(line for f in FLOWS for line in f.broken(played))]
    if world.clock.now - calm > _PATIENCE:
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


def _play(played: Run) -> None:
    world, chance = played.world, played.world.chance
    minutes = chance.choice((None, 2, 10, 20))
    world.publish(unclaimed_after_minutes=minutes)
    for flow in FLOWS:
        flow.play(played)
    if chance.random() < 0.5:
        when, abruptly = chance.uniform(5, played.length), chance.random() < 0.5
        world.clock.after(when, lambda: world.deploy(abruptly=abruptly))
    if chance.random() < 0.4:
        later = chance.choice((None, 5))
        when = chance.uniform(5, played.length)
        world.clock.after(when, lambda: world.publish(unclaimed_after_minutes=later))
    quiet = lambda: not world.faults.on and world.queues_are_empty and not world.pending  # noqa: E731
    world.clock.after(chance.uniform(1, 60), lambda: world.sweep_each_minute(quiet))
    world.trouble_each_minute()
