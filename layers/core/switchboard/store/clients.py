"""The clients table: who a client is in the messengers, and when he was last asked.

pk branch · sk c-…          chat N · asked_at N · asked_for S (survey)
          · sk telegram#ID  clients SS: who have ever shared a number in this chat
          · sk deal#PROVIDER-ID  client S: whose bonuses a deal may hold
          · sk quota#DAY    asked SS (surveys) · expires_at N

Every write may be repeated: what one survey has reserved, it keeps.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from switchboard.store.database import ConditionFailed, Database, Request

_QUOTA_KEPT = timedelta(days=7)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Client(NamedTuple):
    """What is known of a client. `survey` is the last one that he was asked in, and its run."""

    id: str
    chat: int | None = None
    survey: str | None = None
    asked_at: datetime | None = None

    def may_be_asked(self, survey: str, now: datetime, again_after: timedelta) -> bool:
        """What `Clients.reserve` would say now."""
        if self.asked_at is None or self.survey == survey:
            return True
        return self.asked_at <= now - again_after


class Clients:
    """The clients of all branches."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def known(self, branch: str, client: str) -> Client:
        """The client with his chat, where he has ever shared his number."""
        item = self._database.get({**self._item(branch, client), "ConsistentRead": True})
        if item is None:
            return Client(client)
        return Client(
            client,
            int(item["chat"]["N"]) if "chat" in item else None,
            item["asked_for"]["S"] if "asked_for" in item else None,
            datetime.fromtimestamp(int(item["asked_at"]["N"]), UTC) if "asked_at" in item else None,
        )

    def of_chat(self, branch: str, chat: int) -> tuple[Client, ...]:
        """Whose private chat it is, whoever was asked last before the others.

        Several where one person has shared several numbers. Who has moved to another chat since is
        left out: a number may come to another person.
        """
        return tuple(one for one in self.ever_of_chat(branch, chat) if one.chat == chat)

    def ever_of_chat(self, branch: str, chat: int) -> tuple[Client, ...]:
        """The same with those who are written to in another chat by now, after the others."""
        item = self._database.get({**self._item(branch, _chat(chat)), "ConsistentRead": True})
        ids = item["clients"]["SS"] if item else []
        known = (self.known(branch, client) for client in ids)
        last = sorted(known, key=lambda one: one.asked_at or _NEVER, reverse=True)
        return tuple(sorted(last, key=lambda one: one.chat != chat))

    def bind(self, branch: str, client: str, chat: int) -> None:
        """From now on the client is written to in this chat. Two writes, the one that counts last:
        a chat that leads to nobody is harmless, a client whose chat is unknown is not found."""
        self._set(branch, _chat(chat), "ADD #name :value", "clients", {"SS": [client]})
        self._set(branch, client, "SET #name = :value", "chat", {"N": str(chat)})

    def of_deal(self, branch: str, deal: str) -> str | None:
        """Whose bonuses the deal may hold, where the CRM cannot tell any more."""
        item = self._database.get({**self._item(branch, f"deal#{deal}"), "ConsistentRead": True})
        return None if item is None else str(item["client"]["S"])

    def note_deal(self, branch: str, deal: str, client: str) -> None:
        key = f"deal#{deal}"
        self._set(branch, key, "SET #name = :value", "client", {"S": client})

    def reserve(
        self, branch: str, client: str, survey: str, now: datetime, again_after: timedelta
    ) -> bool:
        """Whether this survey may ask the client: nobody else has within that time."""
        request = {
            **self._item(branch, client),
            "UpdateExpression": "SET #at = :now, #for = :survey",
            "ConditionExpression": "attribute_not_exists(#at) OR #at <= :limit OR #for = :survey",
            "ExpressionAttributeNames": {"#at": "asked_at", "#for": "asked_for"},
            "ExpressionAttributeValues": {
                ":now": {"N": str(int(now.timestamp()))},
                ":limit": {"N": str(int((now - again_after).timestamp()))},
                ":survey": {"S": survey},
            },
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return False
        return True

    def take_place(self, branch: str, day: date, survey: str, limit: int) -> bool:
        """Whether this survey is among the day's first `limit`. The day is the branch's."""
        over = datetime.combine(day, time(), UTC) + _QUOTA_KEPT
        request = {
            **self._item(branch, f"quota#{day:%Y-%m-%d}"),
            "UpdateExpression": "ADD #asked :survey SET #expires = :expires",
            "ConditionExpression": (
                "attribute_not_exists(#asked) OR contains(#asked, :one) OR size(#asked) < :limit"
            ),
            "ExpressionAttributeNames": {"#asked": "asked", "#expires": "expires_at"},
            "ExpressionAttributeValues": {
                ":survey": {"SS": [survey]},
                ":one": {"S": survey},
                ":limit": {"N": str(limit)},
                ":expires": {"N": str(int(over.timestamp()))},
            },
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return False
        return True

    def _set(
        self, branch: str, key: str, update: str, name: str, value: dict[str, str | list[str]]
    ) -> None:
        self._database.update(
            {
                **self._item(branch, key),
                "UpdateExpression": update,
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": {":value": value},
            }
        )

    def _item(self, branch: str, key: str) -> Request:
        return {"TableName": self._table, "Key": {"pk": {"S": branch}, "sk": {"S": key}}}


def _chat(chat: int) -> str:
    return f"telegram#{chat}"
