"""The deliveries table: one item an effect, which makes at-least-once delivery happen once.

pk <branch>#<effect id> · status S trying|done|dead · attempts N · doubt N
until N, owner S (the lease: who is at it, and how long he may be)
message N (what Telegram called it), chat N (where)
parcel S (what was sent, where its channel may yet say that it was not delivered)
body S, queue S, reason S, dead S, died_at N (dead ones)

begin ──▶ trying ──▶ finish ──▶ done       a second delivery finds "done" and does nothing
             │ └───▶ put_back ─▶ trying    the provider said "later": nothing has happened
             └─ crash: whoever comes when the lease is over is told to doubt
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from switchboard.store.database import ConditionFailed, Database, Item, Request

LEASE = timedelta(seconds=40)
"""Longer than the sender may run, so that whoever holds a lease is alive or will never act."""
KEPT = timedelta(days=180)
"""A post may be edited as long as its job is open: what Telegram called it must be known."""


class Begun(NamedTuple):
    """The effect is ours to carry out. `doubt`: somebody may have carried it out before us."""

    attempt: int
    doubt: bool


class Finished(NamedTuple):
    """It was carried out, or given up, before. `message` is what Telegram called the message in
    `chat`: a group that moves to another id numbers its messages anew. `parcel` is all of it, for
    as long as it may still have to go another way."""

    status: str
    message: int | None
    chat: int | None = None
    parcel: str = ""


class Kept(NamedTuple):
    """A parcel that stays with its delivery until that moment; then the whole item goes."""

    parcel: str
    until: datetime


class Busy(NamedTuple):
    """Somebody else is at it; his lease ends in so many seconds."""

    seconds: float


class LastMessage(NamedTuple):
    """The newest known message of a chat, and the effect that sent it."""

    number: int
    effect: str


class Dead(NamedTuple):
    """A dead letter: what it was, in which queue, and why nobody could deliver it."""

    branch: str
    id: str
    queue: str
    reason: str
    body: str
    died_at: datetime


class Deliveries:
    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def begin(self, branch: str, effect: str, owner: str, now: datetime) -> Begun | Finished | Busy:
        """Takes the lease. `owner` is the queue's receipt: one handing out of one message.

        The client asks again when an answer is lost, so the owner of a lease may take it anew. The
        message itself may be in two senders' hands, when its visibility has run out in mid-work.
        """
        request = begin_request(self._table, branch, effect, owner, now)
        try:
            before = self._database.update(request)
        except ConditionFailed as failed:
            return _standing(failed.item or {}, now)
        if not before:
            return Begun(1, doubt=False)
        return Begun(int(before["attempts"]["N"]) + 1, doubt=before["doubt"]["N"] == "1")

    def finish(
        self,
        branch: str,
        effect: str,
        message: int | None,
        chat: int | None = None,
        kept: Kept | None = None,
    ) -> None:
        sets = ["#status = :done"]
        values: dict[str, Any] = {":done": {"S": "done"}}
        names = {"#status": "status", "#until": "until", "#dead": "dead", "#body": "body"}
        if kept is not None:
            sets += ["#parcel = :parcel", "#expires = :expires"]
            names |= {"#parcel": "parcel", "#expires": "expires_at"}
            values[":parcel"] = {"S": kept.parcel}
            values[":expires"] = {"N": str(int(kept.until.timestamp()))}
        for name, number in (("message", message), ("chat", chat)):
            if number is not None:
                sets.append(f"#{name} = :{name}")
                values[f":{name}"] = {"N": str(number)}
                names[f"#{name}"] = name
        update = f"SET {', '.join(sets)} REMOVE #until, #dead, #body"
        self._update(branch, effect, update, names, values)

    def put_back(self, branch: str, effect: str, *, doubt: bool) -> None:
        """Ends the lease early, saying whether the provider may have acted all the same."""
        self._update(
            branch,
            effect,
            "SET #until = :past, #doubt = :doubt",
            {"#until": "until", "#doubt": "doubt"},
            {":past": {"N": "0"}, ":doubt": {"N": str(int(doubt))}},
        )

    def bury(self, letter: Dead) -> None:
        """Lays a letter down with the dead, where a person finds it and may replay it."""
        self._update(
            letter.branch,
            letter.id,
            "SET #status = :dead, #dead = :branch, #died = :at, #reason = :reason,"
            " #body = :body, #queue = :queue REMOVE #until, #expires",
            {
                "#status": "status",
                "#dead": "dead",
                "#died": "died_at",
                "#reason": "reason",
                "#body": "body",
                "#queue": "queue",
                "#until": "until",
                "#expires": "expires_at",
            },
            {
                ":dead": {"S": "dead"},
                ":branch": {"S": letter.branch},
                ":at": {"N": str(int(letter.died_at.timestamp()))},
                ":reason": {"S": letter.reason[:500]},
                ":body": {"S": letter.body},
                ":queue": {"S": letter.queue},
            },
        )

    def dead(self, branch: str) -> Iterator[Dead]:
        """A branch's dead letters, the oldest first."""
        request = {
            "TableName": self._table,
            "IndexName": "dead",
            "KeyConditionExpression": "#dead = :branch",
            "ExpressionAttributeNames": {"#dead": "dead"},
            "ExpressionAttributeValues": {":branch": {"S": branch}},
        }
        for item in self._database.query(request):
            yield Dead(
                branch=branch,
                id=item["pk"]["S"].removeprefix(f"{branch}#"),
                queue=item["queue"]["S"],
                reason=item["reason"]["S"],
                body=item["body"]["S"],
                died_at=datetime.fromtimestamp(int(item["died_at"]["N"])).astimezone(),
            )

    def raise_up(self, branch: str, effect: str) -> None:
        """A dead letter may be tried again, as one that may have been carried out before."""
        self._update(
            branch,
            effect,
            "SET #status = :trying, #until = :past, #doubt = :doubt,"
            " #attempts = if_not_exists(#attempts, :past) REMOVE #dead, #died, #body",
            {
                "#status": "status",
                "#until": "until",
                "#doubt": "doubt",
                "#attempts": "attempts",
                "#dead": "dead",
                "#died": "died_at",
                "#body": "body",
            },
            {":trying": {"S": "trying"}, ":past": {"N": "0"}, ":doubt": {"N": "1"}},
        )

    def message(self, branch: str, effect: str) -> Finished | None:
        """What became of an effect, for one that builds on it; None while it is under way."""
        item = self._database.get({**self._item(branch, effect), "ConsistentRead": True})
        if item is None or item["status"]["S"] == "trying":
            return None
        return _finished(item)

    def standing(self, branch: str, effect: str, now: datetime) -> Finished | Busy | None:
        """What has become of an effect by now; None for one that nothing is known of."""
        item = self._database.get({**self._item(branch, effect), "ConsistentRead": True})
        return None if item is None else _standing(item, now)

    def last_message(self, branch: str, chat: int) -> LastMessage:
        """The newest message that we know of in a chat; number 0 for none."""
        item = self._database.get({**self._item(branch, f"chat#{chat}"), "ConsistentRead": True})
        if item is None:
            return LastMessage(0, "")
        return LastMessage(int(item["message"]["N"]), item.get("effect", {"S": ""})["S"])

    def saw_message(self, branch: str, chat: int, message: int, effect: str) -> None:
        """Notes the newest message of a chat, with the effect that it carried out."""
        names = {"#message": "message", "#effect": "effect"}
        values = {":message": {"N": str(message)}, ":effect": {"S": effect}}
        update = "SET #message = :message, #effect = :effect"
        self._update(branch, f"chat#{chat}", update, names, values)

    def _update(
        self,
        branch: str,
        effect: str,
        update: str,
        names: dict[str, str],
        values: dict[str, Any],
    ) -> None:
        self._database.update(
            {
                **self._item(branch, effect),
                "UpdateExpression": update,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        )

    def _item(self, branch: str, effect: str) -> Request:
        return {"TableName": self._table, "Key": _key(branch, effect)}


def begin_request(table: str, branch: str, effect: str, owner: str, now: datetime) -> Request:
    return {
        "TableName": table,
        "Key": _key(branch, effect),
        "UpdateExpression": (
            "SET #status = :trying, #until = :until, #owner = :owner, #doubt = :yes,"
            " #expires = :expires"
            " ADD #attempts :one"
        ),
        # Nobody has begun; or whoever had begun has given it back, or his time is over; or it was
        # we, and the answer was lost.
        "ConditionExpression": (
            "attribute_not_exists(#status)"
            " OR (#status = :trying AND (#until < :now OR #owner = :owner))"
        ),
        "ExpressionAttributeNames": {
            "#status": "status",
            "#until": "until",
            "#owner": "owner",
            "#doubt": "doubt",
            "#expires": "expires_at",
            "#attempts": "attempts",
        },
        "ExpressionAttributeValues": {
            ":trying": {"S": "trying"},
            ":owner": {"S": owner},
            ":until": {"N": _seconds(now + LEASE)},
            ":now": {"N": _seconds(now)},
            # Until it is known what became of this attempt, the next one has to doubt.
            ":yes": {"N": "1"},
            ":expires": {"N": str(int((now + KEPT).timestamp()))},
            ":one": {"N": "1"},
        },
        "ReturnValues": "ALL_OLD",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _key(branch: str, effect: str) -> Item:
    return {"pk": {"S": f"{branch}#{effect}"}}


def _seconds(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"


def _standing(item: Item, now: datetime) -> Finished | Busy:
    if item["status"]["S"] == "trying":
        return Busy(max(0.5, float(item["until"]["N"]) - now.timestamp()))
    return _finished(item)


def _finished(item: Item) -> Finished:
    return Finished(
        item["status"]["S"],
        _number(item, "message"),
        _number(item, "chat"),
        item["parcel"]["S"] if "parcel" in item else "",
    )


def _number(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
