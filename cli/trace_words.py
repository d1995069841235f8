"""A line of the log, or of the journal, in plain words."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from cli.log_lines import Line, moment
from switchboard.domain.journal import Entry

_WORDS: Mapping[str, str] = {
    "press": "a worker pressed “{action}” on {job}: {outcome}",
    "link press": "the button behind the review link of {survey} was pressed by a {verdict}:"
    " {outcome} {reason}",
    "visit": "the review link of {survey} was opened by a {verdict}: {outcome} {reason}",
    "survey page": "the page of {survey} was {outcome}",
    "update": "an update of Telegram: {outcome} {reason}",
    "webhook": "{provider} told of {deals} deal(s): {outcome}",
    "whatsapp webhook": "WhatsApp told of {messages} message(s) and {failures} failure(s):"
    " {outcome}",
    "verified": "Meta asked whether the address is the branch's, and it is",
    "refused": "the door refused it: {reason} ({bytes} bytes)",
    "inbox unavailable": "the press is kept, but the inbox queue did not answer: {reason}",
    "due": "{kind} of {subject} has come due",
    "links unavailable": "the answers are kept, but the link's item could not be written: {reason}",
    "event": "{kind} of {subject}: {outcome}{after}",
    "effect": "{kind} ({effect}) to {provider}: {outcome}{after}",
    "postponed": "{kind} {effect} once more in {seconds} s: {reason}",
    "provider failed": "{provider} failed, once more in {seconds} s: {reason}",
    "dead letter": "given up: {reason}",
    "fault": "our own fault, {fault} at {place}",
    "swept": "the sweeper's round: {settled} to settle, {found} found at the CRM",
    "not reconciled": "the sweeper could not look through the CRM: {reason}",
}


_KINDS: Mapping[str, str] = {
    "survey_due": "the moment to ask the client",
    "survey_ready": "what decides whether the client is asked",
    "survey_wait": "the client's silence",
    "survey_filled": "the filled page",
    "client_answered": "a client's button",
    "client_said": "a client's words",
    "message_failed": "a message that was not delivered",
    "contact_shared": "a client's number",
    "sale_closed": "a sale in the loyalty system",
    "deal_seen": "the deal as it was read",
    "link_pressed": "the press of a review link",
    "link_visited": "the opening of a review link",
    "bonus_earned": "an earned bonus",
    "bonus_moved": "a bonus that was written down",
    "bonus_expires": "the end of a bonus",
    "bonus_reversed": "a bonus taken back",
    "bonus_news": "the news of bonuses",
    "deal_for_bonus": "a deal that bonuses may be spent on",
    "tell_client": "a message to the client",
    "record_deal": "results for the deal",
    "set_amount": "a new price of the deal",
    "move_bonus": "a movement of a bonus",
    "void_link": "the end of a link's promise",
}
"""Events and effects whose own names say too little; the others stand as they are."""


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
    if message == "press" and "verdict" in line:
        message = "link press"
    if message == "webhook" and line.get("provider") == "whatsapp":
        message = "whatsapp webhook"
    known = defaultdict(str, {name: _plain(value) for name, value in line.items()})
    known["kind"] = _KINDS.get(known["kind"], known["kind"])
    waited = line.get("waited_s")
    known["after"] = "" if waited is None else f", {waited} s after it was queued"
    what = _WORDS.get(message, message).format_map(known)
    return Told(at, str(line.get("service", "?")), " ".join(what.split()))


def of_entry(job: str, entry: Entry) -> Told:
    what = f"{job}, line {entry.seq + 1}: {entry.what} {entry.outcome}"
    return Told(entry.at.astimezone(), "journal", what)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
