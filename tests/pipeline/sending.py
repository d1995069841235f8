"""A sender of a branch with reviews: its tables, and all that it reaches, in memory."""

from datetime import timedelta
from decimal import Decimal

from switchboard.channels.port import PhoneMessage, Phones
from switchboard.crm.loyalty import BonusMovement, Loyalty
from switchboard.domain.deal import Contact
from switchboard.domain.effects import Outbound, Parcel
from switchboard.sender.bonuses import Bonuses, Standing
from switchboard.sender.branch import Branch
from switchboard.sender.branch import Post as Outward
from switchboard.sender.clients import ClientPost
from switchboard.sender.worker import Sender
from switchboard.store.database import Database
from switchboard.store.deliveries import Deliveries
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from tests.flows.survey_story import BRANCH, NOW
from tests.pipeline.outside import CrmInMemory, InboxInMemory, MessengerInMemory, Trouble
from tests.pipeline.reviews import playbook
from tests.store.conftest import Tables

CODE_KEY = "key-of-the-links"


class PhonesInMemory:
    """What went out, to whom, and whether it was said to be a second attempt."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.sent: list[tuple[str, PhoneMessage]] = []
        self.keys: list[tuple[str, bool]] = []

    def send(self, phone: str, message: PhoneMessage, key: str, *, again: bool) -> str:
        self.keys.append((key, again))
        error, acted = self.trouble.next()
        if error is None or acted:
            self.sent.append((phone, message))
        if error is not None:
            raise error
        return key


class LoyaltyInMemory:
    """Movements by their key: one that is told again as a second attempt is known."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.movements: dict[str, BonusMovement] = {}
        self.told: list[tuple[str, bool]] = []

    def move(self, movement: BonusMovement, *, again: bool) -> None:
        self.told.append((movement.key, again))
        assert again or movement.key not in self.movements, "moved twice"
        error, acted = self.trouble.next()
        if error is None or acted:
            self.movements[movement.key] = movement
        if error is not None:
            raise error

    def balance(self, phone: str) -> int | None:
        raise NotImplementedError


class Post:
    """`dying` is the database as the sender sees it, where that is to be another."""

    def __init__(self, database: Database, tables: Tables, dying: Database | None = None) -> None:
        seen = dying or database
        self.deliveries = Deliveries(seen, tables("deliveries"))
        self.jobs = Jobs(seen, tables("jobs"))
        names = tables("links")
        self.links = Links(database, names)
        self._links = Links(seen, names)
        # What is live, and what the effects were decided by.
        self.playbook = self.published = playbook()
        self.messenger = MessengerInMemory()
        self.crm = CrmInMemory(Contact(name="Анна", phone="8 900 000-00-11", first_name="Анна"))
        self.crm.amount = Decimal(1000)
        self.whatsapp, self.sms = PhonesInMemory(), PhonesInMemory()
        self.phones: dict[str, Phones] = {"whatsapp": self.whatsapp, "sms": self.sms}
        self.loyalty = LoyaltyInMemory()
        self.has_loyalty = True
        self.balance: int | None = 300
        self.known_deals: tuple[str, ...] = ()
        self.queue: Outward = self
        self.queued: list[Parcel] = []
        self.inbox = InboxInMemory()
        self.now = NOW
        self.slowed: list[tuple[int, float]] = []

    def put(self, parcels: list[Parcel], again: str = "") -> None:
        """Into the sender's own queue."""
        del again
        self.queued += parcels

    def deliver(self, effect: Outbound, owner: str = "receipt-1", *, later: int = 0) -> str:
        self.now += timedelta(seconds=later)
        sender = Sender(
            self.deliveries,
            self.jobs,
            lambda _: self._branch(),
            lambda _, __: self.published,
            ClientPost(
                self._links,
                self.deliveries,
                lambda _, __: self.published,
                self.queue,
                lambda: self.now,
            ),
            Bonuses(lambda _, __: self._standing(), self.inbox, self.queue, lambda: self.now),
            self.queue,
            lambda: self.now,
        )
        return sender.deliver(
            Parcel(branch=BRANCH, trace="trace", playbook=1, effect=effect), owner
        )

    def deliver_queued(self) -> list[str]:
        """What the sender has put into its own queue, until nothing is left in it."""
        outcomes = []
        while self.queued:
            outcomes.append(self.deliver(self.queued.pop(0).effect, "receipt-of-the-next"))
        return outcomes

    def _standing(self) -> Standing | None:
        return None if self.balance is None else Standing(self.balance, self.known_deals)

    def _branch(self) -> Branch:
        def loyalty() -> Loyalty | None:
            return self.loyalty if self.has_loyalty else None

        return Branch(
            playbook=self.playbook,
            chat=lambda chat: chat,
            messenger=lambda: self.messenger,
            crm=lambda: self.crm,
            link_key=lambda: "",
            pace=lambda _: 0.0,
            slow_down=lambda chat, seconds: self.slowed.append((chat, seconds)),
            moved=lambda *_: None,
            phones=lambda channel: self.phones.get(channel),
            loyalty=loyalty,
            secret=lambda _: CODE_KEY,
        )
