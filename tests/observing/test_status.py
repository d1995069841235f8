"""What `switchboard status` reads from the data folder alone: the log and the last backup."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.log_lines import lines
from cli.status_checks import Check, checks
from selfhosted import backup_state

NOW = datetime.now(UTC)


def _log(data: Path, name: str, *said: dict[str, Any] | str) -> None:
    (data / "logs").mkdir(exist_ok=True)
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in said)
    (data / "logs" / name).write_text(text, "utf-8")


def _failed(ago: timedelta, provider: str = "amocrm") -> dict[str, Any]:
    at = (NOW - ago).isoformat(timespec="milliseconds")
    return {"message": "provider failed", "timestamp": at, "provider": provider}


def _check(data: Path, name: str) -> Check:
    return next(check for check in checks(data, NOW) if check.name == name)


def test_rotated_files_come_first_and_what_is_no_line_is_left_out(tmp_path: Path) -> None:
    _log(tmp_path, "functions.log", {"n": 3}, "START of something", '{"n": 4', "[1]")
    _log(tmp_path, "functions.log.1", {"n": 2})
    _log(tmp_path, "functions.log.3", {"n": 1})
    assert [line["n"] for line in lines(tmp_path)] == [1, 2, 3]
    assert [line["n"] for line in lines(tmp_path, '"n": 2')] == [2]
    assert list(lines(tmp_path / "nowhere")) == []


def test_errors_of_providers_are_counted_for_an_hour_and_judged_by_five_minutes(
    tmp_path: Path,
) -> None:
    past = [_failed(timedelta(minutes=30)) for _ in range(20)]
    _log(tmp_path, "functions.log.1", _failed(timedelta(minutes=61)), *past)
    _log(tmp_path, "functions.log", *(_failed(timedelta(minutes=1), "telegram"),) * 10)
    check = _check(tmp_path, "providers")
    assert check.well
    assert check.figures == {"last_hour": {"amocrm": 20, "telegram": 10}, "last_five_minutes": 10}
    _log(tmp_path, "functions.log", *(_failed(timedelta(minutes=1), "telegram"),) * 11)
    assert not _check(tmp_path, "providers").well


def test_no_host_is_no_good_state(tmp_path: Path) -> None:
    check = _check(tmp_path, "host")
    assert not check.well
    assert "no host is running" in check.said


SUCCESS, FAILURE = backup_state.SUCCESS, backup_state.FAILURE


@pytest.mark.parametrize(
    ("known", "well", "said"),
    [
        ({}, True, "none is known"),
        ({SUCCESS: 1}, True, "of "),
        ({SUCCESS: 49}, False, "of "),
        ({SUCCESS: 1, FAILURE: 2}, True, "of "),
        ({SUCCESS: 2, FAILURE: 1}, False, "the last attempt failed: disk full"),
        ({FAILURE: 1}, False, "the last attempt failed: disk full"),
    ],
)
def test_a_backup_is_looked_at_where_there_is_one(
    tmp_path: Path, known: dict[str, int], well: bool, said: str
) -> None:
    """`known` is how many hours ago each happened."""
    document = {
        name: {"at": (NOW - timedelta(hours=hours)).isoformat(), "reason": "disk full"}
        for name, hours in known.items()
    }
    (tmp_path / backup_state.FILE).write_text(json.dumps(document), "utf-8")
    check = _check(tmp_path, "backup")
    assert check.well is well
    assert said in check.said
