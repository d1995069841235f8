"""How API v4 names a mistake in a body."""

from sandbox.wire import Json


def error(code: str, path: str, detail: str) -> Json:
    return {"code": code, "path": path, "detail": detail}


def choice(path: str) -> Json:
    return error("NotSupportedChoice", path, "The value you selected is not a valid choice.")
