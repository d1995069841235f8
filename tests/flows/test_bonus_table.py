"""The table of a bonus: complete, and nothing in it that may not happen; and its drawing."""

from itertools import product

import pytest

from switchboard.flows.bonus.table import ENDED, OWNED, TABLE, Outcome, State, Trigger
from tests.flows.draw_bonus import PAGE, drawn

_STATES: list[State | None] = [None, *State]
_MOVES = {
    (before, row.to) for (before, _), row in TABLE.items() if row.to is not None is not before
}


def test_every_state_and_trigger_has_a_row() -> None:
    assert set(TABLE) == set(product(_STATES, Trigger))


@pytest.mark.parametrize(("state", "trigger"), list(product(_STATES, Trigger)))
def test_what_changes_nothing_is_called_so(state: State | None, trigger: Trigger) -> None:
    row = TABLE[state, trigger]
    if row.outcome is Outcome.UNCHANGED:
        assert row.to is state


def test_a_bonus_begins_once_and_is_granted_from_nothing_but_its_earning() -> None:
    begun = [key for key, row in TABLE.items() if key[0] is None and row.to is not None]
    assert begun == [(None, Trigger.EARNED)]
    granted = [key for key, row in TABLE.items() if row.outcome is Outcome.GRANTED]
    assert granted == [(State.EARNED, Trigger.PLACES)]


def test_only_what_a_deal_holds_is_spent() -> None:
    spent = [key for key, row in TABLE.items() if row.outcome is Outcome.REDEEMED]
    assert spent == [(State.HELD, Trigger.DONE)]
    held = [key for key, row in TABLE.items() if row.to is State.HELD is not key[0]]
    assert held == [(State.GRANTED, Trigger.TAKEN)]


@pytest.mark.parametrize("state", [State.EXPIRED, State.REVERSED])
def test_nothing_comes_back_from_the_end(state: State) -> None:
    assert {TABLE[state, trigger].to for trigger in Trigger} == {state}


def test_what_was_spent_comes_back_only_when_its_deal_is_lost() -> None:
    left = [
        (trigger, TABLE[State.REDEEMED, trigger].to)
        for trigger in Trigger
        if TABLE[State.REDEEMED, trigger].to is not State.REDEEMED
    ]
    assert left == [(Trigger.LOST, State.GRANTED)]


def test_every_state_can_be_reached() -> None:
    assert {after for _, after in _MOVES if after} == set(State)
    assert {state for state in State if TABLE[state, Trigger.LOST].to is State.GRANTED} == {
        State.GRANTED,
        State.HELD,
        State.REDEEMED,
    }


def test_a_bonus_that_is_free_or_held_has_not_ended() -> None:
    assert set(State) - ENDED - OWNED == {State.EARNED}
    assert not ENDED & OWNED


def test_the_outcomes_that_the_table_leaves_out_are_the_accounts_own() -> None:
    assert set(Outcome) - {row.outcome for row in TABLE.values()} == {
        Outcome.REPEATED,
        Outcome.EARLY,
        Outcome.TOLD,
        Outcome.QUIET,
        Outcome.OUTDATED,
    }


def test_the_page_shows_the_table_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "the table has changed: python -m tests.flows.draw_bonus"
    assert all(f"`{state}`" in page for state in State)
