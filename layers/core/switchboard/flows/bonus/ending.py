"""How bonuses end that are not spent: their time is over, or they become void."""

from collections.abc import Iterable
from datetime import datetime

from switchboard.domain.bonus import Movement
from switchboard.domain.effects import Effect
from switchboard.flows.bonus import effects as follow
from switchboard.flows.bonus.account import Account, Books, Entry
from switchboard.flows.bonus.table import OWNED, TABLE, Outcome, Row, State, Trigger
from switchboard.flows.bonus.telling import news_of, tell
from switchboard.playbook.model import Playbook


def ended(account: Account, entry: Entry, row: Row, movement: Movement, now: datetime) -> Books:
    """For good. It is taken away where it was written down."""
    after = entry.but(state=row.to, by="", ended_at=now)
    account = account.with_entry(after)
    return account, follow.moved(account, after, movement, after.granted)


def time_over(account: Account, parts: Iterable[Entry], now: datetime, playbook: Playbook) -> Books:
    """These bonuses' time is over. The client is told once, of those that he had."""
    effects, lost = list[Effect](), list[Entry]()
    for entry in parts:
        row = TABLE[entry.state, Trigger.TIME]
        if row.outcome is Outcome.EXPIRED:
            account, moved = ended(account, entry, row, "expire", now)
            effects += moved
            lost += [entry] if entry.state in OWNED else []
    if lost:
        account = account.turned()
        news = news_of("expired", str(account.turn), lost)
        account, told = tell(account, news, now, playbook)
        effects += told
    return account, tuple(effects)


def settled(account: Account, bonuses: Iterable[str], now: datetime, playbook: Playbook) -> Books:
    """Of what a deal has given back: what became void or late meanwhile ends now."""
    roots, effects = set(bonuses), list[Effect]()
    free = [one for one in account.entries if one.root in roots and one.state is State.GRANTED]
    for entry in free:
        if entry.void:
            row = TABLE[entry.state, Trigger.VOID]
            account, moved = ended(account, entry, row, "reverse", now)
            effects += moved
    late = [one for one in free if not one.void and one.expires_at < now]
    account, told = time_over(account, late, now, playbook)
    return account, (*effects, *told)
