"""What was durably written in a run, in its order: the truth that answers are held to."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.simulation.database import Key, Tables
from tests.simulation.expressions import Item

FLOWS = ("jobs", "sessions", "surveys", "ledger")
"""The tables whose items have an outbox."""


class Standing(NamedTuple):
    """Who could take a job from a moment on. `holder` is the Holder as JSON, None for nobody."""

    at: float
    offer: int
    chat: int
    state: str
    holder: dict[str, Any] | None


class State(NamedTuple):
    """What a subject was from a moment on, as JSON."""

    at: float
    json: str


class Decided(NamedTuple):
    """An effect as JSON, and when the process that committed it thought that it was."""

    at: float
    effect: dict[str, Any]


@dataclass
class Told:
    """One job's history."""

    standings: list[Standing] = field(default_factory=list)
    presses: dict[int, str] = field(default_factory=dict)
    """The press that each number was given to."""

    def during(self, begin: float, end: float) -> list[Standing | None]:
        """Everything that was true between two moments; None for "no such job"."""
        before = [one for one in self.standings if one.at <= begin]
        within = [one for one in self.standings if begin < one.at <= end]
        return [before[-1] if before else None, *within]


class History:
    def __init__(self, tables: Tables, now: Callable[[], float]) -> None:
        self._now = now
        self.jobs: defaultdict[str, Told] = defaultdict(Told)
        self.effects: dict[str, dict[str, Any]] = {}
        """Every effect that a commit decided, by its id, in the order of the commits."""
        self.decided: defaultdict[tuple[str, str], list[Decided]] = defaultdict(list)
        """The same by the table and id of their subjects, as often as they were decided."""
        self.rewritten: list[str] = []
        self.states: defaultdict[tuple[str, str], list[State]] = defaultdict(list)
        """What each survey, account and chat was, by its table and id, in its order."""
        self.done: dict[str, float] = {}
        """When each effect was noted to be done."""
        tables.on_write.append(self._written)

    def _written(self, table: str, key: Key, before: Item | None, after: Item | None) -> None:
        if after is None:
            return
        if table == "deliveries" and after.get("status") == {"S": "done"}:
            self.done.setdefault(key[0].partition("#")[2], self._now())
        if table in FLOWS:
            self._outbox(table, key[1], before, after)
        if (
            table in ("surveys", "ledger", "sessions")
            and (before or {}).get("state") != after["state"]
        ):
            self.states[table, key[1]].append(State(self._now(), after["state"]["S"]))
        if table == "jobs":
            self._job(key[1], before, after)
        if table == "journal" and before is not None and before["line"] != after["line"]:
            said = f"{before['line']['S']} became {after['line']['S']}"
            self.rewritten.append(f"{key[0]} {key[1]}: {said}")

    def _outbox(self, table: str, subject: str, before: Item | None, after: Item) -> None:
        if "outbox" not in after or (before or {}).get("outbox") == after["outbox"]:
            return
        for effect in json.loads(after["outbox"]["S"])["effects"]:
            self.effects.setdefault(effect["id"], effect)
            by_its_clock = int(after["pending"]["N"])
            self.decided[table, subject].append(Decided(by_its_clock, effect))

    def _job(self, job: str, before: Item | None, after: Item) -> None:
        told = self.jobs[job]
        known = (before or {}).get("log", {"M": {}})["M"]
        for line, text in after["log"]["M"].items():
            if line not in known and '"kind":"press"' in text["S"]:
                told.presses[int(after["order"]["M"][line]["N"])] = line
        same = ("taken", "offer", "chat", "job")
        if before is not None and all(before.get(name) == after.get(name) for name in same):
            return
        holder = json.loads(after["taken"]["S"]) if "taken" in after else None
        state = json.loads(after["job"]["S"])["state"]
        chat, offer = int(after["chat"]["N"]), int(after["offer"]["N"])
        told.standings.append(Standing(self._now(), offer, chat, state, holder))
