"""What Switchboard asks of a CRM. Each adapter's client provides this; nobody else knows its API.

Errors that every method may raise: Postponed (down, slow, over its rate: try again), Refused (it
will never accept this), Misconfigured (credentials or ids are wrong).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from switchboard.domain.deal import Contact, Deal


class Assignment(NamedTuple):
    """Who does the job: the fields for his name and login, and the CRM user that he is, if any."""

    worker_name: str
    worker_login: str
    responsible: str | None


class PhoneMatch(NamedTuple):
    """What the CRM knows under a phone: how many contacts, and the deal that is meant, if any."""

    contacts: int
    deal: str | None = None


class Change(NamedTuple):
    """A deal changed. `at`: when, by the CRM's clock, in seconds since 1970."""

    deal: str
    at: int | None = None


class Crm(Protocol):
    """One branch's CRM."""

    def deal(self, deal_id: str) -> Deal | None:
        """The deal as it stands now, or None when the CRM no longer has it."""

    def contact(self, deal_id: str) -> Contact | None:
        """The deal's client; fields are empty where the card has none. None: no such deal."""

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        """Writes who does the job. Idempotent: the same values written twice change nothing."""

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        """Adds a note once per key.

        `again` says that an earlier attempt may have reached the CRM: the adapter then uses the
        CRM's own key or reads back before it writes.
        """

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
        """Adds a task once per key, in the same way."""

    def changed_since(self, moment: datetime) -> Iterable[Change]:
        """The deals that changed at or after the moment, for those that no webhook told.

        In the order of their changes and without an end of its own: who takes no more of them goes
        on another time from the last one's `at`. Where `at` is None there is no order, and only the
        whole of them says anything.
        """

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        """The newest deal in one of the stages of whoever has this phone.

        `phone` is in E.164; cards are found whatever their spelling. Several contacts with one
        phone are one person who was entered twice: the newest deal of all of them is meant.
        """

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        """Writes results into the deal's fields. Idempotent.

        Keys are those of the playbook's `results` (`average`, `variant`, `answers`, `review`,
        `bonus`) and `score_<question>`; a key without a field is left out.
        """

    def set_balance(self, phone: str, balance: int) -> None:
        """Writes how many bonuses a client has into every card of his. Idempotent.

        His are the cards whose phone to write to is this one; `phone` is in E.164. Raises Refused
        when there is none.
        """

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        """Changes the price if it still is `before`; a price that is `amount` already stays.

        False: somebody has changed it meanwhile, and it was left alone.
        """
