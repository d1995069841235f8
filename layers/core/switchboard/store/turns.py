"""Turns in the settings table: something that only one host does at a time, until it falls silent.

pk branch · sk turn#<name> · holder S · until N (seconds since 1970)
"""

from datetime import datetime

from switchboard.store.database import ConditionFailed, Database

LASTS = 20
"""Seconds after which a silent holder has lost his turn."""


class Turns:
    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def take(self, branch: str, name: str, holder: str, now: datetime) -> bool:
        """Whether it is `holder`'s turn, which he has to say again before it runs out."""
        at = int(now.timestamp())
        request = {
            "TableName": self._table,
            "Key": {"pk": {"S": branch}, "sk": {"S": f"turn#{name}"}},
            "UpdateExpression": "SET #holder = :me, #until = :until",
            # Nobody's turn yet, ours, or that of somebody who has not been heard of.
            "ConditionExpression": (
                "attribute_not_exists(#holder) OR #holder = :me OR #until < :now"
            ),
            "ExpressionAttributeNames": {"#holder": "holder", "#until": "until"},
            "ExpressionAttributeValues": {
                ":me": {"S": holder},
                ":until": {"N": str(at + LASTS)},
                ":now": {"N": str(at)},
            },
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return False
        return True
