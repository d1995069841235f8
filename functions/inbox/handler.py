"""Events from the inbox queue, each to its flow."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.batch import Context
from switchboard.runtime.wiring_workers import InboxSettings, inbox

work = cache(lambda: inbox(InboxSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return work()(event, context)
