"""The table of the claim: complete, and nothing in it that cannot happen."""

from itertools import product

import pytest

from switchboard.flows.claim.table import TABLE, Outcome, State, Trigger

_HOLDERS = {Trigger.CLAIM_BY_HOLDER, Trigger.CONTACT_BY_HOLDER}
_STATES: list[State | None] = [None, *State]


@pytest.mark.parametrize(("state", "trigger"), list(product(_STATES, Trigger)))
def test_every_trigger_that_can_occur_in_a_state_has_a_row(
    state: State | None, trigger: Trigger
) -> None:
    # Nobody holds a job but while it is claimed.
    can_occur = trigger not in _HOLDERS or state is State.CLAIMED
    assert ((state, trigger) in TABLE) is can_occur


def test_only_a_deal_in_search_makes_or_renews_an_offer() -> None:
    offers = {key for key, row in TABLE.items() if row.outcome is Outcome.OFFERED}
    assert offers == {(state, Trigger.SEARCH) for state in (None, State.WITHDRAWN, State.DONE)}


def test_only_a_claim_of_an_offered_job_wins() -> None:
    winning = [key for key, row in TABLE.items() if row.outcome is Outcome.WON]
    assert winning == [(State.OFFERED, Trigger.CLAIM)]
    claimed_from = {key for key, row in TABLE.items() if row.to is State.CLAIMED != key[0]}
    assert claimed_from == set(winning)


def test_every_state_can_be_reached_and_none_is_a_dead_end() -> None:
    steps = {(before, row.to) for (before, _), row in TABLE.items() if row.to is not before}
    assert {after for _, after in steps} == set(State)
    assert {before for before, _ in steps} == set(_STATES)


def test_the_outcomes_that_the_table_leaves_out_are_the_doors_and_the_clocks() -> None:
    assert set(Outcome) - {row.outcome for row in TABLE.values()} == {
        Outcome.STALE,
        Outcome.NOT_MEMBER,
        Outcome.OUTDATED,
    }
