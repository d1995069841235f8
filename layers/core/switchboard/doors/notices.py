"""How the doors that people open refuse: with a page, in words that they understand."""

from typing import Any

from switchboard.doors.refusal import Log
from switchboard.pages import frame
from switchboard.pages.notice import notice
from switchboard.runtime import http
from switchboard.runtime.http import Request


def page(request: Request, status: int, text: str) -> dict[str, Any]:
    """An answer to a person; one to HEAD has no body."""
    return http.html(status, "" if request.method == "HEAD" else text, frame.headers())


def refused(
    log: Log, status: int, key: str, words: frame.Words, why: str, request: Request
) -> dict[str, Any]:
    """`key` names the notice that is shown; `why` goes to the log."""
    # The code is left out: what anybody may write into a path is not for the log.
    log.warning("refused", outcome="refused", reason=why, bytes=len(request.body))
    return page(request, status, notice(words, key))


def nothing(log: Log, status: int, key: str, why: str, request: Request) -> dict[str, Any]:
    """The same where no link, and so no branch, says in which language."""
    language = frame.preferred(request.headers.get("accept-language", ""))
    return refused(log, status, key, frame.Words(language, {}), why, request)


def wrong_method(log: Log, request: Request) -> dict[str, Any]:
    answer = nothing(log, 405, "refused", "method", request)
    answer["headers"]["allow"] = "GET, HEAD, POST"
    return answer
