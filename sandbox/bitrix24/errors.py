"""Refusals in Bitrix24's words.

Status, code and text stand in b24restdocs `_includes/system-errors.md` and in the page of each
method. Old methods (crm.deal.get, crm.timeline.*, crm.duplicate.*) answer with an empty code.
"""

from sandbox.wire import Json


class RestError(Exception):
    """An answer `{"error": code, "error_description": text}`."""

    def __init__(self, code: str, text: str, status: int = 400, **more: object) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status
        self.more = more

    def to_json(self) -> Json:
        return {"error": self.code, "error_description": self.text, **self.more}


def method_not_found() -> RestError:
    return RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)


def no_credentials() -> RestError:
    return RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)


def wrong_credentials() -> RestError:
    return RestError("INVALID_CREDENTIALS", "Invalid request credentials", 401)


def too_many_requests() -> RestError:
    return RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)


def blocked(**more: object) -> RestError:
    text = "Method is blocked due to operation time limit."
    return RestError("OPERATION_TIME_LIMIT", text, 429, **more)


def item_not_found() -> RestError:
    return RestError("NOT_FOUND", "Element not found")


def type_not_found() -> RestError:
    return RestError("NOT_FOUND", "Smart process not found")


def access_denied() -> RestError:
    return RestError("ACCESS_DENIED", "You do not have permission to view this item")


def missing(parameter: str) -> RestError:
    text = f"Could not find value for parameter {{{parameter}}}"
    return RestError("100", text)


def invalid_value(field: str) -> RestError:
    return RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Invalid value for field "{field}"')


def old_style(text: str) -> RestError:
    return RestError("", text)


CLOSED: dict[str, tuple[str, int]] = {
    "ACCESS_DENIED": ("REST is available only by subscription", 401),
    "INVALID_CREDENTIALS": ("Invalid request credentials", 401),
    "insufficient_scope": (
        "The request requires higher privileges than provided by the webhook token",
        401,
    ),
    "OVERLOAD_LIMIT": ("REST API is blocked due to overload", 401),
    "PORTAL_DELETED": ("Portal was deleted", 403),
}
"""Why a portal refuses every request until somebody mends it: text and status by code."""


def closed(code: str) -> RestError:
    text, status = CLOSED[code]
    return RestError(code, text, status)
