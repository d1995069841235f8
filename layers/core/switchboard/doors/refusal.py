"""How every door refuses."""

from typing import Any, Protocol

from switchboard.runtime import http
from switchboard.runtime.http import Request


class Log(Protocol):
    def warning(self, message: str, **keys: Any) -> None: ...


def refuse(log: Log, status: int, why: str, request: Request) -> dict[str, Any]:
    """The answer to what is not let in; `why` goes to the log and to the caller."""
    # The branch is left out: what anybody may write into a path is not for the log.
    log.warning("refused", outcome="refused", reason=why, bytes=len(request.body))
    return http.answer(status, {"error": why})
