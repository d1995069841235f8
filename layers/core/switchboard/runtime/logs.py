"""Structured logs without personal data: names of outcomes, ids of jobs, sizes; never a body.

A line has the trace of the webhook, timer or round that it belongs to; some lines are also figures
(`runtime/metrics.py`).
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from switchboard.runtime.metrics import Metrics

_LIBRARIES = ("asyncio", "botocore", "httpcore", "httpx", "telegram", "urllib3")


def logger() -> Logger:
    """Powertools' logger for the function named by POWERTOOLS_SERVICE_NAME."""
    for name in _LIBRARIES:
        # Whatever level somebody sets: httpx tells each address that it calls, and in Telegram's
        # stands the bot's token.
        logging.getLogger(name).setLevel(logging.WARNING)
    return Logger(utc=True, use_rfc3339=True)


class Fault(Exception):
    """A fault of ours, by its type alone: the runtime writes what it says into the log."""


class Log:
    """Our log calls over Powertools' logger: keyword arguments become keys of the line."""

    def __init__(self, powertools: Logger, metrics: Metrics | None = None) -> None:
        self._powertools = powertools
        self._metrics = metrics
        self._about: dict[str, Any] = {}

    def about(self, **keys: Any) -> None:
        """All lines from here on have these keys and no others from before: `trace` above all,
        which leads from a webhook to its last effect."""
        gone = self._about.keys() - keys.keys()
        if gone:
            self._powertools.remove_keys(gone)
        if keys:
            self._powertools.append_keys(**keys)
        self._about = keys

    @contextmanager
    def invocation(self, **keys: Any) -> Iterator[None]:
        """One invocation's lines. What it raises is logged here, and goes on without its words."""
        self.about(**keys)
        try:
            yield
        except Exception as fault:
            self.exception("fault")
            raise Fault(type(fault).__name__) from None
        finally:
            self.about()

    def info(self, message: str, **keys: Any) -> None:
        self._powertools.info(message, extra=self._counted(message, keys), stacklevel=3)

    def warning(self, message: str, **keys: Any) -> None:
        self._powertools.warning(message, extra=self._counted(message, keys), stacklevel=3)

    def exception(self, message: str, **keys: Any) -> None:
        """A fault of ours: its type and where it arose. The values in it may be anybody's."""
        keys |= _where()
        self._powertools.error(message, extra=self._counted(message, keys), stacklevel=3)

    def _counted(self, message: str, keys: dict[str, Any]) -> dict[str, Any]:
        if self._metrics is None:
            return keys
        return keys | self._metrics.of(message, self._about | keys)


def _where() -> dict[str, str]:
    kind, fault, trace = sys.exc_info()
    # AWS's own word for what is wrong (AccessDenied, …) is nobody's data.
    word = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else ""
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return {"fault": kind.__name__ if kind else "", "place": place} | (
        {"code": word} if word else {}
    )
