"""A messenger and a CRM in memory, which fail when they are told to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from switchboard.channels.port import Moved
from switchboard.crm.port import Assignment, Change, PhoneMatch
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.effects import Parcel, Rows
from switchboard.domain.errors import Unreachable
from switchboard.domain.events import Envelope


class Trouble:
    """The next calls fail, in this order; `acted` ones do what they were asked to all the same."""

    def __init__(self) -> None:
        self._coming: list[tuple[Exception | None, bool]] = []

    def then(self, error: Exception | None, *, acted: bool = False) -> None:
        self._coming.append((error, acted))

    def next(self) -> tuple[Exception | None, bool]:
        return self._coming.pop(0) if self._coming else (None, False)


class InboxInMemory:
    """What was put into the inbox, in its order, and under which names."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.names: list[str] = []

    def put(self, envelope: Envelope, once: str) -> None:
        assert 1 <= len(once) <= 128
        self.envelopes.append(envelope)
        self.names.append(once)


class OutboundInMemory:
    """What was put before the sender, in its order."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    def put(self, parcels: list[Parcel], again: str = "") -> None:
        del again
        self.parcels += parcels


class MessengerInMemory:
    """Chats as lists of messages. `moved` groups raise Moved, `strangers` cannot be written to."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.chats: dict[int, dict[int, str]] = {}
        self.ours: set[tuple[int, int]] = set()
        self.moved: dict[int, int] = {}
        self.strangers: set[int] = set()
        self.calls: list[str] = []
        self.shown: dict[tuple[int, int], Rows] = {}
        """The buttons of what we have sent."""

    def talk(self, chat: int, text: str) -> int:
        """Somebody writes in a chat."""
        messages = self.chats.setdefault(chat, {})
        messages[len(messages) + 1] = text
        return len(messages)

    def send(self, chat: int, text: str, buttons: Rows) -> int:
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
            self.shown[chat, message] = buttons
        if error is not None:
            raise error
        return message

    def edit(self, chat: int, message: int, text: str, buttons: Rows) -> bool:
        self.calls.append("edit")
        error, _ = self.trouble.next()
        if error is not None:
            raise error
        if (chat, message) not in self.ours:
            return False
        # As Telegram does: saying what it says already is "not modified", which shows it is there.
        self.chats[chat][message] = text
        self.shown[chat, message] = buttons
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
        self.results: dict[str, str | int | float] = {}
        self.deals: dict[str, Deal] = {}
        self.clients: dict[str, Contact | None] = {}
        """Where they are not the same in all deals."""
        self.balance: int | None = None
        self.amount = Decimal(0)

    def deal(self, deal_id: str) -> Deal | None:
        self._called(f"deal {deal_id}")
        return self.deals.get(deal_id)

    def changed_since(self, moment: datetime) -> Iterable[Change]:
        raise NotImplementedError

    def contact(self, deal_id: str) -> Contact | None:
        self._called(f"contact {deal_id}")
        return self.clients.get(deal_id, self.client)

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

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        raise NotImplementedError

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        self._called(f"record {deal_id}")
        self.results |= results

    def set_balance(self, phone: str, balance: int) -> None:
        self._called(f"balance {phone}")
        self.balance = balance

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        self._called(f"amount {deal_id}")
        if self.amount not in (before, amount):
            return False
        self.amount = amount
        return True

    def _called(self, call: str) -> None:
        self.calls.append(call)
        error, _ = self.trouble.next()
        if error is not None:
            raise error
