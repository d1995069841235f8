"""Whatever happens in whatever order, repeated or late: the rules of bonuses hold.

Two sources, three deals, a CRM and a 1C that take movements down late and tell of them twice. Two
of the deals have earned a bonus themselves. `broken` looks at everything after each event; when all
has come to rest, the places themselves are counted.
"""

from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from switchboard.domain.bonus import ADDS, Place
from switchboard.domain.effects import Effect, MoveBonus, Schedule, SetAmount
from switchboard.domain.events import (
    AccountEvent,
    BonusExpires,
    BonusMoved,
    BonusNews,
    DealForBonus,
)
from switchboard.flows.bonus.account import Account, balance, owned
from switchboard.flows.bonus.step import step
from switchboard.flows.bonus.table import State
from switchboard.playbook.model import Playbook
from tests.flows.bonus_rules import broken
from tests.flows.bonus_story import (
    CLIENT,
    DONE,
    EARNER,
    FIRST,
    LOST,
    NEW,
    NEXT,
    NOW,
    OTHER,
    PLACES,
    SECOND,
    VERSION,
    WORK,
    deal,
    earned,
    gone,
    playbook,
    reversed_,
)

EARNINGS = [(FIRST, EARNER, 300), (SECOND, NEXT, 70)]
SOURCES = st.sampled_from(EARNINGS)
DEALS = st.sampled_from([NEXT, OTHER, EARNER])
PRICES = st.sampled_from(["1000", "500", "4000", "99.90", "0", None])
STAGES = st.sampled_from([DONE, LOST, WORK, NEW])
WAITS = st.sampled_from([11, 1, 24 * 45, 24 * 80])
PICK = st.integers(0, 1000)


class AnyOrder(RuleBasedStateMachine):
    playbook: Playbook

    def __init__(self) -> None:
        super().__init__()
        self.account: Account | None = None
        self.now = NOW
        self.clock = 0
        self.decided: list[Effect] = []
        self.on_its_way: dict[Place, list[MoveBonus]] = {place: [] for place in PLACES}
        self.written: dict[Place, dict[str, MoveBonus]] = {place: {} for place in PLACES}
        self.confirmed: list[BonusMoved] = []
        self.timers: list[Schedule] = []
        self.prices: dict[str, Decimal | None] = {}
        self.readings: list[DealForBonus] = []

    def tell(self, event: AccountEvent) -> None:
        before = self.account
        decision = step(self.account, event, self.now, self.playbook, VERSION)
        again = step(before, event, self.now, self.playbook, VERSION)
        assert again == decision
        self.account = decision.state
        for effect in decision.effects:
            self.carry_out(effect)
        self.decided += decision.effects

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case MoveBonus(place=place):
                self.on_its_way[place].append(effect)
            case Schedule():
                self.timers.append(effect)
            case SetAmount(deal=of, before=before, amount=amount) if self.prices[of] == before:
                self.prices[of] = amount
            case _:
                pass

    @initialize(granted=st.sampled_from([2, 1, 0]))
    def some_have_been_granted(self, granted: int) -> None:
        for source, deal_id, amount in EARNINGS[:granted]:
            self.tell(earned(source, deal=deal_id, amount=amount))
            self.all_is_taken_down()

    @rule(of=SOURCES)
    def a_bonus_is_earned(self, of: tuple[str, str, int]) -> None:
        source, deal_id, amount = of
        self.tell(earned(source, deal=deal_id, amount=amount))

    @precondition(lambda self: self.account is not None and self.account.turn > 2)
    @rule(of=SOURCES)
    def what_it_was_for_is_void(self, of: tuple[str, str, int]) -> None:
        self.tell(reversed_(of[0]))

    @precondition(lambda self: len(self.confirmed) % 5 == 1)
    @rule(of=SOURCES)
    def it_is_void_before_all_have_it(self, of: tuple[str, str, int]) -> None:
        self.tell(reversed_(of[0]))

    @rule(place=st.sampled_from(PLACES), told=st.booleans())
    def a_place_takes_a_movement_down(self, place: Place, told: bool) -> None:
        """In their order, each once; that it did may be told later, or twice."""
        if not self.on_its_way[place]:
            return
        move = self.on_its_way[place].pop(0)
        self.written[place].setdefault(move.id, move)
        moved = BonusMoved(account=CLIENT, bonus=move.bonus, place=place, movement=move.movement)
        self.confirmed.append(moved)
        if told:
            self.tell(moved)

    def all_is_taken_down(self) -> None:
        for place in PLACES:
            while self.on_its_way[place]:
                self.a_place_takes_a_movement_down(place, told=True)

    @rule(which=PICK)
    def it_is_told_late_or_again(self, which: int) -> None:
        if self.confirmed:
            self.tell(self.confirmed[which % len(self.confirmed)])

    @rule(deal_id=DEALS, price=PRICES)
    def a_deal_comes_where_bonuses_are_shown(self, deal_id: str, price: str | None) -> None:
        """With a price that a person has made."""
        self.prices[deal_id] = None if price is None else Decimal(price)
        self.read(deal_id, NEW)

    @rule(deal_id=DEALS, stage=STAGES)
    def a_deal_moves_on(self, deal_id: str, stage: str) -> None:
        self.prices.setdefault(deal_id, Decimal(1000))
        self.read(deal_id, stage)

    @precondition(lambda self: self.bound(State.HELD))
    @rule(which=PICK, stage=st.sampled_from([DONE, LOST]))
    def a_deal_that_holds_a_bonus_is_decided(self, which: int, stage: str) -> None:
        deals = self.bound(State.HELD)
        self.read(deals[which % len(deals)], stage)

    @precondition(lambda self: self.bound(State.REDEEMED))
    @rule(which=PICK)
    def a_deal_that_was_done_is_lost(self, which: int) -> None:
        deals = self.bound(State.REDEEMED)
        self.read(deals[which % len(deals)], LOST)

    def bound(self, state: State) -> list[str]:
        entries = self.account.entries if self.account else ()
        return [one.by for one in entries if one.state is state]

    @precondition(lambda self: self.clock % 4 == 1)
    @rule(deal_id=DEALS)
    def a_deal_becomes_another_kind_of_service(self, deal_id: str) -> None:
        self.prices.setdefault(deal_id, Decimal(1000))
        self.read(deal_id, NEW, "oil")

    def read(self, deal_id: str, stage: str, kind: str = "tyres") -> None:
        self.clock += 1
        now = self.prices[deal_id]
        amount = None if now is None else str(now)
        read = deal(deal_id, stage, amount, category=kind, at=self.clock)
        self.readings.append(read)
        self.tell(read)

    @rule(deal_id=DEALS)
    def a_deal_is_gone(self, deal_id: str) -> None:
        self.prices.setdefault(deal_id, None)
        self.tell(gone(deal_id))

    @rule(which=PICK)
    def an_old_reading_comes_late(self, which: int) -> None:
        if self.readings:
            self.tell(self.readings[which % len(self.readings)])

    @rule(which=PICK)
    def a_timer_fires_early_late_or_again(self, which: int) -> None:
        if self.timers:
            event = self.timers[which % len(self.timers)].event
            assert isinstance(event, BonusExpires | BonusNews)
            self.tell(event)

    @rule(hours=WAITS)
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert list(broken(self.account, self.decided)) == []

    def teardown(self) -> None:
        """All comes to rest: every movement is taken down and told."""
        self.all_is_taken_down()
        for moved in self.confirmed:
            self.tell(moved)
        self.all_is_taken_down()
        self.nothing_is_broken()
        if self.account is None:
            assert self.decided == []
            return
        for place in PLACES:
            counted = sum(
                one.amount if one.movement in ADDS else -one.amount
                for one in self.written[place].values()
            )
            assert counted == balance(self.account, place) == owned(self.account)


class Shown(AnyOrder):
    playbook = playbook(percent_at_most=20, categories=["tyres"])


class TakenOff(AnyOrder):
    playbook = playbook(spend="take_off", percent_at_most=50, categories=["tyres"])


for machine in (Shown, TakenOff):
    machine.TestCase.settings = settings(
        max_examples=200, stateful_step_count=50, deadline=None, derandomize=True
    )
TestShown = Shown.TestCase
TestTakenOff = TakenOff.TestCase
