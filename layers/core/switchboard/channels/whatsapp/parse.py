"""What WhatsApp tells us, as much of it as Switchboard acts upon (Cloud API, webhook `messages`).

One webhook may hold a thousand updates. Each is read by itself, so that one of a shape that we do
not know keeps back no other. Small models of our own, since the door must start fast.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from switchboard.domain.events import ClientSaid, MessageFailed
from switchboard.domain.identity import client_id

_ACCOUNT = "whatsapp_business_account"
_FIELD = "messages"
_FAILED = "failed"
_NO_CODE = 0
_PHONE = re.compile(r"[1-9][0-9]{4,14}\Z")
"""E.164 without the plus."""
_EFFECT = re.compile(r"[!-~]{1,88}\Z")
"""An effect's id. It becomes part of a message group's name, which has at most 128 characters; what
other programs of the same number write into their callback data is none."""
_SECONDS = re.compile(r"[0-9]{1,11}\Z")
_NAME = re.compile(r"[a-z_]{1,40}\Z")
_LONGEST = 4096
"""Characters of `text.body`; a caption has fewer."""


class _Part(BaseModel):
    # All validators are built in one go, with the first webhook.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class _Webhook(_Part):
    object: str
    entry: tuple[Any, ...]


class _Entry(_Part):
    changes: tuple[Any, ...]


class _Change(_Part):
    field: str
    value: Any = None


class _Number(_Part):
    phone_number_id: str


class _Value(_Part):
    metadata: _Number
    messages: tuple[Any, ...] | None = None
    statuses: tuple[Any, ...] | None = None


class _Text(_Part):
    body: str = ""


class _Button(_Part):
    """Of a template."""

    text: str = ""


class _Choice(_Part):
    title: str = ""


class _Interactive(_Part):
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None


class _Media(_Part):
    caption: str = ""


_Wamid = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class _Message(_Part):
    """`sender` is a number, and missing where he shows his user name alone."""

    id: _Wamid
    type: str = ""
    timestamp: str = ""
    sender: str = Field("", alias="from")
    group_id: str | None = None
    text: _Text | None = None
    button: _Button | None = None
    interactive: _Interactive | None = None
    image: _Media | None = None
    video: _Media | None = None
    document: _Media | None = None

    @property
    def words(self) -> str:
        if self.text is not None:
            return self.text.body
        if self.button is not None:
            return self.button.text
        if self.interactive is not None:
            chosen = self.interactive.button_reply or self.interactive.list_reply
            return chosen.title if chosen else ""
        media = self.image or self.video or self.document
        return media.caption if media else ""


class _Error(_Part):
    code: Annotated[int, Field(ge=0, lt=2**31, strict=True)]


class _Status(_Part):
    id: _Wamid
    status: str
    biz_opaque_callback_data: str = ""
    errors: tuple[Any, ...] = ()


class Told(NamedTuple):
    """An event, and the name by which a repeated webhook is known."""

    once: str
    event: ClientSaid | MessageFailed


class Ignored(NamedTuple):
    """What nothing follows from, and why: `message.sticker`, `status.delivered`."""

    why: str


class Malformed(ValueError):
    """No webhook of WhatsApp's. The reason holds nothing of its content."""


def parse(body: bytes, branch: str, phone_id: str, now: datetime) -> tuple[Told | Ignored, ...]:
    """All that a webhook tells, in its order. Raises Malformed for what WhatsApp would never send.

    `phone_id` is the branch's own number: others of the same account come to the same address.
    """
    try:
        webhook = _webhook(body)
    except (ValueError, RecursionError):
        raise Malformed("not a webhook") from None
    if webhook.object != _ACCOUNT:
        raise Malformed("not of WhatsApp")
    return tuple(_told(webhook, branch, phone_id, now))


def _webhook(body: bytes) -> _Webhook:
    """Raises ValueError and RecursionError.

    Half of an emoji, which JSON lets through and UTF-8 does not, is replaced: one client's message
    must not keep back those of all others.
    """
    try:
        return _Webhook.model_validate_json(body)
    except ValidationError:
        mended = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        return _Webhook.model_validate_json(mended)


def _told(webhook: _Webhook, branch: str, phone_id: str, now: datetime) -> Iterator[Told | Ignored]:
    for value in _values(webhook):
        if isinstance(value, Ignored):
            yield value
        elif value.metadata.phone_number_id != phone_id:
            yield Ignored("number.other")
        else:
            yield from (_said(one, branch, now) for one in value.messages or ())
            yield from (_became(one, branch) for one in value.statuses or ())


def _values(webhook: _Webhook) -> Iterator[_Value | Ignored]:
    for said in webhook.entry:
        entry = _read(_Entry, said)
        if entry is None:
            yield Ignored("entry.unknown")
        else:
            yield from map(_value, entry.changes)


def _value(said: Any) -> _Value | Ignored:
    change = _read(_Change, said)
    if change is None:
        return Ignored("field.unknown")
    if change.field != _FIELD:
        return Ignored(_named("field", change.field))
    return _read(_Value, change.value) or Ignored("field.unknown")


def _said(said: Any, branch: str, now: datetime) -> Told | Ignored:
    message = _read(_Message, said)
    if message is None:
        return Ignored("message.unknown")
    if message.group_id is not None:
        return Ignored("message.in_group")
    if _PHONE.match(message.sender) is None:
        return Ignored("message.no_phone")
    if not message.words.strip():
        return Ignored(_named("message", message.type))
    event = ClientSaid(
        id=_known_by(message.id),
        client=client_id(branch, f"+{message.sender}"),
        text=message.words[:_LONGEST],
        reply=message.button is not None,
        at=_written_at(message.timestamp, now.astimezone(UTC)),
    )
    return Told(f"{branch}.whatsapp.{event.id}", event)


def _written_at(timestamp: str, now: datetime) -> datetime:
    """When he wrote: a webhook may come days later. Seconds of the Unix time, as text."""
    if _SECONDS.match(timestamp) is None:
        return now
    written = datetime.fromtimestamp(int(timestamp), UTC)
    return min(written, now)


def _became(said: Any, branch: str) -> Told | Ignored:
    status = _read(_Status, said)
    if status is None:
        return Ignored("status.unknown")
    if status.status != _FAILED:
        return Ignored(_named("status", status.status))
    effect = status.biz_opaque_callback_data
    if _EFFECT.match(effect) is None:
        return Ignored("status.not_ours")
    error = _read(_Error, status.errors[0]) if status.errors else None
    message = _known_by(status.id)
    code = error.code if error else _NO_CODE
    event = MessageFailed(id=message[:16], channel="whatsapp", effect=effect, code=code)
    return Told(f"{branch}.whatsapp.{message}.{_FAILED}", event)


def _known_by(wamid: str) -> str:
    """A name for a message. WhatsApp's own is the other one's phone, in base64 behind `wamid.`, and
    no phone stands in our queues and logs."""
    return hashlib.sha256(wamid.encode()).hexdigest()[:32]


P = TypeVar("P", bound=_Part)


def _read(kind: type[P], said: Any) -> P | None:
    try:
        return kind.model_validate(said)
    except ValidationError:
        return None


def _named(kind: str, name: str) -> str:
    return f"{kind}.{name}" if _NAME.match(name) else f"{kind}.unknown"
