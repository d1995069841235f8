"""What is due, from the timer queue into the inbox."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.batch import Context
from switchboard.runtime.wiring_workers import TimerSettings, timer

work = cache(lambda: timer(TimerSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return work()(event, context)
