"""The journal table: one item a line, written once and never changed.

    pk <branch>#<job> · sk line id · line S (JSON) · expires_at N

The line's number comes from the job's own item, so a line that is written twice is the same line.
"""

from collections.abc import Sequence
from datetime import timedelta

from switchboard.domain.journal import Entry
from switchboard.store.database import Database, Item

KEPT = timedelta(days=400)


class Journal:
    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def write(self, branch: str, job: str, lines: Sequence[Entry]) -> None:
        self._database.put_all(self._table, [_item(branch, job, line) for line in lines])

    def of(self, branch: str, job: str) -> list[Entry]:
        """The job's lines in the order in which they took effect."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{branch}#{job}"}},
            "ConsistentRead": True,
        }
        lines = (
            Entry.model_validate_json(item["line"]["S"]) for item in self._database.query(request)
        )
        return sorted(lines, key=lambda line: line.seq)


def _item(branch: str, job: str, line: Entry) -> Item:
    return {
        "pk": {"S": f"{branch}#{job}"},
        "sk": {"S": line.id},
        "line": {"S": line.model_dump_json()},
        "expires_at": {"N": str(int((line.at + KEPT).timestamp()))},
    }
