"""What the workers' lines say of the message that they are about."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from switchboard.domain.effects import EditMessage, Parcel, SendContact, SendMessage
from switchboard.domain.events import DealTouched, Envelope

# The number by which a messenger knows a person: `worker-17`, `start.17.4711`.
_PERSON = re.compile(r"\b(worker-|start\.)\d+")


def of_event(envelope: Envelope) -> dict[str, str]:
    """For every line about the event."""
    said = {"trace": envelope.trace, "branch": envelope.branch}
    if isinstance(envelope.event, DealTouched):
        said["provider"] = envelope.event.provider
    return said


def event_named(envelope: Envelope) -> dict[str, str]:
    return {"kind": envelope.event.kind, "subject": without_persons(envelope.subject)}


def of_effect(parcel: Parcel, crm: str) -> dict[str, str]:
    """For every line about the effect. `crm` is the kind of the branch's CRM."""
    effect = parcel.effect
    to_chat = isinstance(effect, SendMessage | EditMessage | SendContact)
    return {
        "trace": parcel.trace,
        "branch": parcel.branch,
        "kind": effect.kind,
        "effect": without_persons(effect.id),
        "provider": "telegram" if to_chat else crm,
    }


def waited_until(now: datetime, record: Mapping[str, Any]) -> dict[str, float]:
    """Seconds since the message was put into its queue, where the queue tells."""
    sent = record["attributes"].get("SentTimestamp")
    if sent is None:
        return {}
    return {"waited_s": round(max(0.0, now.timestamp() - int(sent) / 1000), 3)}


def without_persons(name: str) -> str:
    """The id of a subject or an effect as it may stand in the log."""
    return _PERSON.sub(r"\1…", name)
