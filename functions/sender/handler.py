"""Effects from the outbound queue, each to its provider."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.batch import Context
from switchboard.runtime.wiring_workers import SenderSettings, sender

work = cache(lambda: sender(SenderSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return work()(event, context)
