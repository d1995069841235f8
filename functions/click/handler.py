"""The click door: review links of every branch."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.loading import loading

with loading():
    from switchboard.runtime import http
    from switchboard.runtime.wiring_click import ClickDoorSettings, click_door

door = cache(lambda: click_door(ClickDoorSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del context
    return door()(http.request(event))
