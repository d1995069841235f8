"""Cursors in the settings table: pk branch · sk cursor#<name> · at N (seconds since 1970)."""

from datetime import UTC, datetime

from switchboard.store.database import Database, Item


class Cursors:
    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def get(self, branch: str, name: str) -> datetime | None:
        item = self._database.get({"TableName": self._table, "Key": _key(branch, name)})
        return None if item is None else datetime.fromtimestamp(int(item["at"]["N"]), UTC)

    def put(self, branch: str, name: str, moment: datetime) -> None:
        at = {"N": str(int(moment.timestamp()))}
        self._database.put({"TableName": self._table, "Item": {**_key(branch, name), "at": at}})


def _key(branch: str, name: str) -> Item:
    return {"pk": {"S": branch}, "sk": {"S": f"cursor#{name}"}}
