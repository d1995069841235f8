"""Refusals of the Cloud API in its own envelope.

Sources: captured answers in public repositories. The HTTP status beside a code is not dependable
(the same code was seen with 400, 404 and 429), so callers decide by the code.
"""

import secrets

from starlette.responses import JSONResponse, Response

from sandbox.whatsapp.payloads import Reason
from sandbox.wire import Json

UNDELIVERABLE = Reason(131026, "Message undeliverable", "Message Undeliverable.")
RE_ENGAGEMENT = Reason(
    131047,
    "Re-engagement message",
    "Message failed to send because more than 24 hours have passed since the customer last "
    "replied to this number.",
)
KNOWN = {
    reason.code: reason
    for reason in (
        UNDELIVERABLE,
        RE_ENGAGEMENT,
        Reason(
            130472,
            "User's number is part of an experiment",
            "Message was not sent because the user's number is part of an experiment.",
        ),
        Reason(
            131049,
            "Message not delivered",
            "This message was not delivered to maintain healthy ecosystem engagement.",
        ),
        Reason(
            131050,
            "Message not delivered",
            "The recipient has chosen to stop receiving marketing messages from this business.",
        ),
    )
}


class CloudRefusal(Exception):
    """`code` and `details` as in Meta's list of errors."""

    def __init__(
        self, status: int, code: int, title: str, details: str, kind: str = "OAuthException"
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.details = details
        self.kind = kind

    def answer(self) -> Response:
        numbered = self.code > 190 or self.code == 100
        error: Json = {
            "message": f"(#{self.code}) {self}" if numbered else str(self),
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": f"A{secrets.token_urlsafe(16)}",
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        headers = {"WWW-Authenticate": "OAuth"} if self.status == 401 else None
        return JSONResponse({"error": error}, self.status, headers)


def reason_of(code: int) -> Reason:
    """The words of this code, or general ones."""
    return KNOWN.get(code, Reason(code, "Message failed to send", "Message failed to send."))


def invalid(details: str) -> CloudRefusal:
    return CloudRefusal(400, 100, "Invalid parameter", details)


def missing(details: str) -> CloudRefusal:
    return CloudRefusal(400, 131008, "Required parameter is missing", details)


def bad_token() -> CloudRefusal:
    text = "Invalid OAuth access token - Cannot parse access token"
    return CloudRefusal(401, 190, text, "")


def too_many() -> CloudRefusal:
    details = "Cloud API message throughput has been reached."
    return CloudRefusal(429, 130429, "Rate limit hit", details)


def pair_limit() -> CloudRefusal:
    title = "(Business Account, Consumer Account) pair rate limit hit"
    details = (
        "Message failed to send because there were too many messages sent from this phone number "
        "to the same phone number in a short period of time."
    )
    return CloudRefusal(400, 131056, title, details)
