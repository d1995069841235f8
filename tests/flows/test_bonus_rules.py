"""The rules of bonuses find what they are there to find."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from switchboard.domain.bonus import Movement
from switchboard.domain.effects import Effect, MoveBonus
from switchboard.flows.bonus.account import Account, changed
from switchboard.flows.bonus.table import State
from tests.flows.bonus_rules import broken
from tests.flows.bonus_story import CLIENT, NEXT, NOW, Story, deal, playbook


def move(movement: Movement, amount: int, balance: int, number: int) -> MoveBonus:
    return MoveBonus(
        id=f"{CLIENT}:b-x:{movement}.{number}:loyalty",
        client=CLIENT,
        deal=NEXT,
        place="loyalty",
        movement=movement,
        bonus="b-x",
        amount=amount,
        balance=balance,
    )


def history(*moves: tuple[Movement, int, int]) -> list[Effect]:
    return [move(*one, number) for number, one in enumerate(moves)]


def test_a_good_history_has_nothing_wrong_with_it() -> None:
    good = history(("grant", 300, 300), ("redeem", 300, 0), ("restore", 300, 300))
    assert list(broken(None, good + good)) == []


@pytest.mark.parametrize(
    ("moves", "wrong"),
    [
        ([("redeem", 300, -300)], "takes what was never granted"),
        ([("grant", 300, 300), ("grant", 300, 600)], "is granted twice"),
        ([("grant", 300, 300), ("redeem", 200, 100), ("redeem", 100, 0)], "spends what is spent"),
        ([("grant", 300, 300), ("restore", 300, 600)], "restores what was not spent"),
        ([("grant", 300, 300), ("redeem", 200, 100), ("restore", 300, 400)], "restores 300 of 200"),
        ([("grant", 300, 300), ("expire", 300, 0), ("reverse", 300, -300)], "comes after the end"),
        ([("grant", 300, 300), ("redeem", 400, -100)], "leaves -100 of 300"),
        ([("grant", 300, 300), ("redeem", 200, 200)], "says 200, and it is 100"),
        ([("grant", 0, 0)], "moves 0"),
    ],
)
def test_a_history_that_makes_no_sense_is_found(
    moves: list[tuple[Movement, int, int]], wrong: str
) -> None:
    assert any(wrong in said for said in broken(None, history(*moves)))


def test_one_id_for_two_effects_is_found() -> None:
    other = move("grant", 500, 500, 0)
    found = list(broken(None, [*history(("grant", 300, 300)), other]))
    assert any("was decided twice" in said for said in found)


def _entry(account: Account, **changes: object) -> Account:
    return account.with_entry(account.entries[0].but(**changes))


def _twice(account: Account) -> Account:
    return changed(account, entries=(*account.entries, *account.entries))


def _dearer(account: Account) -> Account:
    known = account.spendings[0]
    return account.with_spending(known.model_copy(update={"after": Decimal(4999)}))


_SPOILT: list[tuple[Callable[[Account], Account], str]] = [
    (lambda one: _entry(one, state=State.EXPIRED), "is expired by"),
    (lambda one: _entry(one, by=""), "is held by ''"),
    (lambda one: _entry(one, by=one.entries[0].deal), "goes to the deal that earned it"),
    (lambda one: _entry(one, granted=("crm",)), "have confirmed it"),
    (lambda one: _entry(one, ended_at=NOW), "its end is"),
    (lambda one: _entry(one, amount=0), "is of 0"),
    (lambda one: _entry(one, amount=100), "was of 300 and is of 100"),
    (lambda one: changed(one, sources=()), "comes from nowhere"),
    (lambda one: changed(one, sources=one.sources * 2), "has earned 2 times"),
    (_twice, "is there 2 times"),
    (lambda one: changed(one, entries=()), "was told of 300, and should have 0"),
    (_dearer, "is 1 cheaper for 300 held"),
]


@pytest.mark.parametrize(("spoil", "wrong"), _SPOILT, ids=[wrong for _, wrong in _SPOILT])
def test_an_account_that_cannot_be_is_found(
    spoil: Callable[[Account], Account], wrong: str
) -> None:
    story = Story(playbook(spend="take_off")).has()
    story.tell(deal())
    found = list(broken(spoil(story.account), story.all_effects))
    assert any(wrong in said for said in found), found


def test_a_client_who_is_told_before_1c_was_asked_is_found() -> None:
    story = Story().has()
    early = [one for one in story.all_effects if ":grant:loyalty" not in one.id]
    assert any("was told before" in said for said in broken(story.account, early))
