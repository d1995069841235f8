"""What the functions of a data folder have written: JSON lines, also those of rotated files."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from selfhosted.log_files import KEPT

Line = dict[str, Any]


def lines(data: Path, containing: str = "") -> Iterator[Line]:
    """The lines in which that text stands, the oldest file first. Whatever is no JSON is left out:
    a library's word, or half a line of a process that was killed."""
    log = data / "logs" / "functions.log"
    for path in (*(log.with_name(f"{log.name}.{n}") for n in range(KEPT, 0, -1)), log):
        try:
            file = path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        with file:
            for text in file:
                line = _line(text) if containing in text else None
                if line is not None:
                    yield line


def moment(line: Line) -> datetime | None:
    """When the line was written."""
    try:
        return datetime.fromisoformat(line["timestamp"]).astimezone()
    except (KeyError, TypeError, ValueError):
        return None


def _line(text: str) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
