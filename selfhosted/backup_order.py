"""What a backup is made of and where it goes, and what has come of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfhosted.backup_folder import Retention


@dataclass(frozen=True, slots=True)
class Order:
    """What to back up, and where to: `keys` are public keys of age."""

    data: Path
    folder: Path
    keys: tuple[str, ...]
    stack: str = "local"
    retention: Retention = field(default_factory=Retention)

    def as_json(self) -> str:
        return json.dumps(
            {
                "data": str(self.data),
                "folder": str(self.folder),
                "keys": self.keys,
                "stack": self.stack,
                "retention": [self.retention.daily, self.retention.weekly],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Order":
        given = json.loads(text)
        return cls(
            data=Path(given["data"]),
            folder=Path(given["folder"]),
            keys=tuple(given["keys"]),
            stack=given["stack"],
            retention=Retention(*given["retention"]),
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A new backup: `size` in bytes, `seconds` it took.

    `removed` are older ones that went, `not_whole` those that their checksum does not vouch for,
    `not_removed` is why the superseded ones could not go.
    """

    file: Path
    size: int
    seconds: float
    items: int
    installation: str
    removed: tuple[Path, ...] = ()
    not_whole: tuple[Path, ...] = ()
    not_removed: str = ""

    def details(self) -> dict[str, Any]:
        """For JSON; of other backups the names."""
        return {
            "file": str(self.file),
            "size": self.size,
            "seconds": self.seconds,
            "items": self.items,
            "removed": [file.name for file in self.removed],
            "not_whole": [file.name for file in self.not_whole],
            "not_removed": self.not_removed,
        }


def told(details: dict[str, Any]) -> str:
    """`Made.details` in one line."""
    size = f"{details['size'] / (1 << 20):.1f} MiB"
    line = f"{details['file']} ({size}, {details['items']} items, {details['seconds']} s)"
    if details["removed"]:
        line += f"; removed {len(details['removed'])} older"
    if details["not_removed"]:
        line += f"; older ones could not be removed: {details['not_removed']}"
    if details["not_whole"]:
        line += f"; without a valid checksum, look at them: {', '.join(details['not_whole'])}"
    return line
