"""A tyre service, its client's bonuses, and an account that steps through these stories."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from switchboard.domain.bonus import Movement, Place
from switchboard.domain.deal import Deal, JobFacts, Stage
from switchboard.domain.effects import Channel, Effect, MoveBonus, TellClient
from switchboard.domain.events import (
    AccountEvent,
    BonusEarned,
    BonusExpires,
    BonusMoved,
    BonusNews,
    BonusReversed,
    DealForBonus,
)
from switchboard.flows.bonus.account import Account, Entry, bonus_id
from switchboard.flows.bonus.step import step
from switchboard.flows.bonus.table import Outcome
from switchboard.playbook.model import Playbook
from tests.flows.bonus_rules import broken

E = TypeVar("E")

VERSION = 7
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Noon in Moscow, where the branch is."""
CLIENT = "c-clientofthetests0001"
CHAT = 990000051
FIRST, SECOND = "review.bitrix24-101", "review.bitrix24-102"
EARNER, NEXT, OTHER = "101", "201", "202"
NEW, WORK, DONE, LOST = "C3:NEW", "C3:WORK", "C3:WON", "C3:LOSE"
PLACES: tuple[Place, ...] = ("crm", "loyalty")


def playbook(*, balance: bool = True, loyalty: bool = True, **bonus: Any) -> Playbook:
    """The branch's playbook; keyword arguments change its section `bonus`."""
    onec = {
        "kind": "onec_http",
        "base_url": "https://1c.example/base/hs/loyalty",
        "login": "env:TEST_1C_LOGIN",
        "password": "env:TEST_1C_PASSWORD",
        "grant": {"path": "/grant"},
        "take": {"path": "/take"},
    }
    return Playbook.model_validate(
        {
            "branch": "tyres",
            "telegram": {
                "bot": "example_tyres_bot",
                "token": "env:TEST_TOKEN",
                "webhook_secrets": ["env:TEST_SECRET"],
            },
            "crm": {
                "kind": "bitrix24",
                "base_url": "https://crm.example",
                "user": 1,
                "code": "env:TEST_CRM_CODE",
                "webhook_secrets": ["env:TEST_CRM_SECRET"],
                "results": {"balance": "ufCrm_1", "bonus": "ufCrm_2"} if balance else {},
            },
            "loyalty": onec if loyalty else None,
            "reviews": {
                "company": "Шины у дома",
                "public_url": "https://tyres.example",
                "link_key": "env:TEST_LINK_KEY",
                "survey": {"stages": [DONE], "questions": [{"id": "work", "text": "Как?"}]},
                "bonus": {
                    "amount": 300,
                    "lifetime_days": 90,
                    "stages": [NEW],
                    "spent_stages": [DONE],
                    "lost_stages": [LOST],
                    **bonus,
                },
            },
        }
    )


def earned(
    source: str = FIRST,
    *,
    amount: int = 300,
    deal: str = EARNER,
    at: datetime = NOW,
    channel: Channel = "telegram",
) -> BonusEarned:
    return BonusEarned(
        account=CLIENT,
        source=source,
        deal=deal,
        amount=amount,
        lifetime_days=90,
        channel=channel,
        chat=CHAT if channel == "telegram" else None,
        at=at,
    )


def moved(place: Place, bonus: str = "", movement: Movement = "grant") -> BonusMoved:
    return BonusMoved(
        account=CLIENT, bonus=bonus or bonus_id(FIRST), place=place, movement=movement
    )


def expires(source: str = FIRST) -> BonusExpires:
    return BonusExpires(account=CLIENT, bonus=bonus_id(source))


def reversed_(source: str = FIRST) -> BonusReversed:
    return BonusReversed(account=CLIENT, source=source)


def news() -> BonusNews:
    return BonusNews(account=CLIENT)


def deal(
    deal_id: str = NEXT,
    stage_id: str = NEW,
    amount: int | str | None = 5000,
    *,
    category: str = "",
    stage: Stage = "other",
    at: int = 0,
) -> DealForBonus:
    """A deal as the CRM tells it when its clock shows `at`."""
    read = Deal(
        id=deal_id,
        stage=stage,
        stage_id=stage_id,
        facts=JobFacts(title="Шиномонтаж"),
        amount=None if amount is None else Decimal(amount),
        category=category,
        updated_at=at,
    )
    return DealForBonus(account=CLIENT, provider="bitrix24", deal_id=deal_id, deal=read)


def gone(deal_id: str = NEXT) -> DealForBonus:
    return DealForBonus(account=CLIENT, provider="bitrix24", deal_id=deal_id, deal=None)


class Story:
    """An account, told what happens to it one thing after another."""

    def __init__(self, by: Playbook | None = None) -> None:
        self.playbook = by or playbook()
        self.state: Account | None = None
        self.effects: tuple[Effect, ...] = ()
        """What followed from the last event."""
        self.all_effects: list[Effect] = []
        self.now = NOW

    def tell(self, event: AccountEvent) -> Outcome:
        """The outcome. After every event all rules hold."""
        decision = step(self.state, event, self.now, self.playbook, VERSION)
        self.state, self.effects = decision.state, decision.effects
        self.all_effects += decision.effects
        assert list(broken(self.state, self.all_effects)) == []
        return Outcome(decision.outcome)

    def has(self, source: str = FIRST, **wanted: Any) -> "Story":
        """The client has a bonus that all places have confirmed."""
        self.tell(earned(source, **wanted))
        for place in PLACES:
            self.tell(moved(place, bonus_id(source)))
        return self

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def on(self, hour: int, days: int = 0) -> None:
        """So many days on, at this hour of Moscow's."""
        self.now = NOW.replace(hour=0) + timedelta(days=days, hours=hour - 3)

    @property
    def account(self) -> Account:
        assert self.state is not None
        return self.state

    def entry(self, source: str = FIRST) -> Entry:
        (found,) = self.account.parts(bonus_id(source))
        return found

    @property
    def names(self) -> list[str]:
        """What followed, without the account in front."""
        return [effect.id.removeprefix(f"{CLIENT}:") for effect in self.effects]

    def effect(self, name: str, kind: type[E]) -> E:
        """The one effect of the last event whose id holds this."""
        (found,) = (one for one in self.effects if name in one.id)
        assert isinstance(found, kind)
        return found

    @property
    def movements(self) -> list[tuple[str, str, int, int]]:
        """Place, movement, amount, and what the client has afterwards there."""
        return [
            (one.place, one.movement, one.amount, one.balance)
            for one in self.effects
            if isinstance(one, MoveBonus)
        ]

    @property
    def told(self) -> list[str]:
        return [one.text for one in self.effects if isinstance(one, TellClient)]
