"""Health: the doors answer."""

from collections.abc import Mapping
from typing import Any

from switchboard.runtime import http


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del event, context
    return http.answer(200, {"status": "ok"})
