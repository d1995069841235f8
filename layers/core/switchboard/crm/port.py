"""What Switchboard asks of a CRM. Each adapter's client provides this; nobody else knows its API.

Errors that every method may raise: Postponed (down, slow, over its rate: try again), Refused (it
will never accept this), Misconfigured (credentials or ids are wrong).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from switchboard.domain.deal import Contact, Deal


class Assignment(NamedTuple):
    """Who does the job: the fields for his name and login, and the CRM user that he is, if any."""

    worker_name: str
    worker_login: str
    responsible: str | None


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

    def changed_since(self, moment: datetime) -> Iterable[str]:
        """Ids of the deals that changed at or after the moment, for those that no webhook told."""
