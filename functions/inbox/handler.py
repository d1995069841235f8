"""Events from the inbox queue, each to its flow."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.wiring_workers import InboxSettings, inbox

work = cache(lambda: inbox(InboxSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del context
    return work()(event)
