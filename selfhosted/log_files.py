"""Log files that end before the disk does."""

from pathlib import Path
from typing import IO

SIZE_LIMIT = 20 * 1024 * 1024
KEPT = 3


class LogFile:
    """Appends to `path`; at `limit` bytes it becomes `path.1`, older ones move up, KEPT stay."""

    def __init__(
        self, path: Path, *, limit: int = SIZE_LIMIT, echo: IO[bytes] | None = None
    ) -> None:
        self._path = path
        self._limit = limit
        self._echo = echo
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()

    def write(self, lines: bytes) -> None:
        if self._size + len(lines) > self._limit:
            self._rotate()
        self._file.write(lines)
        self._size += len(lines)
        if self._echo is not None:
            self._echo.write(lines)
            self._echo.flush()

    def close(self) -> None:
        self._file.close()

    def _open(self) -> IO[bytes]:
        file = self._path.open("ab", buffering=0)
        self._path.chmod(0o600)
        self._size = file.tell()
        return file

    def _rotate(self) -> None:
        self._file.close()
        for number in range(KEPT, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = (
                self._path.with_name(f"{self._path.name}.{number - 1}")
                if number > 1
                else self._path
            )
            if newer.exists():
                newer.replace(older)
        self._file = self._open()
