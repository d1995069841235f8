"""A table of one flow's subjects: one item a subject, with its state and its outbox.

pk branch · sk subject · version N · state S (JSON) · outbox S
sweep, pending: in the index `pending` while an outbox waits to be handed over

Jobs have a store of their own (`store/jobs.py`), since doors write presses into their items.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from switchboard.domain.errors import Conflict
from switchboard.store.database import ConditionFailed, Database, Item, Request
from switchboard.store.pending import Left, left_since, sweep_of
from switchboard.store.record import Commit, Outbox, Record, dump_outbox, load_outbox

S = TypeVar("S", bound=BaseModel)


class SubjectTable(Generic[S]):
    """One flow's subjects, of all branches. `model` is what the state is read as."""

    def __init__(self, database: Database, table: str, model: type[S]) -> None:
        self._database = database
        self._table = table
        self._model = model

    def load(self, branch: str, subject: str) -> Record[S]:
        item = self._database.get({**self._item(branch, subject), "ConsistentRead": True})
        return Record(branch, subject) if item is None else self._record(item)

    def commit(self, record: Record[S], commit: Commit[S]) -> Record[S]:
        """The record as committed. Raises Conflict when somebody else committed first."""
        names = {"#version": "version", "#state": "state"}
        values: dict[str, Any] = {
            ":after": {"N": str(record.version + 1)},
            ":state": {"S": commit.state.model_dump_json()},
        }
        sets = ["#version = :after", "#state = :state"]
        if commit.outbox.effects:
            names |= {"#outbox": "outbox", "#sweep": "sweep", "#pending": "pending"}
            values |= {
                ":outbox": {"S": dump_outbox(commit.outbox)},
                ":sweep": {"S": sweep_of(record.id)},
                ":pending": {"N": str(int(commit.now.timestamp()))},
            }
            sets += ["#outbox = :outbox", "#sweep = :sweep", "#pending = :pending"]
        if record.version:
            values[":before"] = {"N": str(record.version)}
        request = {
            **self._item(record.branch, record.id),
            "UpdateExpression": f"SET {', '.join(sets)}",
            # Version 0 is "there is none yet": only the first writer finds no version there.
            "ConditionExpression": "#version = :before"
            if record.version
            else "attribute_not_exists(#version)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            raise Conflict(record.id) from None
        return Record(
            record.branch,
            record.id,
            record.version + 1,
            commit.state,
            commit.outbox,
            unsettled=bool(commit.outbox.effects),
        )

    def clear(self, record: Record[S]) -> bool:
        """Empties the outbox. Raises Conflict when somebody has committed since."""
        request = {
            **self._item(record.branch, record.id),
            "UpdateExpression": "REMOVE #outbox, #sweep, #pending",
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {
                "#outbox": "outbox",
                "#sweep": "sweep",
                "#pending": "pending",
                "#version": "version",
            },
            "ExpressionAttributeValues": {":version": {"N": str(record.version)}},
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            raise Conflict(record.id) from None
        return True

    def of_branch(self, branch: str) -> Iterator[S]:
        """Every subject of a branch, by its id."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :branch",
            "ExpressionAttributeValues": {":branch": {"S": branch}},
        }
        for item in self._database.query(request):
            if "state" in item:
                yield self._model.model_validate_json(item["state"]["S"])

    def pending_since(self, before: datetime) -> Iterator[Left]:
        """The subjects whose outboxes have waited since before that moment."""
        return left_since(self._database, self._table, before)

    def _record(self, item: Item) -> Record[S]:
        return Record(
            branch=item["pk"]["S"],
            id=item["sk"]["S"],
            version=int(item["version"]["N"]),
            state=self._model.model_validate_json(item["state"]["S"]),
            outbox=load_outbox(item["outbox"]["S"]) if "outbox" in item else Outbox(),
            unsettled="outbox" in item,
        )

    def _item(self, branch: str, subject: str) -> Request:
        return {"TableName": self._table, "Key": {"pk": {"S": branch}, "sk": {"S": subject}}}
