"""What the client is told of his bonuses, and when: by day, unless he is there himself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from switchboard.flows.bonus import effects as follow
from switchboard.flows.bonus.account import Account, Books, Entry, News, changed, total
from switchboard.flows.bonus.table import OWNED
from switchboard.flows.daytime import is_quiet, zone_of
from switchboard.playbook.model import Playbook


def tell(
    account: Account, news: News, now: datetime, playbook: Playbook, *, at_once: bool = False
) -> Books:
    """By day, so that nobody is woken up by his bonuses."""
    if at_once or not is_night(now, playbook):
        return account, (follow.told(account, news, playbook),)
    waiting = changed(account, news=(*account.news, news))
    return waiting, (follow.morning(account, now, playbook),)


def flushed(account: Account, playbook: Playbook) -> Books:
    """All that has waited is told, as far as it still is true."""
    true = [one for one in account.news if _still_true(account, one)]
    account = changed(account, news=())
    return account, tuple(follow.told(account, one, playbook) for one in true)


def news_of(
    kind: Literal["granted", "redeemed", "expired"], key: str, entries: Iterable[Entry]
) -> News:
    """Told where he was last: by the channel of the newest of these bonuses."""
    of = sorted(entries, key=lambda one: one.earned_at)
    return News(
        kind=kind,
        key=key,
        bonuses=tuple(one.root for one in of),
        by=of[0].by if kind == "redeemed" else "",
        amount=total(of),
        until=min(one.expires_at for one in of),
        channel=of[-1].channel,
        chat=of[-1].chat,
    )


def is_night(now: datetime, playbook: Playbook) -> bool:
    quiet = playbook.reviewing.survey.quiet_hours
    return is_quiet(now, quiet, zone_of("", playbook.timezone))


def _still_true(account: Account, news: News) -> bool:
    """What was granted in the evening may be reversed by the morning."""
    if news.kind != "granted":
        return True
    return any(one.state in OWNED for bonus in news.bonuses for one in account.parts(bonus))
