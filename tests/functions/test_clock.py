"""What time it is to a function: the machine's, and in a demonstration as far ahead as a file
says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from switchboard.runtime.clock import VARIABLE, Clock, clock

MONTH = int(timedelta(days=30).total_seconds())
NEAR = timedelta(seconds=30)


def _ahead(of: Clock) -> timedelta:
    return of.now() - datetime.now(UTC)


@pytest.mark.parametrize("environ", [{}, {VARIABLE: ""}])
def test_in_production_it_is_the_machines_time(environ: dict[str, str]) -> None:
    now = clock(environ).now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < NEAR


def test_a_file_that_is_not_there_yet_moves_nothing(tmp_path: Path) -> None:
    assert abs(_ahead(clock({VARIABLE: str(tmp_path / "ahead")}))) < NEAR


def test_a_file_moves_it_ahead(tmp_path: Path) -> None:
    file = tmp_path / "ahead"
    file.write_text(f"{MONTH}\n", "ascii")
    moved = clock({VARIABLE: str(file)})
    assert moved.now().tzinfo is UTC
    assert abs(_ahead(moved) - timedelta(seconds=MONTH)) < NEAR


@pytest.mark.parametrize("half", ["", "12x", "скоро"])
def test_while_the_file_is_being_written_it_is_as_it_was(tmp_path: Path, half: str) -> None:
    file = tmp_path / "ahead"
    file.write_text(str(MONTH), "ascii")
    moved = Clock(file, read_every=0)
    assert _ahead(moved) > timedelta(days=29)
    file.write_text(half, "utf-8")
    assert _ahead(moved) > timedelta(days=29)
    file.write_text(str(2 * MONTH), "ascii")
    assert _ahead(moved) > timedelta(days=59)


def test_it_is_not_read_at_every_question(tmp_path: Path) -> None:
    file = tmp_path / "ahead"
    file.write_text(str(MONTH), "ascii")
    moved = Clock(file, read_every=3600)
    moved.now()
    file.write_text("0", "ascii")
    assert _ahead(moved) > timedelta(days=29)
