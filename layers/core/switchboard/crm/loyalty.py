"""What Switchboard asks of a loyalty system, 1C or another. Errors as in `crm/port.py`.

A movement for a phone that the system does not know is Refused: somebody has to make the card.
"""

from datetime import date
from typing import NamedTuple, Protocol


class BonusMovement(NamedTuple):
    """`points` are added when above 0 and taken away below. `key` names the movement for ever."""

    key: str
    phone: str
    """In E.164."""
    points: int
    comment: str
    until: date | None = None
    deal: str = ""


class Loyalty(Protocol):
    """One branch's loyalty system."""

    def move(self, movement: BonusMovement, *, again: bool) -> None:
        """Writes the movement down once per key.

        `again` says that an earlier attempt may have reached it: the adapter then uses the system's
        own key, or reads back before it writes.
        """

    def balance(self, phone: str) -> int | None:
        """The bonuses that may be spent now; None where it cannot tell or knows nobody."""
