"""Movements of bonuses: into the client's card in the CRM, and into the loyalty system.

The flow hears of each when it is done, and hears it again when this process dies before it has
noted so: its event is put before the effect is finished.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from switchboard.crm.loyalty import BonusMovement
from switchboard.domain.bonus import ADDS
from switchboard.domain.effects import AddTask, MoveBonus, Parcel
from switchboard.domain.errors import Misconfigured, Refused, Unreachable
from switchboard.domain.events import BonusMoved, Envelope
from switchboard.playbook.model import Playbook
from switchboard.sender.branch import Branch, NotHis, Post, client_of
from switchboard.texts.render import render


class Inbox(Protocol):
    def put(self, envelope: Envelope, once: str) -> None: ...


_TASK_DUE = timedelta(days=1)


class Standing(NamedTuple):
    """A client's account at this moment: what he has, and the deals that may lead to him."""

    balance: int
    deals: tuple[str, ...] = ()


class Bonuses:
    """`standing` is asked by branch and client, and is None where there is no account of his."""

    def __init__(
        self,
        standing: Callable[[str, str], Standing | None],
        inbox: Inbox,
        outbound: Post,
        now: Callable[[], datetime],
    ) -> None:
        self._standing = standing
        self._inbox = inbox
        self._outbound = outbound
        self._now = now

    def move(self, parcel: Parcel, effect: MoveBonus, branch: Branch, *, again: bool) -> None:
        # As it is now: a movement that waited for long must not write an old balance.
        account = self._standing(parcel.branch, effect.client) or Standing(effect.balance)
        if effect.place == "crm":
            phone = _phone(parcel.branch, effect, account, branch)
            branch.crm().set_balance(phone, account.balance)
        else:
            self._in_loyalty(parcel, effect, account, branch, again=again)
        moved = BonusMoved(
            account=effect.client,
            bonus=effect.bonus,
            place=effect.place,
            movement=effect.movement,
        )
        envelope = Envelope(branch=parcel.branch, trace=parcel.trace, event=moved)
        self._inbox.put(envelope, once=f"{parcel.branch}.moved.{effect.id}")

    def _in_loyalty(
        self,
        parcel: Parcel,
        effect: MoveBonus,
        account: Standing,
        branch: Branch,
        *,
        again: bool,
    ) -> None:
        loyalty = branch.loyalty()
        if loyalty is None:
            raise Misconfigured("the playbook has no section `loyalty` any more")
        try:
            phone = _phone(parcel.branch, effect, account, branch)
        except NotHis:
            self._ask_a_person(parcel, effect, account, branch)
            raise
        zone = ZoneInfo(branch.playbook.timezone)
        movement = BonusMovement(
            key=effect.id,
            phone=phone,
            points=effect.amount if effect.movement in ADDS else -effect.amount,
            comment=_comment(effect, branch.playbook),
            until=effect.expires_at.astimezone(zone).date() if effect.expires_at else None,
            deal=effect.deal,
        )
        try:
            loyalty.move(movement, again=again)
        except Unreachable as unreachable:
            raise Refused(str(unreachable)) from None

    def _ask_a_person(
        self, parcel: Parcel, effect: MoveBonus, account: Standing, branch: Branch
    ) -> None:
        """A task in the deal, for nobody but a person finds the client in the loyalty system now.

        We keep no phones, so with the old one gone from the CRM we have none to name him by.
        """
        for number in _ways(effect, account):
            deal = branch.crm().deal(number)
            if deal is None:
                continue
            task = AddTask(
                id=f"{effect.id}.stuck",
                deal=number,
                text=_stuck(effect, branch.playbook),
                due=self._now() + _TASK_DUE,
                responsible=deal.manager,
            )
            self._outbound.put([parcel.model_copy(update={"effect": task})])
            return


def _ways(effect: MoveBonus, account: Standing) -> tuple[str, ...]:
    return tuple(dict.fromkeys((effect.deal, *account.deals)))


def _phone(name: str, effect: MoveBonus, account: Standing, branch: Branch) -> str:
    """The client's phone, by the first of his deals that still has it. Raises NotHis."""
    first: NotHis | None = None
    for deal in _ways(effect, account):
        try:
            return client_of(name, effect.client, deal, branch).phone
        except NotHis as not_his:
            first = first or not_his
    raise first or NotHis("no deal of the client's is known")


def _stuck(effect: MoveBonus, playbook: Playbook) -> str:
    values: dict[str, str | int] = {
        "movement": _comment(effect, playbook),
        "bonus": effect.amount,
        "deal": effect.deal,
    }
    return str(render("crm.bonus_stuck", playbook.language, values, playbook.texts))


def _comment(effect: MoveBonus, playbook: Playbook) -> str:
    """What a cashier reads beside the movement."""
    key = f"loyalty.{effect.movement}"
    return str(render(key, playbook.language, {"deal": effect.deal}, playbook.texts))
