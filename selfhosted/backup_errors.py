"""What can go wrong with a backup, told in one line."""

import errno
import os
from pathlib import Path

from selfhosted.errors import HostError


class BackupError(HostError):
    """Nothing was made or restored; the message is for the person at the terminal."""


def told(error: OSError, place: Path, advice: str = "") -> BackupError:
    """The trouble that a file system made at `place`; `advice` is for a full one."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BackupError(f"there is not enough space in {place}{advice and f' ({advice})'}")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return BackupError(f"{error.filename or place}: {reason}")
