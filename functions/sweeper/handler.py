"""Each minute: what a crash left behind, and what a CRM never told."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.wiring_workers import SweeperSettings, sweeper

work = cache(lambda: sweeper(SweeperSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: Any) -> None:
    del event
    work().sweep(trace=context.aws_request_id)
