"""A bonus's states and its table of transitions. The diagram in docs/ is drawn from here."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    EARNED = "earned"
    GRANTED = "granted"
    HELD = "held"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVERSED = "reversed"


OWNED = frozenset({State.GRANTED, State.HELD})
"""The client has it."""
ENDED = frozenset({State.REDEEMED, State.EXPIRED, State.REVERSED})


class Trigger(StrEnum):
    """What a table row answers to."""

    EARNED = "earned"
    PLACE = "one place has it"
    PLACES = "all places have it"
    TAKEN = "a deal takes it"
    DONE = "its deal is done"
    LOST = "its deal is lost or gone"
    UNFIT = "its deal is of another kind now"
    UNUSED = "its deal is done at the full price"
    TIME = "its time is over"
    VOID = "what it was for is void"


class Outcome(StrEnum):
    EARNED = "earned"
    REPEATED = "repeated"
    NOTED = "noted"
    GRANTED = "granted"
    HELD = "held"
    REDEEMED = "redeemed"
    RELEASED = "released"
    RESTORED = "restored"
    EXPIRED = "expired"
    KEPT = "kept"
    EARLY = "early"
    REVERSED = "reversed"
    SPENT_BEFORE = "spent_before"
    FORESTALLED = "forestalled"
    TAKEN_BACK = "taken_back"
    TOLD = "told"
    QUIET = "quiet"
    OUTDATED = "outdated"
    UNCHANGED = "unchanged"


class Row(NamedTuple):
    """One transition: the state afterwards, and what that is called."""

    to: State | None
    outcome: Outcome


_S, _T, _O = State, Trigger, Outcome


def _ended_unconfirmed(state: State) -> dict[tuple[State | None, Trigger], Row]:
    """A place tells that it has a bonus which has ended meanwhile: there it is taken back."""
    return {
        (state, _T.PLACE): Row(state, _O.TAKEN_BACK),
        (state, _T.PLACES): Row(state, _O.TAKEN_BACK),
    }


_CHANGES: Mapping[tuple[State | None, Trigger], Row] = {
    (None, _T.EARNED): Row(_S.EARNED, _O.EARNED),
    (None, _T.VOID): Row(None, _O.FORESTALLED),
    (_S.EARNED, _T.PLACE): Row(_S.EARNED, _O.NOTED),
    (_S.EARNED, _T.PLACES): Row(_S.GRANTED, _O.GRANTED),
    (_S.EARNED, _T.TIME): Row(_S.EXPIRED, _O.EXPIRED),
    (_S.EARNED, _T.VOID): Row(_S.REVERSED, _O.REVERSED),
    (_S.GRANTED, _T.TAKEN): Row(_S.HELD, _O.HELD),
    (_S.GRANTED, _T.TIME): Row(_S.EXPIRED, _O.EXPIRED),
    (_S.GRANTED, _T.VOID): Row(_S.REVERSED, _O.REVERSED),
    (_S.HELD, _T.DONE): Row(_S.REDEEMED, _O.REDEEMED),
    (_S.HELD, _T.LOST): Row(_S.GRANTED, _O.RELEASED),
    (_S.HELD, _T.UNFIT): Row(_S.GRANTED, _O.RELEASED),
    (_S.HELD, _T.UNUSED): Row(_S.GRANTED, _O.RELEASED),
    (_S.HELD, _T.TIME): Row(_S.HELD, _O.KEPT),
    (_S.HELD, _T.VOID): Row(_S.REVERSED, _O.REVERSED),
    (_S.REDEEMED, _T.LOST): Row(_S.GRANTED, _O.RESTORED),
    (_S.REDEEMED, _T.VOID): Row(_S.REDEEMED, _O.SPENT_BEFORE),
    **_ended_unconfirmed(_S.EXPIRED),
    **_ended_unconfirmed(_S.REVERSED),
}

TABLE: Mapping[tuple[State | None, Trigger], Row] = {
    (state, trigger): _CHANGES.get((state, trigger), Row(state, _O.UNCHANGED))
    for state in (None, *State)
    for trigger in Trigger
}


def first_said(rows: Iterable[Row]) -> Outcome:
    """What a step over several parts of a bonus is called: the first that says anything."""
    said = (row.outcome for row in rows if row.outcome is not Outcome.UNCHANGED)
    return next(said, Outcome.UNCHANGED)
