"""What Switchboard asks of a messenger. The sender knows no more of Telegram than this.

Errors that every method may raise: Postponed (try again later; `doubt` when the message may have
gone out all the same), Refused, Misconfigured, Unreachable, and Moved.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from switchboard.domain.effects import Rows


class Moved(Exception):
    """The group has become a supergroup and answers to another id from now on."""

    def __init__(self, new: int) -> None:
        super().__init__("the chat has moved")
        self.new = new


class Messenger(Protocol):
    """One branch's bot."""

    def send(self, chat: int, text: str, buttons: Rows) -> int:
        """Sends a message and returns what the messenger calls it."""

    def edit(self, chat: int, message: int, text: str, buttons: Rows) -> bool:
        """Makes a message say this. False when the message is not there, or is not ours."""


class PhoneMessage(NamedTuple):
    """A message to a phone. `text` has the link in it already; templates are filled from `values`.

    `about` names the playbook's template. `link` is the whole address, `code` its last part, which
    a template's button takes. `free`: he has just written by this channel, so `text` goes as it is.
    """

    about: str
    text: str
    values: Mapping[str, str]
    link: str = ""
    code: str = ""
    free: bool = False


class Phones(Protocol):
    """A channel that reaches people by their phone: WhatsApp, SMS. Errors as of a Messenger.

    Unreachable: not at this phone, or not by this channel.
    """

    def send(self, phone: str, message: PhoneMessage, key: str, *, again: bool) -> str:
        """Sends the message and returns the provider's id of it.

        `phone` is in E.164. `key` is the effect's id, for providers that know a message again;
        `again` says that an earlier attempt may have gone out.
        """
