"""How often a press goes to AWS before it is answered, counted as requests that leave botocore."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from switchboard.texts.render import render
from tests.bench import clicks
from tests.bench.branch import DOOR, HOLDER, ROOT, RunningHost, event, offered, taken, update
from tests.bench.finding import Finding, NotMeasured

_LOSES, _WINS, _ASKS = "a press that loses", "a press that wins", "a question for the contact"
_GOALS = {_LOSES: 1, _WINS: 2, _ASKS: 2}
_TOLD = {_LOSES: "press.taken", _WINS: "press.won", _ASKS: "press.contact_sent"}


class _Counted(NamedTuple):
    """One event's operations, and what was answered."""

    calls: list[str]
    status: int
    body: str


def measured(host: RunningHost) -> Iterator[Finding]:
    presses = (
        # The playbook is read before the first press, and then every 15 seconds, not every press.
        ("reading the playbook", update(taken(host.jobs))),
        (_LOSES, update(taken(host.jobs))),
        (_WINS, update(offered(host.jobs))),
        (_ASKS, update(offered(host.jobs), "contact")),
    )
    counted = _counted(host, DOOR, "telegram_webhook", [event(body) for _, body in presses])
    for (name, _), one in zip(presses[1:], counted[1:], strict=True):
        told = json.loads(one.body)["text"]
        if told != render(_TOLD[name], "ru", {"first_name": HOLDER.first_name}):
            raise NotMeasured(f"{name} was answered: {told}")
        yield _finding(name, one, _GOALS[name])


def measured_clicks(host: RunningHost) -> Iterator[Finding]:
    plain, fresh = clicks.linked(host.links), clicks.linked(host.links, opened=False)
    bonus = clicks.linked(host.links, bonus=300)
    clicked = (
        ("a click", clicks.event(plain), 302, 1),
        ("a click to the page of a bonus", clicks.event(bonus), 200, 1),
        ("a first click, which the survey hears of", clicks.event(fresh), 302, 2),
        ("a first press, which earns a bonus", clicks.event(bonus, "POST"), 303, 2),
        ("a further press", clicks.event(bonus, "POST"), 303, 1),
    )
    counted = _counted(host, clicks.DOOR, "click", [said for _, said, _, _ in clicked])
    for (name, _, status, goal), one in zip(clicked, counted, strict=True):
        if one.status != status:
            raise NotMeasured(f"{name} was answered with {one.status}")
        yield _finding(name, one, goal)


def _finding(name: str, one: _Counted, goal: int) -> Finding:
    calls = one.calls
    notes = (", ".join(calls),)
    return Finding(
        f"AWS calls of {name}", str(len(calls)), "", "", f"{goal}", len(calls) == goal, notes
    )


def _counted(
    host: RunningHost, function: str, handler: str, events: list[dict[str, object]]
) -> list[_Counted]:
    """From a process that is nothing but the function."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.bench.counted_calls", handler],
        cwd=ROOT,
        env=host.door_environment(function) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}"},
        input=json.dumps(events),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if process.returncode:
        raise NotMeasured(f"the door fails:\n{process.stderr}")
    return [_Counted(*one) for one in json.loads(process.stdout.splitlines()[-1])]
