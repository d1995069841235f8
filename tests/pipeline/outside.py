"""A messenger and a CRM in memory, which fail when they are told to."""

from collections.abc import Iterable
from datetime import datetime

from switchboard.channels.port import Moved
from switchboard.crm.port import Assignment
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.effects import Rows
from switchboard.domain.errors import Unreachable


class Trouble:
    """The next calls fail, in this order; `acted` ones do what they were asked to all the same."""

    def __init__(self) -> None:
        self._coming: list[tuple[Exception | None, bool]] = []

    def then(self, error: Exception | None, *, acted: bool = False) -> None:
        self._coming.append((error, acted))

    def next(self) -> tuple[Exception | None, bool]:
        return self._coming.pop(0) if self._coming else (None, False)


class MessengerInMemory:
    """Chats as lists of messages. `moved` groups raise Moved, `strangers` cannot be written to."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.chats: dict[int, dict[int, str]] = {}
        self.ours: set[tuple[int, int]] = set()
        self.moved: dict[int, int] = {}
        self.strangers: set[int] = set()
        self.calls: list[str] = []

    def talk(self, chat: int, text: str) -> int:
        """Somebody writes in a chat."""
        messages = self.chats.setdefault(chat, {})
        messages[len(messages) + 1] = text
        return len(messages)

    def send(self, chat: int, text: str, buttons: Rows) -> int:
        del buttons
        self.calls.append("send")
        error, acted = self.trouble.next()
        if error is None and chat in self.moved:
            raise Moved(self.moved[chat])
        if error is None and chat in self.strangers:
            raise Unreachable("telegram: bot can't initiate conversation with a user")
        message = 0
        if error is None or acted:
            message = self.talk(chat, text)
            self.ours.add((chat, message))
        if error is not None:
            raise error
        return message

    def edit(self, chat: int, message: int, text: str, buttons: Rows) -> bool:
        del buttons
        self.calls.append("edit")
        error, _ = self.trouble.next()
        if error is not None:
            raise error
        if (chat, message) not in self.ours:
            return False
        # As Telegram does: saying what it says already is "not modified", which shows it is there.
        self.chats[chat][message] = text
        return True


class CrmInMemory:
    """One deal's client, and what was written; calls are kept in their order."""

    def __init__(self, client: Contact | None) -> None:
        self.client = client
        self.trouble = Trouble()
        self.calls: list[str] = []
        self.notes: list[tuple[str, bool]] = []
        self.tasks: list[tuple[str, bool]] = []
        self.assigned: list[Assignment] = []

    def deal(self, deal_id: str) -> Deal | None:
        raise NotImplementedError

    def changed_since(self, moment: datetime) -> Iterable[str]:
        raise NotImplementedError

    def contact(self, deal_id: str) -> Contact | None:
        self._called(f"contact {deal_id}")
        return self.client

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        self._called(f"assign {deal_id}")
        self.assigned.append(assignment)

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        del text
        self._called(f"note {deal_id}")
        self.notes.append((key, again))

    def add_task(
        self,
        deal_id: str,
        text: str,
        due: datetime,
        responsible: str | None,
        key: str,
        *,
        again: bool,
    ) -> None:
        del text, due, responsible
        self._called(f"task {deal_id}")
        self.tasks.append((key, again))

    def _called(self, call: str) -> None:
        self.calls.append(call)
        error, _ = self.trouble.next()
        if error is not None:
            raise error
