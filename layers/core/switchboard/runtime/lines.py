"""What the workers' lines say of the message that they are about."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from switchboard.domain.effects import (
    AnswerClient,
    EditMessage,
    MoveBonus,
    Outbound,
    Parcel,
    PassOn,
    SendContact,
    SendMessage,
    TellClient,
    VoidLink,
)
from switchboard.domain.events import DealTouched, Envelope, MessageFailed

# The number by which a messenger knows a person: `worker-17`, `start.17.4711`.
_PERSON = re.compile(r"\b(worker-|start\.)\d+")


def of_event(envelope: Envelope) -> dict[str, str]:
    """For every line about the event."""
    said = {"trace": envelope.trace, "branch": envelope.branch}
    if isinstance(envelope.event, DealTouched):
        said["provider"] = envelope.event.provider
    return said


def event_named(envelope: Envelope) -> dict[str, str]:
    said = {"kind": envelope.event.kind, "subject": without_persons(envelope.subject)}
    if isinstance(envelope.event, MessageFailed):
        said["code"] = str(envelope.event.code)
    return said


def of_effect(parcel: Parcel, crm: str) -> dict[str, str]:
    """For every line about the effect. `crm` is the kind of the branch's CRM."""
    return {
        "trace": parcel.trace,
        "branch": parcel.branch,
        "kind": parcel.effect.kind,
        "effect": without_persons(parcel.effect.id),
        "provider": _provider(parcel.effect, crm),
    }


def _provider(effect: Outbound, crm: str) -> str:
    match effect:
        case SendMessage() | EditMessage() | SendContact():
            return "telegram"
        case TellClient() | PassOn():
            return effect.channel
        case AnswerClient():
            return "whatsapp"
        case VoidLink():
            return "links"
        case MoveBonus(place="loyalty"):
            return "loyalty"
        case _:
            return crm


def waited_until(now: datetime, record: Mapping[str, Any]) -> dict[str, float]:
    """Seconds since the message was put into its queue, where the queue tells."""
    sent = record["attributes"].get("SentTimestamp")
    if sent is None:
        return {}
    return {"waited_s": round(max(0.0, now.timestamp() - int(sent) / 1000), 3)}


def without_persons(name: str) -> str:
    """The id of a subject or an effect as it may stand in the log."""
    return _PERSON.sub(r"\1…", name)
