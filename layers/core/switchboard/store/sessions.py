"""The sessions table: one item a private chat with a worker.

pk branch · sk worker-<id> · version N · session S (JSON) · outbox S
"""

from switchboard.domain.errors import Conflict
from switchboard.flows.start import Session
from switchboard.store.database import ConditionFailed, Database, Request
from switchboard.store.record import Commit, Outbox, Record, dump_outbox, load_outbox


class Sessions:
    """The private chats of all branches."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def load(self, branch: str, subject: str) -> Record[Session]:
        item = self._database.get({**self._item(branch, subject), "ConsistentRead": True})
        if item is None:
            return Record(branch, subject)
        return Record(
            branch=branch,
            id=subject,
            version=int(item["version"]["N"]),
            state=Session.model_validate_json(item["session"]["S"]),
            outbox=load_outbox(item["outbox"]["S"]) if "outbox" in item else Outbox(),
        )

    def commit(self, record: Record[Session], commit: Commit[Session]) -> Record[Session]:
        """The record as committed. Raises Conflict when somebody else committed first."""
        request = {
            **self._item(record.branch, record.id),
            "UpdateExpression": "SET #version = :after, #session = :session, #outbox = :outbox",
            # Version 0 is "there is none yet": only the first writer finds no version there.
            "ConditionExpression": "#version = :before"
            if record.version
            else "attribute_not_exists(#version)",
            "ExpressionAttributeNames": {
                "#version": "version",
                "#session": "session",
                "#outbox": "outbox",
            },
            "ExpressionAttributeValues": {
                ":after": {"N": str(record.version + 1)},
                ":session": {"S": commit.state.model_dump_json()},
                ":outbox": {"S": dump_outbox(commit.outbox)},
            }
            | ({":before": {"N": str(record.version)}} if record.version else {}),
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
            unsettled=True,
        )

    def clear(self, record: Record[Session]) -> bool:
        """Empties the outbox. Raises Conflict when somebody has committed since."""
        request = {
            **self._item(record.branch, record.id),
            "UpdateExpression": "REMOVE #outbox",
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#outbox": "outbox", "#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(record.version)}},
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            raise Conflict(record.id) from None
        return True

    def _item(self, branch: str, subject: str) -> Request:
        return {"TableName": self._table, "Key": {"pk": {"S": branch}, "sk": {"S": subject}}}
