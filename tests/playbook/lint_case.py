"""One thing for the lint to find."""

from typing import NamedTuple


class Case(NamedTuple):
    """In `text`, `old` is replaced by `new`; the finding is then in `line`, about `where`."""

    code: str
    old: str
    new: str
    line: int
    where: str
    text: str
