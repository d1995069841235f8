"""A clock that is moved forward: what lies hours ahead is due within a second."""

import time
from pathlib import Path

import pytest

from selfhosted.moved_clock import READ_EVERY, MovedClock
from tests.selfhosted.conftest import Start
from tests.selfhosted.running_host import RunningHost, eventually
from tests.selfhosted.test_host_scheduler import done, request

TWO_HOURS = 7200
A_MOMENT = 3.0
"""A second until everybody has noticed, and the work itself on a busy machine."""


def test_without_a_file_it_is_real_time(tmp_path: Path) -> None:
    for clock in (MovedClock(), MovedClock(tmp_path / "clock")):
        assert abs(clock.now() - time.time()) < 1
        assert abs(clock.now_ms() - time.time_ns() / 1e6) < 1000


def test_a_move_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = MovedClock(file)
    clock.now()
    file.write_text(f"{TWO_HOURS}\n")
    assert eventually(lambda: clock.now() - time.time() > TWO_HOURS - 1, READ_EVERY + 0.3)
    assert abs(clock.now_ms() / 1000 - clock.now()) < 1


@pytest.mark.parametrize("nonsense", ["", "soon", "12.5", "\ufeff7"])
def test_what_is_no_number_moves_nothing(tmp_path: Path, nonsense: str) -> None:
    file = tmp_path / "clock"
    file.write_text("60")
    clock = MovedClock(file)
    assert clock.now() - time.time() > 59
    file.write_text(nonsense, encoding="utf-8")
    time.sleep(READ_EVERY + 0.05)
    assert 59 < clock.now() - time.time() <= 60


def test_everything_that_waits_is_due_when_the_clock_is_moved(
    start: Start, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "clock"
    host = start(arguments=("--clock", str(file))).wait_ready()
    send_ahead(host, name)
    ticks = len(eventually(lambda: len(host.notes("tick")) >= 2 and host.notes("tick")))
    time.sleep(1)
    assert done(host, name) == []
    file.write_text(str(TWO_HOURS))
    moved = time.monotonic()
    waited = {f"{name}-delayed", f"{name}-rests", f"{name}-scheduled"}
    assert eventually(lambda: set(done(host, name)) == waited)
    assert eventually(lambda: len(host.notes("tick")) > ticks)
    assert time.monotonic() - moved < A_MOMENT
    # What is sent now is as far ahead as it says, by the moved clock.
    send_ahead(host, f"{name}+")
    time.sleep(1)
    assert done(host, f"{name}+") == []
    file.write_text(str(2 * TWO_HOURS))
    assert eventually(lambda: len(done(host, f"{name}+")) == len(waited))
    assert len(done(host, name)) == 2 * len(waited)


def send_ahead(host: RunningHost, name: str) -> None:
    """A delayed message, one that its function puts off, and a schedule: all within two hours.

    The host's schedules are made by its moved clock, as the application's are.
    """
    sqs = host.client("sqs")
    sqs.send_message(
        QueueUrl=host.queue("loose"),
        MessageBody=f'{{"name": "{name}-delayed"}}',
        DelaySeconds=900,
    )
    host.send("work.fifo", f"g{name}", name=f"{name}-rests", do="later", seconds=3600)
    eventually(lambda: host.notes("seen", f"{name}-rests"))
    ahead = TWO_HOURS if name.endswith("+") else 0
    host.client("scheduler").create_schedule(**request(f"{name}-scheduled", ahead + 3600))
