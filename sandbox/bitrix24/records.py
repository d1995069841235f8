"""Deals, contacts, timeline comments and activities as the portal would keep them."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.bitrix24.samples import CONTACTS, DEALS, SampleContact, SampleDeal
from sandbox.clock import now
from sandbox.numbers import Numbers
from sandbox.settings_tyres import TyresSettings

DEAL, CONTACT = 2, 3
"""entityTypeId (b24restdocs, crm/data-types.md)."""


@dataclass
class Change:
    """One line of a card's history. `by` is manager or api."""

    at: float
    by: str
    what: str


@dataclass
class Phone:
    """One value of the multifield PHONE."""

    id: int
    value: str
    value_type: str = "WORK"


@dataclass(kw_only=True)
class Card:
    """What deals and contacts have in common. `values` maps a custom field's code to its value."""

    id: int
    assigned_by: int
    created_by: int
    updated_by: int
    values: dict[str, Any] = field(default_factory=dict)
    comments: str = ""
    source_id: str = ""
    opened: bool = True
    observers: list[int] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    created_at: float = field(default_factory=now)
    updated_at: float = field(default_factory=now)
    history: list[Change] = field(default_factory=list)


@dataclass(kw_only=True)
class Contact(Card):
    name: str
    last_name: str
    second_name: str = ""
    phones: list[Phone] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.last_name}".strip()


@dataclass(kw_only=True)
class Deal(Card):
    """`moved_at` is the time of the last change of stage."""

    title: str
    category_id: int
    stage_id: str
    opportunity: float
    contact_ids: list[int] = field(default_factory=list)
    previous_stage_id: str = ""
    moved_by: int = 0
    moved_at: float = field(default_factory=now)


@dataclass
class Comment:
    """A comment in the timeline. `entity_type` is deal or contact."""

    id: int
    entity_type: str
    entity_id: int
    text: str
    author_id: int
    created_at: float = field(default_factory=now)


@dataclass
class Activity:
    """A universal activity (todo): what managers call a task in the card. `deadline` is Unix."""

    id: int
    owner_type_id: int
    owner_id: int
    title: str
    description: str
    deadline: float
    responsible_id: int
    author_id: int
    completed: bool = False
    created_at: float = field(default_factory=now)


class Portal:
    """The account's data. Ids are unique and never repeat after a reset.

    `hidden` cards may not be read or changed by the webhook's owner.
    """

    def __init__(self, settings: TyresSettings, numbers: Numbers) -> None:
        self.settings = settings
        self._numbers = numbers
        self.deals: dict[int, Deal] = {}
        self.contacts: dict[int, Contact] = {}
        self.comments: dict[int, Comment] = {}
        self.activities: dict[int, Activity] = {}
        self.hidden: set[int] = set()
        cards = {one.key: self.add_contact(one) for one in CONTACTS}
        for sample in DEALS:
            contact = cards[sample.contact] if sample.contact else None
            self.add_deal(sample, [contact.id] if contact else [])

    @property
    def manager_id(self) -> int:
        """Whoever takes the calls: deals are his from the start."""
        return self.settings.users[1].id

    def new_id(self) -> int:
        return self._numbers.next("bitrix24")

    def add_contact(self, sample: SampleContact) -> Contact:
        who = self.manager_id
        contact = Contact(
            id=self.new_id(),
            name=sample.name,
            last_name=sample.last_name,
            phones=[Phone(self.new_id(), value) for value in sample.phones],
            assigned_by=who,
            created_by=who,
            updated_by=who,
        )
        self.contacts[contact.id] = contact
        return contact

    def add_deal(self, sample: SampleDeal, contact_ids: list[int]) -> Deal:
        """A deal as a clerk fills it in. Raises KeyError for an unknown stage or service."""
        who = self.manager_id
        deal = Deal(
            id=self.new_id(),
            title=sample.title,
            category_id=self.settings.stage(sample.stage).category,
            stage_id=sample.stage,
            opportunity=float(sample.amount),
            contact_ids=contact_ids,
            assigned_by=who,
            created_by=who,
            updated_by=who,
            moved_by=who,
        )
        service = self.settings.deal_field("category")
        if sample.service is not None:
            deal.values[service.code] = {text: number for number, text in service.items}[
                sample.service
            ]
        if sample.time_zone is not None:
            deal.values[self.settings.deal_field("time_zone").code] = sample.time_zone
        self.deals[deal.id] = deal
        return deal

    def card(self, entity_type_id: int, number: int) -> Deal | Contact | None:
        if entity_type_id == DEAL:
            return self.deals.get(number)
        return self.contacts.get(number)

    def forget_deal(self, deal: Deal) -> None:
        """The deal goes, and with it what stands in its timeline."""
        self.deals.pop(deal.id)
        self.comments = {
            key: one
            for key, one in self.comments.items()
            if (one.entity_type, one.entity_id) != ("deal", deal.id)
        }
        self.activities = {
            key: one
            for key, one in self.activities.items()
            if (one.owner_type_id, one.owner_id) != (DEAL, deal.id)
        }

    def comments_of(self, entity_type: str, number: int) -> list[Comment]:
        return [
            one
            for one in self.comments.values()
            if (one.entity_type, one.entity_id) == (entity_type, number)
        ]

    def activities_of(self, owner_type_id: int, number: int) -> list[Activity]:
        return [
            one
            for one in self.activities.values()
            if (one.owner_type_id, one.owner_id) == (owner_type_id, number)
        ]
