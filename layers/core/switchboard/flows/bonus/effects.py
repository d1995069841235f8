"""What follows from each step of an account: movements in CRM and 1C, the deal, the client."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from switchboard.domain.bonus import Movement, Place
from switchboard.domain.effects import (
    AddNote,
    Effect,
    MoveBonus,
    RecordDeal,
    Schedule,
    SetAmount,
    TellClient,
)
from switchboard.domain.events import BonusEarned, BonusExpires, BonusNews
from switchboard.flows.bonus.account import (
    Account,
    Entry,
    News,
    Spending,
    balance,
    owned,
    total,
)
from switchboard.flows.daytime import next_daytime, zone_of
from switchboard.playbook.model import Generic, Playbook
from switchboard.texts.dates import day
from switchboard.texts.render import Markup, render

_AGAIN: frozenset[Movement] = frozenset({"redeem", "restore"})
"""What one bonus may go through several times."""


def places(playbook: Playbook) -> tuple[Place, ...]:
    """Where the client's bonuses are written down besides here."""
    found = list[Place]()
    if not isinstance(playbook.crm, Generic) and playbook.crm.results.balance is not None:
        found.append("crm")
    if playbook.loyalty is not None:
        found.append("loyalty")
    return tuple(found)


def expires_at(event: BonusEarned, playbook: Playbook) -> datetime:
    """The last second of the bonus's last day, which is the branch's: he is told that day."""
    zone = zone_of("", playbook.timezone)
    last = (event.at + timedelta(days=event.lifetime_days)).astimezone(zone).date()
    return datetime.combine(last, time(23, 59, 59), zone).astimezone(UTC)


def moved(
    account: Account, entry: Entry, movement: Movement, at: Iterable[Place]
) -> tuple[Effect, ...]:
    """The movement in each of these places. `account` is as it is after the movement."""
    turn = f".{account.turn}" if movement in _AGAIN else ""
    return tuple(
        MoveBonus(
            id=_id(account, f"{entry.id}:{movement}{turn}:{place}"),
            client=account.id,
            deal=account.deal,
            place=place,
            movement=movement,
            bonus=entry.id,
            amount=entry.amount,
            balance=balance(account, place),
            expires_at=entry.expires_at,
        )
        for place in at
    )


def expiry(account: Account, entry: Entry, playbook: Playbook, again: str = "") -> Schedule:
    """When the bonus expires. By day, for the client is told then."""
    at = _by_day(entry.expires_at + timedelta(seconds=1), playbook)
    event = BonusExpires(account=account.id, bonus=entry.root)
    return Schedule(id=_id(account, f"{entry.root}:expiry{again}"), at=at, event=event)


def morning(account: Account, now: datetime, playbook: Playbook) -> Schedule:
    """When the client may be told what has come to pass at night."""
    at = _by_day(now, playbook)
    event = BonusNews(account=account.id)
    return Schedule(id=_id(account, f"news.{at:%Y%m%d%H%M}"), at=at, event=event)


def told(account: Account, news: News, playbook: Playbook) -> TellClient:
    """The message to the client, with what he has now."""
    values: dict[str, str | int] = {
        "company": playbook.reviewing.company,
        "bonus": news.amount,
        "balance": owned(account),
        "until": _day(news.until, playbook),
    }
    return TellClient(
        id=_id(account, f"told.{news.kind}.{news.key}"),
        client=account.id,
        deal=account.deal,
        channel=news.channel,
        chat=news.chat,
        timezone="" if news.kind == "expired" else None,
        about="bonus" if news.kind == "granted" else news.kind,
        text=_text(f"bonus.{news.kind}", playbook, values),
        sms=str(_text(f"bonus.{news.kind}_sms", playbook, values)),
        values={name: str(value) for name, value in values.items()},
    )


def shown(account: Account, deal: str, playbook: Playbook) -> tuple[Effect, ...]:
    """The manager sees what the deal holds, in its field and in its history."""
    held = account.held_by(deal)
    recorded = _recorded(account, deal)
    if not held:
        return (recorded,)
    text = str(_text("crm.bonus_shown", playbook, _of_deal(account, held, playbook)))
    return (recorded, AddNote(id=_on(account, deal, "note"), deal=deal, text=text))


def taken_off(account: Account, spending: Spending, playbook: Playbook) -> tuple[Effect, ...]:
    """The price without the bonuses that the deal holds, unless somebody changes it first."""
    if spending.before is None or spending.after is None:
        return ()
    values = _of_deal(account, account.held_by(spending.deal), playbook)
    priced = SetAmount(
        id=_on(account, spending.deal, "price"),
        deal=spending.deal,
        before=spending.before,
        amount=spending.after,
        note=str(_text("crm.bonus_taken_off", playbook, values)),
        note_if_changed=str(_text("crm.bonus_not_taken_off", playbook, values)),
    )
    return (_recorded(account, spending.deal), priced)


def put_back(
    account: Account,
    known: Spending,
    now: Spending,
    entries: Iterable[Entry],
    playbook: Playbook,
    *,
    unused: bool = False,
) -> tuple[Effect, ...]:
    """The deal holds less than it did, by these entries: its field and its history say so, and its
    price where it still is ours. `unused`: it is done, and they were never off its price."""
    said = "crm.bonus_not_taken_off" if unused else "crm.bonus_given_back"
    text = str(_text(said, playbook, _of_deal(account, entries, playbook)))
    note = AddNote(id=_on(account, known.deal, "note"), deal=known.deal, text=text)
    recorded = _recorded(account, known.deal)
    if known.after is None or now.after is None or known.after == now.after:
        return (recorded, note)
    priced = SetAmount(
        id=_on(account, known.deal, "price"),
        deal=known.deal,
        before=known.after,
        amount=now.after,
    )
    return (recorded, priced, note)


def _recorded(account: Account, deal: str) -> RecordDeal:
    held = total(account.held_by(deal))
    return RecordDeal(id=_on(account, deal, "bonus"), deal=deal, results={"bonus": held})


def _of_deal(
    account: Account, held: Iterable[Entry], playbook: Playbook
) -> Mapping[str, str | int]:
    entries = tuple(held)
    return {
        "company": playbook.reviewing.company,
        "bonus": total(entries),
        "balance": owned(account),
        "until": _day(min(one.expires_at for one in entries), playbook),
    }


def _by_day(at: datetime, playbook: Playbook) -> datetime:
    quiet = playbook.reviewing.survey.quiet_hours
    return next_daytime(at, quiet, zone_of("", playbook.timezone))


def _day(at: datetime, playbook: Playbook) -> str:
    return day(at, zone_of("", playbook.timezone).key, playbook.language)


def _text(key: str, playbook: Playbook, values: Mapping[str, str | int]) -> Markup:
    return render(key, playbook.language, values, playbook.texts)


def _on(account: Account, deal: str, name: str) -> str:
    return _id(account, f"{deal}:{name}.{account.turn}")


def _id(account: Account, name: str) -> str:
    return f"{account.id}:{name}"
