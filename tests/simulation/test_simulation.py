"""The application keeps its promises in hundreds of bad days, each of them another one.

`make sim SEEDS=n` does the same for as many as one likes.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.run import run

ROOT = Path(__file__).parents[2]
CHUNKS, SEEDS = 10, 25
FIRST = 100_000
"""Far from those that `make sim` begins with: each of the two sees what the other does not."""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_lost_and_nothing_happens_twice(chunk: int) -> None:
    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for seed in range(FIRST + chunk * SEEDS, FIRST + (chunk + 1) * SEEDS):
        report = run(seed)
        again = f"make sim ARGS='--seed {seed} --trace'"
        assert not report.violations, f"{again}\n" + "\n".join(report.violations[:5])
        faults += report.faults
        outcomes += report.logged
    # A simulation in which nothing happens finds nothing.
    assert {"crash before", "crash after", "answer lost", "again", "stall"} <= faults.keys()
    assert {"event offered", "press won", "press taken", "effect delivered"} <= outcomes.keys()
    assert {"event asked", "event completed", "press first", "event granted"} <= outcomes.keys()
    assert {"event talking", "webhook accepted", "webhook ignored"} <= outcomes.keys()


@pytest.mark.parametrize("seed", [7, 34])
def test_a_seed_tells_the_same_story_again(seed: int) -> None:
    """Also in another process, with another order of sets and dictionaries."""
    lines = run(seed, trace=True).trace
    assert len(lines) > 300
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--trace"]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.splitlines()[: len(lines)] == lines
