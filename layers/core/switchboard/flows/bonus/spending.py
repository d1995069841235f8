"""A deal of the client's: it takes bonuses, spends them, or gives them back."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from switchboard.domain.deal import Deal
from switchboard.domain.effects import Effect
from switchboard.domain.events import DealForBonus
from switchboard.flows.bonus import effects as follow
from switchboard.flows.bonus.account import (
    Account,
    Books,
    Entry,
    Spending,
    changed,
    hold,
    joined,
    total,
)
from switchboard.flows.bonus.ending import settled
from switchboard.flows.bonus.table import OWNED, TABLE, Outcome, State, Trigger, first_said
from switchboard.flows.bonus.telling import news_of, tell
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Bonus, Playbook

Step = Decision[Account]


def deal_read(account: Account, event: DealForBonus, now: datetime, playbook: Playbook) -> Step:
    deal, rules = event.deal, playbook.reviewing.bonus
    known = account.spending(event.deal_id)
    if known and deal and deal.updated_at and deal.updated_at < known.seen:
        return Decision(account, Outcome.OUTDATED)
    if known and deal and deal.updated_at > known.seen:
        account = account.with_spending(known.model_copy(update={"seen": deal.updated_at}))
    if deal is None and account.deal == event.deal_id:
        account = changed(account, deal=_another_deal(account, event.deal_id))
    trigger = None if rules is None else _of_deal(deal, rules)
    match trigger:
        case Trigger.TAKEN if deal and rules:
            return _taken(account, deal, now, playbook, rules)
        case Trigger.DONE if _at_full_price(known, deal):
            return _given_back(account, event, Trigger.UNUSED, now, playbook)
        case Trigger.DONE:
            return _spent(account, event.deal_id, now, playbook)
        case Trigger.LOST | Trigger.UNFIT:
            return _given_back(account, event, trigger, now, playbook)
        case _:
            return Decision(account, Outcome.UNCHANGED)


def _of_deal(deal: Deal | None, rules: Bonus) -> Trigger | None:
    """What the deal means to the bonuses that it holds or might hold."""
    if deal is None or deal.stage == "lost" or deal.stage_id in rules.lost_stages:
        return Trigger.LOST
    # Of a deal in another pipeline nothing is known but that it is done there.
    if deal.stage_id in rules.spent_stages or (deal.stage == "done" and not deal.stage_id):
        return Trigger.DONE
    if rules.categories and deal.category not in rules.categories:
        return Trigger.UNFIT
    return Trigger.TAKEN if deal.stage_id in rules.stages else None


def _at_full_price(known: Spending | None, deal: Deal | None) -> bool:
    """Whether somebody has undone what we took off the price: the client did not get it."""
    if known is None or known.before is None or known.after is None or known.before == known.after:
        return False
    return deal is not None and deal.amount is not None and deal.amount >= known.before


def _another_deal(account: Account, gone: str) -> str:
    """A deal of the client's besides the one that is gone, the newest known; else that one."""
    of_his = [one.deal for one in account.spendings] + [one.deal for one in account.entries]
    return next((deal for deal in reversed(of_his) if deal != gone), gone)


def _taken(account: Account, deal: Deal, now: datetime, playbook: Playbook, rules: Bonus) -> Step:
    """The deal takes what it may: once where the price changes, else whenever that has changed."""
    mine, known = account.held_by(deal.id), account.spending(deal.id)
    by_price = rules.spend == "take_off"
    priced = by_price or (known is not None and known.after is not None)
    if account.spent_by(deal.id) or (mine and priced):
        return Decision(account, Outcome.UNCHANGED)
    price = deal.amount
    if known and known.left is not None and price == known.left and not mine:
        # It was given back, and the CRM has not put the price back yet.
        price = known.before
    free = (*mine, *account.free_for(deal.id, now))
    amount = min(total(free), _limit(price, rules, total(free)))
    if amount == total(mine):
        return Decision(account, Outcome.UNCHANGED)
    account = changed(account.turned(), deal=deal.id)
    before = price if by_price else None
    spending = Spending(
        deal=deal.id,
        seen=max(deal.updated_at, known.seen if known else 0),
        at=now,
        before=before,
        after=None if before is None else before - amount,
    )
    account = account.with_spending(spending)
    account = _held_anew(account, deal.id, mine, now, amount)
    account, late = settled(account, (one.root for one in mine), now, playbook)
    shown = (
        follow.taken_off(account, spending, playbook)
        if by_price
        else follow.shown(account, deal.id, playbook)
    )
    outcome = TABLE[State.GRANTED, Trigger.TAKEN].outcome
    return Decision(account, outcome, (*shown, *late))


def _held_anew(
    account: Account, deal: str, mine: tuple[Entry, ...], now: datetime, amount: int
) -> Account:
    """So much is held, in exchange for what the deal held till now, which may be late already."""
    for entry in mine:
        account = account.with_entry(entry.but(state=State.GRANTED, by=""))
    account = joined(account)
    roots = {one.root for one in mine}
    again = [one for one in account.entries if one.root in roots and one.state is State.GRANTED]
    fresh = [one for one in account.free_for(deal, now) if one.root not in roots]
    return hold(account, (*again, *fresh), deal, amount)


def _limit(price: Decimal | None, rules: Bonus, unknown: int) -> int:
    """The points that may be taken off a price. Without one there is nothing to take off, and what
    is shown is everything."""
    if price is None or price <= 0:
        return 0 if rules.spend == "take_off" else unknown
    return int(price * rules.percent_at_most / 100)


def _spent(account: Account, deal: str, now: datetime, playbook: Playbook) -> Step:
    mine, effects = account.held_by(deal), list[Effect]()
    if not mine:
        return Decision(account, Outcome.UNCHANGED)
    account = changed(account.turned(), deal=deal)
    for entry in mine:
        row = TABLE[entry.state, Trigger.DONE]
        over = entry.but(state=row.to, ended_at=now)
        account = account.with_entry(over)
        effects += follow.moved(account, over, "redeem", over.granted)
    news = news_of("redeemed", str(account.turn), mine)
    account, told = tell(account, news, now, playbook)
    return Decision(account, Outcome.REDEEMED, (*effects, *told))


def _given_back(
    account: Account, event: DealForBonus, trigger: Trigger, now: datetime, playbook: Playbook
) -> Step:
    """What the deal held or had spent is the client's again, as far as its time is not over."""
    deal = event.deal_id
    bound = (*account.held_by(deal), *account.spent_by(deal))
    rows = [TABLE[one.state, trigger] for one in bound]
    mine = [one for one, row in zip(bound, rows, strict=True) if row.to is State.GRANTED]
    if not mine:
        return Decision(account, Outcome.UNCHANGED)
    account, effects = account.turned(), list[Effect]()
    if event.deal is not None:
        account = changed(account, deal=deal)
    for entry in mine:
        free = entry.but(state=State.GRANTED, by="", ended_at=None)
        account = account.with_entry(free)
        if entry.state is State.REDEEMED:
            effects += follow.moved(account, free, "restore", free.granted)
    known = account.spending(deal)
    if known is not None:
        unused = trigger is Trigger.UNUSED
        whole = known.model_copy(update={"at": now, "after": known.before, "left": known.after})
        account = account.with_spending(whole)
        # What is gone cannot be written to.
        if event.deal is not None:
            effects += follow.put_back(account, known, whole, mine, playbook, unused=unused)
    account, late = settled(account, (one.root for one in mine), now, playbook)
    account, told = _told_of_return(account, deal, mine, now, playbook)
    return Decision(joined(account), first_said(rows), (*effects, *late, *told))


def _told_of_return(
    account: Account, deal: str, mine: Iterable[Entry], now: datetime, playbook: Playbook
) -> Books:
    """He was told that it was spent: he hears that he has it again. Or of neither, if he was not
    told yet."""
    waiting = tuple(one for one in account.news if one.by == deal)
    if waiting:
        news = tuple(one for one in account.news if one.by != deal)
        return changed(account, news=news), ()
    again = [one for one in mine if one.state is State.REDEEMED]
    again = [one for one in again if _has(account, one.id)]
    if not again:
        return account, ()
    news_of_it = news_of("granted", str(account.turn), again)
    return tell(account, news_of_it, now, playbook)


def _has(account: Account, bonus: str) -> bool:
    entry = account.entry(bonus)
    return entry is not None and entry.state in OWNED
