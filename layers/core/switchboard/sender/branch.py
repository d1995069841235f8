"""What the sender needs of a branch, and where it puts what it decides itself."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from switchboard.channels.port import Messenger, Phones
from switchboard.crm.loyalty import Loyalty
from switchboard.crm.phone import e164
from switchboard.crm.port import Crm
from switchboard.domain.effects import Parcel
from switchboard.domain.errors import Refused
from switchboard.domain.identity import client_id
from switchboard.playbook.model import Playbook


class Post(Protocol):
    """Where an effect goes that the sender itself decides."""

    def put(self, parcels: list[Parcel], again: str = "") -> None: ...


class Branch(NamedTuple):
    """Everything that the sender needs of one branch, as it is live now."""

    playbook: Playbook
    chat: Callable[[int], int]
    messenger: Callable[[], Messenger]
    crm: Callable[[], Crm]
    link_key: Callable[[], str]
    """Signs deep links; the door accepts them by the same webhook secrets."""
    pace: Callable[[int], float]
    """Takes a slot for a chat; more than 0 is how many seconds to wait instead."""
    slow_down: Callable[[int, float], None]
    moved: Callable[[int, int], None]
    phones: Callable[[Literal["whatsapp", "sms"]], Phones | None]
    loyalty: Callable[[], Loyalty | None]
    secret: Callable[[str], str]
    """What lies where a field of the playbook says."""


class Reached(NamedTuple):
    """How a client is reached by phone, and greeted; `phone` is in E.164."""

    phone: str
    first_name: str


class NotHis(Refused):
    """A deal is no way to a client: it is gone, or somebody else's, or has no phone."""


def client_of(name: str, client: str, deal: str, branch: Branch) -> Reached:
    """The client as he stands in the deal at this moment. Raises NotHis.

    A deal may get another client meanwhile: nobody gets what was meant for somebody else.
    """
    contact = branch.crm().contact(deal)
    phone = e164(contact.phone, branch.playbook.language) if contact else None
    if contact is None or phone is None:
        raise NotHis("the deal's client has no phone any more")
    if client_id(name, phone) != client:
        raise NotHis("the deal has another client, or he another phone, by now")
    return Reached(phone, contact.first_name)
