"""Gives the events of stdin to the door that is named. The last line that it prints says what each
event called, the status of its answer and the answer's body."""

import json
import sys
from importlib import import_module
from typing import Any

from botocore import handlers


def main() -> None:
    calls: list[str] = []

    def count(request: Any, event_name: str, **rest: Any) -> None:  # noqa: ARG001
        _, service, operation = event_name.split(".")
        calls.append(f"{service} {operation}")

    # Every session that is made from here on knows it. It comes once an attempt, repeats included.
    handlers.BUILTIN_HANDLERS.append(("before-send", count))
    handler = import_module(f"functions.{sys.argv[1]}.handler").handler
    counted: list[tuple[list[str], int, str]] = []
    for event in json.load(sys.stdin):
        calls.clear()
        answer = handler(event, None)
        counted.append(([*calls], answer["statusCode"], answer["body"]))
    print(json.dumps(counted))


if __name__ == "__main__":
    main()
