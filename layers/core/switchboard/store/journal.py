"""The journal table: one item a line, written once and never changed.

    pk <branch>#<job> · sk the line's number · line S (JSON) · expires_at N

The number comes from the job's own item, so a line that is written twice is the same line. Its id
is no key: when Telegram delivers a press again long after, the item gives it a second number, and
what came of the press in truth must stay as it stands.
"""

from collections.abc import Iterable, Iterator, Sequence
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
        """The job's lines in the order in which they took effect; later ones of the same id are
        the same press (or the same timer) delivered again, and say "repeated"."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{branch}#{job}"}},
            "ConsistentRead": True,
        }
        lines = (
            Entry.model_validate_json(item["line"]["S"]) for item in self._database.query(request)
        )
        return list(_repeats_marked(sorted(lines, key=lambda line: line.seq)))


def _repeats_marked(lines: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for line in lines:
        yield line.model_copy(update={"outcome": "repeated"}) if line.id in seen else line
        seen.add(line.id)


def _item(branch: str, job: str, line: Entry) -> Item:
    return {
        "pk": {"S": f"{branch}#{job}"},
        "sk": {"S": f"{line.seq:010d}"},
        "line": {"S": line.model_dump_json()},
        "expires_at": {"N": str(int((line.at + KEPT).timestamp()))},
    }
