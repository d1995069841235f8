"""A line of the log, or of the journal, in plain words."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from cli.log_lines import Line, moment
from switchboard.domain.journal import Entry

_WORDS: Mapping[str, str] = {
    "press": "a worker pressed “{action}” on {job}: {outcome}",
    "update": "an update of Telegram: {outcome} {reason}",
    "webhook": "{provider} told of {deals} deal(s): {outcome}",
    "refused": "the door refused it: {reason} ({bytes} bytes)",
    "inbox unavailable": "the press is kept, but the inbox queue did not answer: {reason}",
    "due": "{kind} of {subject} has come due",
    "event": "{kind} of {subject}: {outcome}{after}",
    "effect": "{kind} ({effect}) to {provider}: {outcome}{after}",
    "postponed": "{kind} {effect} once more in {seconds} s: {reason}",
    "provider failed": "{provider} failed, once more in {seconds} s: {reason}",
    "dead letter": "given up: {reason}",
    "fault": "our own fault, {fault} at {place}",
    "swept": "the sweeper's round: {settled} to settle, {found} found at the CRM",
    "not reconciled": "the sweeper could not look through the CRM: {reason}",
}


class Told(NamedTuple):
    """One step of the story: when, where (a function, or the journal), and what."""

    at: datetime
    where: str
    what: str


def of_line(line: Line) -> Told | None:
    at = moment(line)
    if at is None:
        return None
    message = str(line.get("message", ""))
    known = defaultdict(str, {name: _plain(value) for name, value in line.items()})
    waited = line.get("waited_s")
    known["after"] = "" if waited is None else f", {waited} s after it was queued"
    what = _WORDS.get(message, message).format_map(known)
    return Told(at, str(line.get("service", "?")), " ".join(what.split()))


def of_entry(job: str, entry: Entry) -> Told:
    what = f"{job}, line {entry.seq + 1}: {entry.what} {entry.outcome}"
    return Told(entry.at.astimezone(), "journal", what)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
