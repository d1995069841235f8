"""What Switchboard asks of a messenger. The sender knows no more of Telegram than this.

Errors that every method may raise: Postponed (try again later; `doubt` when the message may have
gone out all the same), Refused, Misconfigured, Unreachable, and Moved.
"""

from typing import Protocol

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
