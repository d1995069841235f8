"""Notes that the clock called."""

import os
import time
from typing import Any

from tiny import note


def handler(event: dict[str, Any], _: Any) -> None:
    note(
        "tick",
        event["resources"][0].rsplit("/", 1)[-1] + f"@{time.time_ns()}",
        pid=str(os.getpid()),
    )
