"""Deals, contacts, notes and tasks as amoCRM would keep them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import now
from sandbox.numbers import Numbers
from sandbox.samples import SAMPLE_DEALS, SampleDeal, due_at
from sandbox.settings import SandboxSettings
from sandbox.wire import Json

# The user that API changes are made by.
API_USER = 8_000_000


@dataclass
class Contact:
    """A client's card, with the one phone that a manager wrote into it; `values` as a deal's."""

    id: int
    name: str
    phone: str | None
    values: dict[int, list[Json]] = field(default_factory=dict)
    created_at: int = field(default_factory=lambda: int(now()))
    updated_at: int = field(default_factory=lambda: int(now()))

    def touch(self) -> None:
        self.updated_at = int(now())


@dataclass
class Change:
    """One line of a deal's history. `by` is manager or api."""

    at: float
    by: str
    what: str


@dataclass
class Lead:
    """A deal. `values` maps a custom field's id to its list of `{value, enum_id?}`."""

    id: int
    name: str
    price: int
    status_id: int
    pipeline_id: int
    responsible_user_id: int
    contact_ids: list[int]
    values: dict[int, list[Json]] = field(default_factory=dict)
    created_at: int = field(default_factory=lambda: int(now()))
    updated_at: int = field(default_factory=lambda: int(now()))
    updated_by: int = 0
    history: list[Change] = field(default_factory=list)

    def touch(self, user_id: int) -> None:
        self.updated_at = int(now())
        self.updated_by = user_id

    def value(self, field_id: int) -> Any:
        """The first value of a custom field, or None."""
        values = self.values.get(field_id)
        return values[0]["value"] if values else None


@dataclass
class Note:
    id: int
    lead_id: int
    note_type: str
    params: Json
    created_by: int
    created_at: int = field(default_factory=lambda: int(now()))


@dataclass
class Task:
    id: int
    lead_id: int
    text: str
    responsible_user_id: int
    complete_till: int
    task_type_id: int = 1
    created_at: int = field(default_factory=lambda: int(now()))


class Records:
    """The account's data."""

    def __init__(self, settings: SandboxSettings, numbers: Numbers) -> None:
        self.settings = settings
        self._numbers = numbers
        self.leads: dict[int, Lead] = {}
        self.contacts: dict[int, Contact] = {}
        self.notes: dict[int, Note] = {}
        self.tasks: dict[int, Task] = {}
        for sample in SAMPLE_DEALS:
            self.add_sample(sample)

    def new_id(self, kind: str) -> int:
        return self._numbers.next(kind)

    def add_sample(self, sample: SampleDeal, status_id: int | None = None) -> Lead:
        """A deal with its contact, filled in as a manager would."""
        contact = Contact(self.new_id("contact"), sample.client, sample.phone)
        self.contacts[contact.id] = contact
        settings = self.settings
        lead = Lead(
            self.new_id("lead"),
            sample.name,
            sample.price,
            status_id or settings.stage("new").id,
            settings.pipeline_id,
            settings.crm_users[0].id,
            [contact.id],
        )
        due = due_at(sample, datetime.fromtimestamp(now(), UTC))
        for key, value in (
            ("conditions", sample.conditions),
            ("deadline", due),
            ("pay", sample.pay),
            ("address", sample.address),
            ("district", sample.district),
        ):
            lead.values[settings.field(key).id] = [{"value": value}]
        enums = {name: number for number, name in settings.field("skills").enums.items()}
        lead.values[settings.field("skills").id] = [
            {"value": skill, "enum_id": enums[skill]} for skill in sample.skills if skill in enums
        ]
        self.leads[lead.id] = lead
        return lead

    def leads_of(self, contact_id: int) -> list[Lead]:
        return [lead for lead in self.leads.values() if contact_id in lead.contact_ids]

    def notes_of(self, lead_id: int) -> list[Note]:
        return [note for note in self.notes.values() if note.lead_id == lead_id]

    def tasks_of(self, lead_id: int) -> list[Task]:
        return [task for task in self.tasks.values() if task.lead_id == lead_id]

    def user_name(self, user_id: int) -> str:
        users = self.settings.crm_users
        return next((user.name for user in users if user.id == user_id), str(user_id))
