"""`python -m sandbox --port N --doors URL [--branch NAME] [--no-control] [--no-webhook BRANCH]…
[--clock FILE]`.
"""

import argparse
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType

from sandbox.server import serve
from sandbox.settings import SandboxSettings


def main() -> int:
    given = _arguments()
    settings = SandboxSettings()
    polled = set(given.no_webhook)
    settings = replace(
        settings,
        doors=given.doors.rstrip("/"),
        branch=given.branch,
        control=given.control,
        clock=given.clock,
        telegram_webhook=given.branch not in polled,
        tyres_bot=replace(settings.tyres_bot, webhook=settings.tyres_bot.branch not in polled),
    )
    # uvicorn raises the signal again once it has stopped: being asked to stop is no failure.
    signal.signal(signal.SIGTERM, _stopped)
    signal.signal(signal.SIGINT, _stopped)
    serve(settings, given.port)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--doors", required=True, help="Switchboard's base URL")
    parser.add_argument("--branch", default="demo", help="of the dispatcher's bot and amoCRM")
    parser.add_argument(
        "--control",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the page and the control API (on by default, this machine only)",
    )
    parser.add_argument(
        "--no-webhook",
        metavar="BRANCH",
        action="append",
        default=[],
        help="this branch's bot has no webhook from the start; may be given again",
    )
    parser.add_argument("--clock", type=Path, help="the file by which the demo's clock is moved")
    return parser.parse_args()


def _stopped(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
