"""One stored subject of a flow: its state, what waits to be stepped, and its outbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from switchboard.domain.effects import Effect
from switchboard.domain.effects import effects as effects_json
from switchboard.domain.events import Press
from switchboard.domain.journal import Entry

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Outbox:
    """What a commit decided and what has not been handed over yet.

    One commit may step the presses of many: `traces` tells, by effect id, whose effects are not of
    the trace that settled them.
    """

    effects: tuple[Effect, ...] = ()
    trace: str = ""
    playbook: int = 0
    traces: Mapping[str, str] = field(default_factory=dict)

    def trace_of(self, effect: Effect) -> str:
        """The trace of the webhook or the timer that the effect follows from."""
        return self.traces.get(effect.id, self.trace)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A press that a door wrote into the item, with the number that the item gave it."""

    press: Press
    seq: int


@dataclass(frozen=True, slots=True)
class Record(Generic[S]):
    """A subject as it was loaded. `version` 0 means that there is none yet.

    `lines` are journal lines that a commit has put down and that are not in the journal yet;
    `seen` is whatever the commit must find unchanged besides the version. `unsettled` records are
    what a sweeper looks for: they are to be cleared even when nothing else is left to do.
    """

    branch: str
    id: str
    version: int = 0
    state: S | None = None
    outbox: Outbox = Outbox()
    waiting: tuple[Waiting, ...] = ()
    lines: tuple[Entry, ...] = ()
    seen: Mapping[str, str] = field(default_factory=dict)
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Commit(Generic[S]):
    """What one conditional write makes true: the state, its outbox, and what it has used up.

    `lines` are what came of the presses that were stepped. They stay in the item until they are in
    the journal: what a commit that loses has made of a press must never be read there.
    """

    state: S
    outbox: Outbox
    now: datetime
    line: Entry | None = None
    stepped: tuple[Waiting, ...] = ()
    lines: tuple[Entry, ...] = ()


def dump_outbox(outbox: Outbox) -> str:
    effects = effects_json.dump_python(outbox.effects, mode="json")
    said = {"effects": effects, "trace": outbox.trace, "playbook": outbox.playbook}
    return json.dumps(said | ({"traces": dict(outbox.traces)} if outbox.traces else {}))


def load_outbox(text: str) -> Outbox:
    said = json.loads(text)
    effects = effects_json.validate_python(said["effects"])
    return Outbox(effects, said["trace"], said["playbook"], said.get("traces", {}))
