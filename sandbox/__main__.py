"""`python -m sandbox --port N --doors URL [--branch NAME] [--no-control] [--no-webhook]`."""

import argparse
import signal
import sys
from dataclasses import replace
from types import FrameType

from sandbox.server import serve
from sandbox.settings import SandboxSettings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--doors", required=True, help="Switchboard's base URL")
    parser.add_argument("--branch", default="demo")
    parser.add_argument(
        "--control",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the page and the control API (on by default, this machine only)",
    )
    parser.add_argument(
        "--webhook",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether the bot has a webhook from the start (on by default)",
    )
    given = parser.parse_args()
    settings = replace(
        SandboxSettings(),
        doors=given.doors.rstrip("/"),
        branch=given.branch,
        control=given.control,
        telegram_webhook=given.webhook,
    )
    # uvicorn raises the signal again once it has stopped: being asked to stop is no failure.
    signal.signal(signal.SIGTERM, _stopped)
    signal.signal(signal.SIGINT, _stopped)
    serve(settings, given.port)
    return 0


def _stopped(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
