"""Who keeps the backups."""

from pathlib import Path

from selfhosted import backup, backup_keys
from selfhosted.backup_order import Order


class Keeper:
    """Has a folder of backups, and the key that opens them."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "backups"
        self.folder.mkdir()
        self.identity = place / "identity.txt"
        self.public = backup_keys.make_identity(self.identity)

    def back_up(self, data: Path) -> Path:
        return backup.create(Order(data, self.folder, (self.public,))).file
