"""The CRMs' door: webhooks of every branch's CRM."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.loading import loading

with loading():
    from switchboard.runtime import http
    from switchboard.runtime.wiring_doors import CrmDoorSettings, crm_door

door = cache(lambda: crm_door(CrmDoorSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del context
    return door()(http.request(event))
