"""Takes longer than its time-out."""

import os
import time
from typing import Any


def handler(event: dict[str, Any], _: Any) -> Any:
    if event.get("queryStringParameters", {}).get("quick"):
        return {"pid": os.getpid()}
    time.sleep(30)
    return {}
