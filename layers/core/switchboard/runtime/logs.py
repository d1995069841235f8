"""Structured logs without personal data: names of outcomes, ids of jobs, sizes; never a body."""

import sys
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger


def logger() -> Logger:
    """Powertools' logger for the function named by POWERTOOLS_SERVICE_NAME."""
    return Logger(utc=True, use_rfc3339=True)


class Log:
    """Our log calls over Powertools' logger: keyword arguments become keys of the line."""

    def __init__(self, powertools: Logger) -> None:
        self._powertools = powertools

    def trace(self, trace: str) -> None:
        """All lines from here on belong to that trace: from a webhook to its last effect."""
        self._powertools.append_keys(trace=trace)

    def info(self, message: str, **keys: Any) -> None:
        self._powertools.info(message, extra=keys, stacklevel=3)

    def warning(self, message: str, **keys: Any) -> None:
        self._powertools.warning(message, extra=keys, stacklevel=3)

    def exception(self, message: str, **keys: Any) -> None:
        """A fault of ours: its type and where it arose. The values in it may be anybody's."""
        self._powertools.error(message, extra=keys | _where(), stacklevel=3)


def _where() -> dict[str, str]:
    kind, _, trace = sys.exc_info()
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return {"fault": kind.__name__ if kind else "", "place": place}
