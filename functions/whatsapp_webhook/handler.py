"""WhatsApp's door: what every branch's number is told."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.loading import loading

with loading():
    from switchboard.runtime import http
    from switchboard.runtime.wiring_whatsapp import WhatsappDoorSettings, whatsapp_door

door = cache(lambda: whatsapp_door(WhatsappDoorSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del context
    return door()(http.request(event))
