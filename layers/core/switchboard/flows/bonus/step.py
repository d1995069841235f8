"""One step of an account: (account, event, now, playbook) to what it is then and what follows.

A source earns one bonus, ever. The bonus is the client's as soon as every place has confirmed it,
and he is told then. A deal takes bonuses at one of `bonus.stages`, the next to expire first, and
from then on no other deal may have them; this is so in both modes:

- `take_off`: the price is lowered once, by what the deal holds at that moment.
- `show`: the deal says how much may be taken off. What the manager then does with the price nobody
  can know, so what a deal shows when it is done counts as spent.

A deal that is done spends what it holds, one that is lost or gone or becomes another kind of
service gives it back, and so does one that is done at the price from which nothing is taken off. A
bonus whose time ends while a deal holds it may still be spent by that deal, and expires when it is
given back. What is void is taken out of an open deal at once; what was spent before stays spent,
unless that deal is lost as well.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from switchboard.domain.bonus import Movement
from switchboard.domain.effects import Effect
from switchboard.domain.events import (
    AccountEvent,
    BonusEarned,
    BonusExpires,
    BonusMoved,
    BonusNews,
    BonusReversed,
    DealForBonus,
)
from switchboard.flows.bonus import effects as follow
from switchboard.flows.bonus.account import Account, Books, Entry, bonus_id, changed, tidied
from switchboard.flows.bonus.ending import ended, time_over
from switchboard.flows.bonus.spending import deal_read
from switchboard.flows.bonus.table import TABLE, Outcome, State, Trigger, first_said
from switchboard.flows.bonus.telling import flushed, is_night, news_of, tell
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Playbook

_STILL_THERE = timedelta(minutes=30)
"""A client who has just earned a bonus is awake: within this time he is told at any hour."""

Step = Decision[Account]


def step(
    account: Account | None, event: AccountEvent, now: datetime, playbook: Playbook, version: int
) -> Step:
    """The next state of the account and what follows.

    An account outlives many versions of the playbook, so it is not bound to its `version`.
    """
    del version
    decision = _stepped(account, event, now, playbook)
    if decision.state is None or decision.state == account:
        return decision
    return replace(decision, state=tidied(decision.state, now))


def _stepped(
    account: Account | None, event: AccountEvent, now: datetime, playbook: Playbook
) -> Step:
    match event:
        case BonusEarned():
            return _earned(account or Account(id=event.account), event, now, playbook)
        case BonusReversed():
            return _reversed(account or Account(id=event.account), event, now, playbook)
        case _ if account is None:
            return Decision(None, Outcome.UNCHANGED)
        case BonusMoved():
            return _moved(account, event, now, playbook)
        case BonusExpires():
            return _expired(account, event, now, playbook)
        case BonusNews():
            return _day_has_come(account, now, playbook)
        case DealForBonus():
            return deal_read(account, event, now, playbook)


def _earned(account: Account, event: BonusEarned, now: datetime, playbook: Playbook) -> Step:
    bonus = bonus_id(event.source)
    if bonus in account.sources:
        return Decision(account, Outcome.REPEATED)
    row = TABLE[None, Trigger.EARNED]
    entry = Entry(
        id=bonus,
        source=event.source,
        deal=event.deal,
        amount=event.amount,
        state=row.to or State.EARNED,
        earned_at=event.at,
        expires_at=follow.expires_at(event, playbook),
        channel=event.channel,
        chat=event.chat,
        places=follow.places(playbook),
    )
    account = changed(account, deal=event.deal, sources=(*account.sources, bonus))
    account = account.with_entry(entry)
    effects = (
        *follow.moved(account, entry, "grant", entry.places),
        follow.expiry(account, entry, playbook),
    )
    if entry.places:
        return Decision(account, row.outcome, effects)
    account, told = _granted(account, entry, now, playbook)
    return Decision(account, Outcome.GRANTED, (*effects, *told))


def _moved(account: Account, event: BonusMoved, now: datetime, playbook: Playbook) -> Step:
    entry = account.entry(event.bonus)
    if entry is None or event.movement != "grant":
        return Decision(account, Outcome.UNCHANGED)
    if event.place in entry.granted or event.place not in entry.places:
        return Decision(account, Outcome.UNCHANGED)
    granted = tuple(one for one in entry.places if one in (*entry.granted, event.place))
    row = TABLE[entry.state, Trigger.PLACES if granted == entry.places else Trigger.PLACE]
    entry = entry.but(granted=granted)
    account = account.with_entry(entry)
    match row.outcome:
        case Outcome.GRANTED:
            account, told = _granted(account, entry, now, playbook)
            return Decision(account, row.outcome, told)
        case Outcome.TAKEN_BACK:
            movement: Movement = "expire" if entry.state is State.EXPIRED else "reverse"
            effects = follow.moved(account, entry, movement, (event.place,))
            return Decision(account, row.outcome, effects)
        case _:
            return Decision(account, row.outcome)


def _granted(account: Account, entry: Entry, now: datetime, playbook: Playbook) -> Books:
    """From now on the client has it, and is told so."""
    entry = entry.but(state=TABLE[entry.state, Trigger.PLACES].to)
    news = news_of("granted", entry.id, (entry,))
    at_once = now - entry.earned_at <= _STILL_THERE
    return tell(account.with_entry(entry), news, now, playbook, at_once=at_once)


def _expired(account: Account, event: BonusExpires, now: datetime, playbook: Playbook) -> Step:
    parts = account.parts(event.bonus)
    if not parts:
        return Decision(account, Outcome.UNCHANGED)
    if now <= parts[0].expires_at:
        later = follow.expiry(account, parts[0], playbook, again=f".{now:%Y%m%d%H%M%S}")
        return Decision(account, Outcome.EARLY, (later,))
    rows = [TABLE[one.state, Trigger.TIME] for one in parts]
    account, effects = time_over(account, parts, now, playbook)
    return Decision(account, first_said(rows), effects)


def _reversed(account: Account, event: BonusReversed, now: datetime, playbook: Playbook) -> Step:
    bonus = bonus_id(event.source)
    if bonus not in account.sources:
        # It came before the earning, which is yet on its way and must come to nothing.
        row = TABLE[None, Trigger.VOID]
        return Decision(changed(account, sources=(*account.sources, bonus)), row.outcome)
    parts, effects = account.parts(bonus), list[Effect]()
    rows = [TABLE[one.state, Trigger.VOID] for one in parts]
    for entry, row in zip(parts, rows, strict=True):
        if row.outcome is Outcome.SPENT_BEFORE:
            account = account.with_entry(entry.but(void=True))
        elif row.outcome is Outcome.REVERSED:
            account, moved = ended(account, entry, row, "reverse", now)
            effects += moved
            account, without = _taken_out(account, entry, playbook)
            effects += without
    return Decision(account, first_said(rows), tuple(effects))


def _taken_out(account: Account, entry: Entry, playbook: Playbook) -> Books:
    """The deal that held it, if one did, holds less now."""
    known = account.spending(entry.by)
    if known is None:
        return account, ()
    account = account.turned()
    after = None if known.after is None else known.after + entry.amount
    less = known.model_copy(update={"after": after})
    account = account.with_spending(less)
    return account, follow.put_back(account, known, less, (entry,), playbook)


def _day_has_come(account: Account, now: datetime, playbook: Playbook) -> Step:
    if not account.news:
        return Decision(account, Outcome.UNCHANGED)
    if is_night(now, playbook):
        # The timer came early, or the playbook's hours are others than when it was set.
        return Decision(account, Outcome.QUIET, (follow.morning(account, now, playbook),))
    account, told = flushed(account, playbook)
    return Decision(account, Outcome.TOLD, told)
