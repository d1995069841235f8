"""The jobs table: one item a job, and in it everything that the claim promises.

    pk branch · sk job
    version  N  commits so far                   offer  N  how often it was offered
    job      S  the Job as JSON                  chat   N  the workers' chat
    taken    S  the Holder as JSON; absent while the job can be taken
    seq      N  lines numbered so far            log    M  line id -> Press or Entry as JSON
    order    M  line id -> its number            outbox S  effects not handed over yet
    pending  N  since when something waits (index `pending`, with `sweep`, for the sweeper)

A press is ONE write (`press_request`): it numbers the press, keeps it, and takes the job if nobody
has it. Two presses at once are put in order by the table itself, so there is nothing to retry:

    worker A ── press ─▶ seq 4, taken := A      ◀─ A: "the job is yours"
    worker B ── press ─▶ seq 5, taken is A      ◀─ B: "taken by A"

A commit is conditional on `version` and on `taken` being what it was when the job was loaded: a
claim that arrives in between makes a withdrawal lose, reload and step again. Presses that lose do
not change either, so a burst of them cannot starve a commit.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from switchboard.domain.errors import Conflict
from switchboard.domain.events import Press
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import CLOSED, Holder, Job
from switchboard.flows.claim.table import State
from switchboard.store.database import ConditionFailed, Database, Item, Request
from switchboard.store.pending import Left, left_since, sweep_of
from switchboard.store.record import Commit, Outbox, Record, Waiting, dump_outbox, load_outbox

KEPT = timedelta(days=500)
"""How long a job that is over is kept: longer than its journal, whose numbers it goes on from."""


class Written(NamedTuple):
    """A press is in the job's item: its number, and who holds the job since."""

    seq: int
    holder: Holder | None


class NotWritten(NamedTuple):
    """A press could not be written; the item as it stands says why. `item` None: no such job."""

    chat: int | None = None
    offer: int = 0
    repeated: bool = False
    holder: Holder | None = None


def press_request(table: str, branch: str, press: Press) -> Request:
    """The one write of a press. A claim also takes the job, if nobody holds it."""
    update = "SET #log.#id = :press, #order.#id = #seq, #seq = #seq + :one"
    update += ", #pending = if_not_exists(#pending, :now)"
    names = {
        "#log": "log",
        "#order": "order",
        "#seq": "seq",
        "#id": press.id,
        "#pending": "pending",
        "#chat": "chat",
        "#offer": "offer",
        "#pk": "pk",
    }
    values: dict[str, Any] = {
        ":press": {"S": press.model_dump_json()},
        ":one": {"N": "1"},
        ":now": {"N": str(int(press.at.timestamp()))},
        ":chat": {"N": str(press.chat)},
        ":offer": {"N": str(press.offer)},
    }
    if press.action == "claim":
        update += ", #taken = if_not_exists(#taken, :taken)"
        names["#taken"] = "taken"
        values[":taken"] = {"S": Holder(press=press.id, worker=press.worker).model_dump_json()}
    return {
        "TableName": table,
        "Key": _key(branch, press.job),
        "UpdateExpression": update,
        # The job exists; this is its chat; the button belongs to the offer that is on now; and
        # this very press is not written yet (Telegram delivers an update again when in doubt).
        "ConditionExpression": (
            "attribute_exists(#pk) AND #chat = :chat AND #offer = :offer"
            " AND attribute_not_exists(#log.#id)"
        ),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        # A claim needs only what it touched. Who holds the job stands in the answer to a claim; a
        # question for the contact touches no holder and must see the whole item.
        "ReturnValues": "UPDATED_NEW" if press.action == "claim" else "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def commit_request(table: str, record: Record[Job], commit: Commit[Job]) -> Request:
    """The commit: new state, outbox, the line it adds, and the waiting presses it has stepped."""
    job, now, line = commit.state, commit.now, commit.line
    names = {"#version": "version", "#job": "job", "#chat": "chat", "#offer": "offer"}
    names |= {"#outbox": "outbox", "#pending": "pending", "#sweep": "sweep", "#taken": "taken"}
    values: dict[str, Any] = {
        ":after": {"N": str(record.version + 1)},
        ":job": {"S": job.model_dump_json()},
        ":chat": {"N": str(job.chat)},
        ":offer": {"N": str(job.offer)},
        ":outbox": {"S": dump_outbox(commit.outbox)},
        ":now": {"N": str(int(now.timestamp()))},
        ":sweep": {"S": sweep_of(record.id)},
    }
    sets = [
        "#version = :after",
        "#job = :job",
        "#chat = :chat",
        "#offer = :offer",
        "#outbox = :outbox",
        "#pending = :now",
        "#sweep = :sweep",
    ]
    removes: list[str] = []
    if record.version == 0:
        condition = "attribute_not_exists(#version)"
        _begin_log(sets, names, values, line)
    else:
        condition = f"#version = :before AND {_unchanged_holder(record, values)}"
        values[":before"] = {"N": str(record.version)}
        _append_line(sets, names, values, line)
        removes += _replace_stepped(commit, sets, names, values)
    before = record.state
    if job.state in (State.WITHDRAWN, State.DONE):
        sets += ["#taken = :closed", "#expires = :expires"]
        names["#expires"] = "expires_at"
        values[":closed"] = {"S": CLOSED.model_dump_json()}
        values[":expires"] = {"N": str(int((now + KEPT).timestamp()))}
    elif before is not None and before.offer != job.offer:
        removes += ["#taken", "#expires"]
        names["#expires"] = "expires_at"
    elif record.version == 0:
        del names["#taken"]
    update = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")
    return {
        "TableName": table,
        "Key": _key(record.branch, record.id),
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
    }


def clear_request(table: str, record: Record[Job], *, all_stepped: bool) -> Request:
    """Empties the outbox and drops the lines that are in the journal now.

    With `all_stepped` the job leaves the sweeper's index too, provided that no press has been
    written meanwhile: the log then holds exactly the lines that are dropped here.
    """
    names = {"#outbox": "outbox", "#version": "version", "#log": "log"}
    values: dict[str, Any] = {":version": {"N": str(record.version)}}
    removes = ["#outbox"]
    for n, line in enumerate(record.lines):
        names[f"#l{n}"] = line.id
        removes += [f"#log.#l{n}", f"#order.#l{n}"]
    if record.lines:
        names["#order"] = "order"
        values[":first"] = {"N": str(record.lines[0].seq)}
    condition = "#version = :version"
    if record.lines:
        # Nobody has cleared them before us: a press that came again since may bear a line's name.
        condition += " AND #order.#l0 = :first"
    if all_stepped:
        removes.append("#pending")
        names["#pending"] = "pending"
        values[":lines"] = {"N": str(len(record.lines))}
        condition += " AND size(#log) = :lines"
    elif not record.lines:
        del names["#log"]
    return {
        "TableName": table,
        "Key": _key(record.branch, record.id),
        "UpdateExpression": f"REMOVE {', '.join(removes)}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


class Jobs:
    """The jobs of all branches; a branch's jobs are reached only through its name."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def press(self, branch: str, press: Press) -> Written | NotWritten:
        try:
            new = self._database.update(press_request(self._table, branch, press))
        except ConditionFailed as failed:
            return _why_not(failed.item, press)
        if press.action == "claim" and "taken" not in new:
            # DynamoDB tells every attribute that the update names; moto only those that changed.
            stands = self._database.get(self._get(branch, press.job)) or {}
            return Written(int(new["seq"]["N"]) - 1, _holder(stands))
        return Written(int(new["seq"]["N"]) - 1, _holder(new))

    def load(self, branch: str, job: str) -> Record[Job]:
        item = self._database.get(self._get(branch, job))
        return Record(branch, job) if item is None else _record(item)

    def commit(self, record: Record[Job], commit: Commit[Job]) -> Record[Job]:
        """The record as committed. Raises Conflict when it is no longer as it was loaded."""
        try:
            return _record(self._database.update(commit_request(self._table, record, commit)))
        except ConditionFailed:
            raise Conflict(record.id) from None

    def clear(self, record: Record[Job]) -> bool:
        """Whether everything is settled; False when presses have arrived meanwhile.

        Raises Conflict when somebody has committed since: what he left is his to clear.
        """
        try:
            self._database.update(clear_request(self._table, record, all_stepped=True))
        except ConditionFailed:
            return self._clear_outbox(record)
        return True

    def _clear_outbox(self, record: Record[Job]) -> bool:
        try:
            self._database.update(clear_request(self._table, record, all_stepped=False))
        except ConditionFailed:
            raise Conflict(record.id) from None
        return False

    def standing(self, branch: str, job: str) -> tuple[Job, Holder | None] | None:
        """The job and its holder, for whoever only reads."""
        item = self._database.get(self._get(branch, job))
        return None if item is None else (Job.model_validate_json(item["job"]["S"]), _holder(item))

    def of_branch(self, branch: str) -> Iterator[tuple[Job, Holder | None]]:
        """Every job of a branch, by job id."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :branch",
            "ExpressionAttributeValues": {":branch": {"S": branch}},
        }
        for item in self._database.query(request):
            yield Job.model_validate_json(item["job"]["S"]), _holder(item)

    def pending_since(self, before: datetime) -> Iterator[Left]:
        """The jobs in whose items something has waited since before that moment."""
        return left_since(self._database, self._table, before)

    def _get(self, branch: str, job: str) -> Request:
        return {"TableName": self._table, "Key": _key(branch, job), "ConsistentRead": True}


def _key(branch: str, job: str) -> Item:
    return {"pk": {"S": branch}, "sk": {"S": job}}


def _holder(item: Item) -> Holder | None:
    taken = item.get("taken")
    return None if taken is None else Holder.model_validate_json(taken["S"])


def _why_not(item: Item | None, press: Press) -> NotWritten:
    if item is None:
        return NotWritten()
    return NotWritten(
        chat=int(item["chat"]["N"]),
        offer=int(item["offer"]["N"]),
        repeated=press.id in item["log"]["M"],
        holder=_holder(item),
    )


def _record(item: Item) -> Record[Job]:
    order = {line: int(number["N"]) for line, number in item["order"]["M"].items()}
    waiting: list[Waiting] = []
    lines: list[Entry] = []
    for line, text in item["log"]["M"].items():
        said = json.loads(text["S"])
        if said.get("kind") == "press":
            waiting.append(Waiting(Press.model_validate(said), order[line]))
        else:
            lines.append(Entry.model_validate(said | {"seq": order[line]}))
    waiting.sort(key=lambda one: one.seq)
    return Record(
        branch=item["pk"]["S"],
        id=item["sk"]["S"],
        version=int(item["version"]["N"]),
        state=Job.model_validate_json(item["job"]["S"]),
        outbox=load_outbox(item["outbox"]["S"]) if "outbox" in item else Outbox(),
        waiting=tuple(waiting),
        lines=tuple(sorted(lines, key=lambda line: line.seq)),
        seen={"taken": item["taken"]["S"]} if "taken" in item else {},
        unsettled="pending" in item,
    )


def _unchanged_holder(record: Record[Job], values: dict[str, Any]) -> str:
    if "taken" not in record.seen:
        return "attribute_not_exists(#taken)"
    values[":seen"] = {"S": record.seen["taken"]}
    return "#taken = :seen"


def _begin_log(
    sets: list[str], names: dict[str, str], values: dict[str, Any], line: Entry | None
) -> None:
    """A new item starts with the line that made it; maps must exist before they are added to."""
    names |= {"#log": "log", "#order": "order", "#seq": "seq"}
    sets += ["#log = :log", "#order = :order", "#seq = :seq"]
    log = {line.id: {"S": line.model_dump_json(exclude={"seq"})}} if line else {}
    values[":log"] = {"M": log}
    values[":order"] = {"M": {line.id: {"N": "0"}} if line else {}}
    values[":seq"] = {"N": "1" if line else "0"}


def _append_line(
    sets: list[str], names: dict[str, str], values: dict[str, Any], line: Entry | None
) -> None:
    if line is None:
        return
    names |= {"#log": "log", "#order": "order", "#seq": "seq", "#line": line.id}
    sets += ["#log.#line = :line", "#order.#line = #seq", "#seq = #seq + :one"]
    values[":line"] = {"S": line.model_dump_json(exclude={"seq"})}
    values[":one"] = {"N": "1"}


def _replace_stepped(
    commit: Commit[Job], sets: list[str], names: dict[str, str], values: dict[str, Any]
) -> list[str]:
    """A stepped press becomes its line under the same number; one without a line is removed."""
    if commit.stepped:
        names["#log"] = "log"
    lines = {line.id: line for line in commit.lines}
    removes = []
    for n, one in enumerate(commit.stepped):
        names[f"#w{n}"] = one.press.id
        line = lines.get(one.press.id)
        if line is None:
            names["#order"] = "order"
            removes += [f"#log.#w{n}", f"#order.#w{n}"]
        else:
            sets.append(f"#log.#w{n} = :w{n}")
            values[f":w{n}"] = {"S": line.model_dump_json(exclude={"seq"})}
    return removes
