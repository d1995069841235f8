"""How often a press goes to AWS before it is answered, counted as requests that leave botocore."""

import json
import subprocess
import sys
from collections.abc import Iterator

from switchboard.texts.render import render
from tests.bench.branch import HOLDER, ROOT, RunningHost, event, offered, taken, update
from tests.bench.finding import Finding, NotMeasured

_LOSES, _WINS, _ASKS = "a press that loses", "a press that wins", "a question for the contact"
_GOALS = {_LOSES: 1, _WINS: 2, _ASKS: 2}
_TOLD = {_LOSES: "press.taken", _WINS: "press.won", _ASKS: "press.contact_sent"}


def measured(host: RunningHost) -> Iterator[Finding]:
    presses = (
        # The playbook is read before the first press, and then every 15 seconds, not every press.
        ("reading the playbook", update(taken(host.jobs))),
        (_LOSES, update(taken(host.jobs))),
        (_WINS, update(offered(host.jobs))),
        (_ASKS, update(offered(host.jobs), "contact")),
    )
    counted = _counted(host, [event(body) for _, body in presses])
    for (name, _), (calls, told) in zip(presses[1:], counted[1:], strict=True):
        if told != render(_TOLD[name], "ru", {"first_name": HOLDER.first_name}):
            raise NotMeasured(f"{name} was answered: {told}")
        goal = _GOALS[name]
        yield Finding(
            f"AWS calls of {name}",
            str(len(calls)),
            "",
            "",
            f"{goal}",
            len(calls) == goal,
            (", ".join(calls),),
        )


def _counted(host: RunningHost, events: list[dict[str, object]]) -> list[tuple[list[str], str]]:
    """Each event's operations and the toast, from a process that is nothing but the function."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.bench.counted_calls"],
        cwd=ROOT,
        env=host.door_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}"},
        input=json.dumps(events),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if process.returncode:
        raise NotMeasured(f"the door fails:\n{process.stderr}")
    found: list[tuple[list[str], str]] = json.loads(process.stdout.splitlines()[-1])
    return found
