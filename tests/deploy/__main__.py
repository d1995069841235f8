"""`make deploy-check`: what is built is deployed to an emulator of the AWS APIs, and works."""

import argparse
import platform
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.deploy import built, sam
from tests.deploy.deployed import Deployed
from tests.deploy.deployments import Deployments
from tests.deploy.emulator import Emulator
from tests.deploy.errors import Errors
from tests.deploy.places import LOCAL
from tests.deploy.report import Failed, Progress, Row, run_in_turn, show
from tests.deploy.use import Use

_ROOM = 3_000_000_000


def main() -> int:
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = Progress()
    rows: list[Row] = []
    try:
        with tempfile.TemporaryDirectory(prefix="switchboard-deploy-", dir=_memory()) as folder:
            _check(Path(folder), given.starts, progress, rows)
    except Failed as failure:
        print(f"deploy-check: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing is proved", file=sys.stderr)
        return 130
    return 0 if show(rows, progress.seconds) else 1


def _memory() -> Path | None:
    """A folder in memory, where there is one with room: each function process of the emulator
    unpacks the layer anew, some 20 times 40 MB in 3,000 files."""
    shared = Path("/dev/shm")
    has_room = shared.is_dir() and shutil.disk_usage(shared).free > _ROOM
    return shared if has_room else None


def _check(folder: Path, starts: int, progress: Progress, rows: list[Row]) -> None:
    if not (LOCAL / "opt" / "python" / "switchboard").is_dir():
        raise Failed("there is no layer for this machine: run make layer-local")
    template = built.built_template()
    alarms = built.without_metric_math(template)
    rights = built.with_the_emulators_rights(template)
    said = sam.parameters()
    progress.say("emulator")
    with ExitStack() as running:
        emulator = running.enter_context(Emulator(folder, said["region"]))
        deployed = Deployed(emulator, said["stack_name"])
        errors = Errors(deployed, built.function_names(template))
        stack = Deployments(deployed, template, errors, folder)
        use = Use(deployed, errors, folder, running)
        run_in_turn(
            (
                ("sam deploy of what make build made", stack.create),
                ("sam deploy with the layer for this machine", stack.replace_layer),
                ("every function through the Lambda API", stack.invoke),
                ("a role's policy taken away", stack.take_role_away),
                ("the doors over HTTP", use.open_doors),
                ("switchboard playbook publish", use.publish),
                ("a deal becomes a post", use.offer),
                ("its timer of 30 minutes", use.timer_kept),
                ("a message through SQS", use.due),
                ("sam deploy of one function changed", lambda: stack.update(use.doors)),
                ("the job from before the update", use.press),
                ("initialisation / two boto3 clients", lambda: use.initialisation(starts)),
                ("the sweeper's schedule", use.swept),
                ("afterwards", use.quiet),
                ("the stack deleted", stack.delete),
            ),
            progress,
            rows,
        )
        rows += _skipped(alarms, rights, use.routes_made)
        if any(row.verdict == "FAILED" for row in rows):
            print(emulator.tail(), file=sys.stderr)


def _skipped(alarms: list[str], rights: list[str], made: int) -> list[Row]:
    """What the emulator cannot do, each by its name, with who proves it instead."""
    here = f"Python {platform.python_version()} on {platform.machine()}"
    found = [
        (
            "Python 3.13 on arm64",
            f"the emulator runs functions as processes of this machine, {here}; the layer of "
            "make build was deployed, not run",
        ),
        (
            "throttling and the access log of the doors",
            "the emulator keeps the settings and does nothing with them; tests/template reads them",
        ),
        (
            "time zones of schedules",
            "the emulator takes every at() as UTC; ours are (tests/functions/test_queues.py)",
        ),
    ]
    if rights:
        why = (
            f"the emulator asks for more than AWS: {', '.join(rights)}; roles were given it here. "
            "Whatever else functions call was held to the template's policies; what AWS does in a "
            "role's name (reading queues, writing logs, passing the scheduler's role) was not"
        )
        found.append(("rights as AWS reads them", why))
    if alarms:
        why = f"the emulator refuses metric math: {', '.join(alarms)}; cfn-lint reads them"
        found.append(("alarms", why))
    if made:
        why = (
            f"the emulator makes none from SAM's OpenAPI document; the {made} were made from it by "
            "hand, through API Gateway's API. The host's routing test covers the matching "
            "(tests/selfhosted/test_host_gateway.py)"
        )
        found.append(("routes of the HTTP API", why))
    return [Row(name, why, "skipped") for name, why in found]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy", description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="pairs of cold starts (5)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
