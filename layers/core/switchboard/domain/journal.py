"""The journal's lines: who did what, when, and with what outcome, in the order it took effect."""

from datetime import datetime

from switchboard.domain.identity import Worker
from switchboard.domain.model import Value


class Entry(Value):
    """One line. `seq` is given by the job's own item, in the write that made the line true.

    `trace` leads to the webhook or the timer that the line came from.
    """

    id: str
    seq: int
    at: datetime
    what: str
    outcome: str
    offer: int = 0
    worker: Worker | None = None
    trace: str = ""
