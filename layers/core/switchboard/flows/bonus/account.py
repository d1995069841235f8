"""One client's bonuses in one branch: what he has, what a deal holds, what has become of the rest.

A bonus may be spent in parts. The part that a deal takes and the rest of it are then two entries
with one root; they are one again as soon as both are free.
"""

import hashlib
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from switchboard.domain.bonus import Place
from switchboard.domain.effects import Channel, Effect
from switchboard.domain.model import Value
from switchboard.flows.bonus.table import ENDED, OWNED, State

KEPT = timedelta(days=365)
"""How long what has ended is kept; that its source has earned is kept for ever."""

_WAYS = 5
"""How many deals are looked at for a client's phone."""


class Entry(Value):
    """A bonus, or a part of one, in whole points. `deal` has earned it, and `by` holds or spent it.

    `places` were asked to take it down, and `granted` are those that have confirmed. `expires_at`
    is the last second of its last day. `void`: it was spent before what it was for became void.
    """

    id: str
    source: str
    deal: str
    amount: int
    state: State
    earned_at: datetime
    expires_at: datetime
    channel: Channel
    chat: int | None = None
    places: tuple[Place, ...] = ()
    granted: tuple[Place, ...] = ()
    by: str = ""
    void: bool = False
    ended_at: datetime | None = None

    @property
    def root(self) -> str:
        """The id of the bonus that it is a part of: its own, unless it was split off."""
        return self.id.partition(".")[0]

    def but(self, **changes: object) -> "Entry":
        return self.model_copy(update=changes)


class Spending(Value):
    """A deal for which bonuses are or were held. `seen` is the CRM's time of its newest reading.

    `before` and `after` are its price without them and with them, where we have changed it; `left`
    is the price with them that was put back last.
    """

    deal: str
    seen: int = 0
    at: datetime
    before: Decimal | None = None
    after: Decimal | None = None
    left: Decimal | None = None


class News(Value):
    """What the client is to be told of some bonuses, and waits for the day to be told."""

    kind: Literal["granted", "redeemed", "expired"]
    key: str
    """Tells it from all other news of the account."""
    bonuses: tuple[str, ...]
    by: str = ""
    amount: int
    until: datetime
    channel: Channel
    chat: int | None = None


class Account(Value):
    """All that is kept of a client's bonuses.

    `deal` is one of his that the CRM has, through which his card and his phone are found. `turn`
    counts what was decided, so that what comes to pass a second time has another id. `sources` are
    the ids of all bonuses that were ever earned, or reversed before they were.
    """

    id: str
    deal: str = ""
    turn: int = 0
    entries: tuple[Entry, ...] = ()
    spendings: tuple[Spending, ...] = ()
    news: tuple[News, ...] = ()
    sources: tuple[str, ...] = ()

    def entry(self, bonus: str) -> Entry | None:
        return next((one for one in self.entries if one.id == bonus), None)

    def parts(self, root: str) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.root == root)

    def held_by(self, deal: str) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.state is State.HELD and one.by == deal)

    def spent_by(self, deal: str) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.state is State.REDEEMED and one.by == deal)

    def free_for(self, deal: str, now: datetime) -> tuple[Entry, ...]:
        """What this deal may take: none holds it, it is in time, and another deal earned it."""
        free = [one for one in self.entries if one.state is State.GRANTED and one.deal != deal]
        return tuple(one for one in free if one.expires_at >= now)

    def spending(self, deal: str) -> Spending | None:
        return next((one for one in self.spendings if one.deal == deal), None)

    def turned(self) -> "Account":
        """For something decided that may come to pass again."""
        return changed(self, turn=self.turn + 1)

    def with_entry(self, entry: Entry) -> "Account":
        """With this entry instead of the one of its id, or as a new one."""
        if self.entry(entry.id) is None:
            return changed(self, entries=(*self.entries, entry))
        entries = tuple(entry if one.id == entry.id else one for one in self.entries)
        return changed(self, entries=entries)

    def with_spending(self, spending: Spending) -> "Account":
        others = tuple(one for one in self.spendings if one.deal != spending.deal)
        return changed(self, spendings=(*others, spending))


Books = tuple[Account, tuple[Effect, ...]]
"""The account after a part of a step, and what follows from that part."""


def balance(account: Account, place: Place = "crm") -> int:
    """What a place has been told that the client has, with what is on its way there."""
    return sum(one.amount for one in account.entries if _stands(one, place))


def owned(account: Account) -> int:
    """What the client has: all that was granted and neither spent, expired nor reversed.

    A deal's hold does not lessen it, for until the deal is done the bonus is the client's.
    """
    return total(one for one in account.entries if one.state in OWNED)


def ways(account: Account) -> tuple[str, ...]:
    """The deals through which his card and his phone may be found, the newest known first."""
    known = [one for entry in account.entries for one in (entry.deal, entry.by)]
    known += [one.deal for one in sorted(account.spendings, key=lambda one: one.at)]
    found = dict.fromkeys(deal for deal in (account.deal, *reversed(known)) if deal)
    return tuple(found)[:_WAYS]


def total(entries: Iterable[Entry]) -> int:
    return sum(one.amount for one in entries)


def bonus_id(source: str) -> str:
    """The same source always gives the same bonus."""
    return "b-" + b32encode(hashlib.sha256(source.encode()).digest())[:12].decode().lower()


def hold(account: Account, entries: Iterable[Entry], deal: str, amount: int) -> Account:
    """The account with so many points of these entries held for the deal, the next to expire first.

    The last of them is split where the deal does not need all of it.
    """
    for entry in sorted(entries, key=lambda one: (one.expires_at, one.earned_at, one.id)):
        taken = min(entry.amount, amount)
        if not taken:
            break
        if taken < entry.amount:
            rest = {"id": f"{entry.root}.{account.turn}", "amount": entry.amount - taken}
            account = account.with_entry(entry.model_copy(update=rest))
        update = {"state": State.HELD, "by": deal, "amount": taken}
        account = account.with_entry(entry.model_copy(update=update))
        amount -= taken
    return account


def joined(account: Account) -> Account:
    """Free parts of one bonus are one again."""
    found = dict[str, Entry]()
    rest = set[str]()
    for entry in account.entries:
        first = found.get(entry.root)
        if entry.state is not State.GRANTED:
            continue
        if first is None:
            found[entry.root] = entry
            continue
        both = {"amount": first.amount + entry.amount}
        found[entry.root] = first.model_copy(update=both)
        rest.add(entry.id)
    if not rest:
        return account
    whole = {one.id: one for one in found.values()}
    kept = (whole.get(one.id, one) for one in account.entries if one.id not in rest)
    return changed(account, entries=tuple(kept))


def tidied(account: Account, now: datetime) -> Account:
    """Without the bonuses whose last part ended so long ago that nobody will ask for it.

    What a place has not confirmed stays: its confirmation must find what is to be taken back.
    """
    before = now - KEPT
    wanted = {
        one.root
        for one in account.entries
        if one.ended_at is None or one.ended_at > before or one.granted != one.places
    }
    entries = tuple(one for one in account.entries if one.root in wanted)
    used = {one.by for one in entries}
    spendings = tuple(one for one in account.spendings if one.deal in used or one.at > before)
    return changed(account, entries=entries, spendings=spendings)


def changed(account: Account, **changes: object) -> Account:
    return account.model_copy(update=changes)


def _stands(entry: Entry, place: Place) -> bool:
    """Whether the place was told of it and not yet that it is taken away.

    It is told that only once it has confirmed: what it never took down cannot be taken from it.
    """
    if place not in entry.places or entry.state is State.REDEEMED:
        return False
    return entry.state not in ENDED or place not in entry.granted
