"""A deal as its CRM tells it now, for every flow that wants to know of it."""

from functools import cached_property
from typing import NamedTuple

from switchboard.crm.phone import e164
from switchboard.crm.port import Crm
from switchboard.domain.deal import Deal
from switchboard.domain.identity import client_id
from switchboard.playbook.model import Playbook


class Person(NamedTuple):
    """A deal's client. His phone goes no further than this: `id` is what is kept of it."""

    id: str
    first_name: str


class Reading:
    """One look at a deal. `deal` is None where the CRM no longer has it."""

    def __init__(self, provider: str, deal_id: str, crm: Crm, playbook: Playbook) -> None:
        self.provider = provider
        self.deal_id = deal_id
        self.deal: Deal | None = crm.deal(deal_id)
        self._crm = crm
        self._playbook = playbook

    @cached_property
    def person(self) -> Person | None:
        """Whose the deal is; None where no phone is known. Costs calls, so who needs it asks."""
        contact = self._crm.contact(self.deal_id) if self.deal is not None else None
        phone = e164(contact.phone, self._playbook.language) if contact else None
        if contact is None or phone is None:
            return None
        return Person(client_id(self._playbook.branch, phone), contact.first_name)

    @property
    def client(self) -> str | None:
        return self.person.id if self.person else None

    def is_at(self, stages: tuple[str, ...]) -> bool:
        return self.deal is not None and self.deal.stage_id in stages
