"""Telegram's updates, as much of them as Switchboard acts upon (Bot API, `Update`).

The door must start fast, so these are small models of our own: importing python-telegram-bot adds
about 300 ms to a cold start.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from switchboard.domain.events import (
    ChatMigrated,
    ClientAnswered,
    ClientSaid,
    ContactShared,
    Press,
    Started,
)
from switchboard.domain.identity import Worker, read_deep_link_token

_BUTTON = re.compile(
    r"(?P<action>claim|contact):(?P<job>[a-z0-9]{1,20}-[A-Za-z0-9]{1,20}):(?P<offer>[0-9]{1,6})\Z"
)
"""The job's length is bounded, since it becomes a key: the database refuses one over 1 KB."""
_SCORE = re.compile(
    r"s:(?P<survey>[a-z0-9]{1,20}-[A-Za-z0-9]{1,20}):(?P<run>[0-9]{1,4})"
    r":(?P<question>[0-9]{1,2}):(?P<value>[0-9]{1,2})\Z"
)
_START = re.compile(r"/start(?:@[A-Za-z0-9_]{1,32})?(?:\s+(?P<token>[A-Za-z0-9_-]{1,64}))?\s*\Z")

_ID_LIMIT = 2**52
"""Telegram's ids have at most 52 significant bits (Bot API, `User.id`)."""
_Id = Annotated[int, Field(gt=-_ID_LIMIT, lt=_ID_LIMIT, strict=True)]
"""A chat's: groups are below zero."""
_OwnId = Annotated[int, Field(gt=0, lt=_ID_LIMIT, strict=True)]
"""A person's, or an update's."""
_LONGEST = 4096
"""Characters of a message's text (Bot API, `Message.text`)."""
_Name = Annotated[str, StringConstraints(max_length=256)]


class _Part(BaseModel):
    # All validators are built in one go, with the first update.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class _User(_Part):
    id: _OwnId
    first_name: _Name
    last_name: _Name = ""
    username: Annotated[str, StringConstraints(max_length=64)] | None = None


class _Chat(_Part):
    id: _Id
    type: str


class _Contact(_Part):
    phone_number: Annotated[str, StringConstraints(max_length=32)]
    user_id: _OwnId | None = None


class _Message(_Part):
    chat: _Chat
    contact: _Contact | None = None
    sender: _User | None = Field(None, alias="from")
    text: str = ""
    caption: str = ""
    forward_origin: dict[str, object] | None = None
    migrate_to_chat_id: _Id | None = None


class _ButtonMessage(_Part):
    chat: _Chat


class _CallbackQuery(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    sender: _User = Field(alias="from")
    message: _ButtonMessage | None = None
    data: str = ""


class _Update(_Part):
    update_id: _OwnId
    callback_query: _CallbackQuery | None = None
    message: _Message | None = None


HANDLED = tuple(name for name in _Update.model_fields if name != "update_id")
"""The kinds of update that can come to anything: what to ask Telegram for."""


class _Kinds(BaseModel):
    """Whatever else the update holds, to name its kind when we do not handle it."""

    model_config = ConfigDict(extra="allow", defer_build=True)
    update_id: _OwnId


class Ignored(NamedTuple):
    """An update that nothing follows from, and why. `answer_id`: a press that waits for a word."""

    why: str
    answer_id: str = ""


Says = Press | ClientAnswered | Started | ClientSaid | ContactShared | ChatMigrated | Ignored


class Update(NamedTuple):
    """One update: its number, by which Telegram's repeats are known, and what it says."""

    id: int
    says: Says


class Malformed(ValueError):
    """Not an update at all. The reason holds nothing of its content."""


def parse(body: bytes, branch: str, link_keys: Sequence[str], now: datetime) -> Update:
    """Reads an update. Raises Malformed for what Telegram would never send.

    An update whose kind or details we do not know is Ignored and not Malformed: a refusal would
    make Telegram repeat it for a day, and hold back all that comes after it in the same chat.
    """
    try:
        update = _Update.model_validate_json(body)
    except ValidationError:
        return _not_understood(body)
    if update.callback_query is not None:
        return Update(update.update_id, _pressed(update.callback_query, now))
    if update.message is not None:
        return Update(update.update_id, _said(update, branch, link_keys, now))
    return _not_understood(body)


def _pressed(query: _CallbackQuery, now: datetime) -> Press | ClientAnswered | Ignored:
    if query.message is None:
        return Ignored("unknown button", query.id)
    score = _SCORE.match(query.data)
    if score is not None:
        return ClientAnswered(
            id=query.id,
            survey=score["survey"],
            run=int(score["run"]),
            question=int(score["question"]),
            value=int(score["value"]),
            chat=query.message.chat.id,
            at=now.astimezone(UTC),
        )
    found = _BUTTON.match(query.data)
    if found is None:
        return Ignored("unknown button", query.id)
    return Press(
        id=query.id,
        action="claim" if found["action"] == "claim" else "contact",
        job=found["job"],
        offer=int(found["offer"]),
        chat=query.message.chat.id,
        worker=_worker(query.sender),
        at=now.astimezone(UTC),
    )


def _said(
    update: _Update, branch: str, link_keys: Sequence[str], now: datetime
) -> Started | ClientSaid | ContactShared | ChatMigrated | Ignored:
    message = update.message
    if message is None:
        return Ignored("empty")
    if message.migrate_to_chat_id is not None:
        return ChatMigrated(old=message.chat.id, new=message.migrate_to_chat_id)
    if message.chat.type != "private" or message.sender is None:
        return Ignored("talk in a group")
    if message.contact is not None:
        return _shared(update.update_id, message, message.contact, message.sender, now)
    found = _START.match(message.text)
    if found is None:
        text = message.text or message.caption
        return _wrote(update.update_id, message.chat.id, text, now)
    token = found["token"] or ""
    link = read_deep_link_token(token, link_keys, branch, message.sender.id)
    return Started(
        id=str(update.update_id),
        worker=_worker(message.sender),
        link=link,
        link_refused=bool(token) and link is None,
        at=now.astimezone(UTC),
    )


def _shared(
    update: int, message: _Message, contact: _Contact, sender: _User, now: datetime
) -> ContactShared:
    """Another's card names another user, or none. One that was sent on may hold an old number."""
    own = contact.user_id == sender.id and message.forward_origin is None
    return ContactShared(
        id=str(update),
        worker=_worker(sender),
        # Nobody has agreed that we learn another's.
        phone=contact.phone_number if own else "",
        own=own,
        at=now.astimezone(UTC),
    )


def _wrote(update: int, chat: int, text: str, now: datetime) -> ClientSaid | Ignored:
    """A picture may have no words, a voice has none, and a command is not meant for a person."""
    if not text.strip() or text.startswith("/"):
        return Ignored("private talk")
    return ClientSaid(id=str(update), chat=chat, text=text[:_LONGEST], at=now.astimezone(UTC))


def _worker(user: _User) -> Worker:
    return Worker(
        id=user.id, first_name=user.first_name, last_name=user.last_name, login=user.username
    )


def _not_understood(body: bytes) -> Update:
    try:
        kinds = _Kinds.model_validate_json(body)
    except ValidationError:
        raise Malformed("not an update") from None
    known = [name for name in kinds.model_extra or {} if re.fullmatch(r"[a-z_]{1,40}", name)]
    return Update(kinds.update_id, Ignored(f"kind {' '.join(sorted(known)[:3]) or 'none'}"))
