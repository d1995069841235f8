"""The data folder of a host: private to its owner, and one host's alone."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from selfhosted.errors import HostError

LOCK: Final = "host.lock"


def make_private(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    # Messages and keys lie here: nobody else on the machine needs to read them.
    data.chmod(0o700)


@contextlib.contextmanager
def locked(data: Path) -> Iterator[IO[str]]:
    """One host per data directory: two databases on one file would destroy it."""
    with (data / LOCK).open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = f"another host is already running with the data directory {data}"
            raise HostError(text, exit_code=2) from error
        yield file
