"""The jobs' items in memory, under the same conditions as store/jobs.py, and where effects go.

`test_memory.py` holds the fake to the real store, so that thousands of random orders can be played
on it in the time that the database would need for a few.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from switchboard.domain.effects import Effect
from switchboard.domain.errors import Conflict
from switchboard.domain.events import Press
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import CLOSED, Holder, Job
from switchboard.flows.claim.table import State
from switchboard.store.jobs import NotWritten, Written
from switchboard.store.record import Commit, Outbox, Record, Waiting


@dataclass
class Item:
    job: Job
    version: int = 0
    taken: Holder | None = None
    seq: int = 0
    presses: dict[str, Waiting] = field(default_factory=dict)
    lines: dict[str, Entry] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    pending: bool = False


class JobsInMemory:
    """`between` is called once between the next load and its commit: whatever is done there races.

    Stores are given to one thread in tests, so a race is an order, and every order can be played.
    """

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.between: Callable[[], object] | None = None

    def press(self, branch: str, press: Press) -> Written | NotWritten:
        item = self.items.get((branch, press.job))
        if item is None:
            return NotWritten()
        repeated = press.id in item.presses or press.id in item.lines
        if item.job.chat != press.chat or item.job.offer != press.offer or repeated:
            return NotWritten(item.job.chat, item.job.offer, repeated, item.taken)
        item.presses[press.id] = Waiting(press, item.seq)
        item.seq += 1
        item.pending = True
        if press.action == "claim" and item.taken is None:
            item.taken = Holder(press=press.id, worker=press.worker)
        return Written(item.seq - 1, item.taken)

    def load(self, branch: str, job: str) -> Record[Job]:
        item = self.items.get((branch, job))
        record: Record[Job] = Record(branch, job) if item is None else _record(branch, item)
        if self.between is not None:
            others, self.between = self.between, None
            others()
        return record

    def commit(self, record: Record[Job], commit: Commit[Job]) -> Record[Job]:
        key = (record.branch, record.id)
        item = self.items.get(key)
        if record.version == 0:
            if item is not None:
                raise Conflict(record.id)
            item = self.items[key] = Item(commit.state)
        elif item is None or item.version != record.version or _seen(item) != record.seen:
            raise Conflict(record.id)
        for one in commit.stepped:
            del item.presses[one.press.id]
        item.lines |= {line.id: line for line in commit.lines}
        if commit.line is not None:
            item.lines[commit.line.id] = commit.line.model_copy(update={"seq": item.seq})
            item.seq += 1
        if commit.state.state in (State.WITHDRAWN, State.DONE):
            item.taken = CLOSED
        elif item.job.offer != commit.state.offer:
            item.taken = None
        item.job, item.version, item.outbox = commit.state, record.version + 1, commit.outbox
        item.pending = True
        return _record(record.branch, item)

    def clear(self, record: Record[Job]) -> bool:
        item = self.items[(record.branch, record.id)]
        if item.version != record.version:
            raise Conflict(record.id)
        if record.lines and item.lines.get(record.lines[0].id) != record.lines[0]:
            raise Conflict(record.id)
        item.outbox = Outbox()
        for line in record.lines:
            item.lines.pop(line.id, None)
        if item.presses or item.lines:
            return False
        item.pending = False
        return True

    def standing(self, branch: str, job: str) -> tuple[Job, Holder | None] | None:
        item = self.items.get((branch, job))
        return None if item is None else (item.job, item.taken)


def _record(branch: str, item: Item) -> Record[Job]:
    return Record(
        branch=branch,
        id=item.job.id,
        version=item.version,
        state=item.job,
        outbox=item.outbox,
        waiting=tuple(sorted(item.presses.values(), key=lambda one: one.seq)),
        lines=tuple(sorted(item.lines.values(), key=lambda line: line.seq)),
        seen=_seen(item),
        unsettled=item.pending,
    )


def _seen(item: Item) -> dict[str, str]:
    return {} if item.taken is None else {"taken": item.taken.model_dump_json()}


class Outside:
    """Where a commit's effects and lines go: every hand-over is kept, in order."""

    def __init__(self) -> None:
        self.handed: list[Effect] = []
        self.journal: dict[int, Entry] = {}

    def effects(self, branch: str, outbox: Outbox) -> None:
        del branch
        self.handed += outbox.effects

    def lines(self, branch: str, subject: str, lines: Sequence[Entry]) -> None:
        del branch, subject
        self.journal |= {line.seq: line for line in lines}

    @property
    def lines_in_order(self) -> list[Entry]:
        return [self.journal[seq] for seq in sorted(self.journal)]
