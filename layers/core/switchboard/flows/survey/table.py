"""The survey's states and its table of transitions. The diagram in docs/ is drawn from here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    WAITING = "waiting"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    ASKED = "asked"
    COMPLETED = "completed"
    PARTIAL = "partial"
    SILENT = "silent"
    ABANDONED = "abandoned"


NEVER_ASKED = frozenset({State.WAITING, State.SKIPPED, State.CANCELLED})


class Trigger(StrEnum):
    """What a table row answers to."""

    CLOSED = "deal came to the stage"
    NO_PHONE = "deal came to the stage, and its client has no phone"
    LATE = "deal has been in the stage for too long"
    OVERDUE = "deal is told of again, and its client should have been asked by now"
    ELSEWHERE = "deal is in another stage"
    GONE = "deal is lost or gone"
    READY = "he may be asked"
    REFUSED = "he may not be asked"
    NIGHT = "it is night where he is"
    ANSWER = "an answer, and not the last"
    LAST_ANSWER = "the last answer"
    BACK = "one question back"
    FIRST_WORDS = "he begins to answer in WhatsApp"
    STOP = "he wants no more questions, some answers"
    STOP_SILENT = "he wants no more questions, no answer"
    UNCLEAR = "words that are no answer, for the first time"
    WORDS = "other words"
    SILENCE = "time to remind"
    OVER = "time is over, some answers"
    OVER_SILENT = "time is over, no answer"
    FILLED_LATE = "the page comes after the end"
    LINK_VISITED = "review link opened"
    LINK_PRESSED = "review link pressed"


class Outcome(StrEnum):
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    NO_PHONE = "no_phone"
    TOO_LATE = "too_late"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    ASKED = "asked"
    REFUSED = "refused"
    QUIET = "quiet"
    ANSWERED = "answered"
    COMPLETED = "completed"
    WENT_BACK = "went_back"
    TALKING = "talking"
    STOPPED = "stopped"
    UNCLEAR = "unclear"
    PASSED_ON = "passed_on"
    REMINDED = "reminded"
    PARTIAL = "partial"
    SILENT = "silent"
    VISITED = "visited"
    PRESSED = "pressed"
    REVERSED = "reversed"
    STALE = "stale"
    """A button of a question that does not wait any more, or of an earlier run."""
    OUTDATED = "outdated"
    """A deal older than the one acted upon."""
    UNCHANGED = "unchanged"


class Row(NamedTuple):
    """One transition: the state afterwards, and what that is called."""

    to: State | None
    outcome: Outcome


_S, _T, _O = State, Trigger, Outcome


def _not_begun(state: State | None) -> dict[tuple[State | None, Trigger], Row]:
    """A survey that was never asked begins anew whenever its deal comes to the stage."""
    return {
        (state, _T.CLOSED): Row(_S.WAITING, _O.SCHEDULED),
        (state, _T.NO_PHONE): Row(_S.SKIPPED, _O.NO_PHONE),
        (state, _T.LATE): Row(state, _O.TOO_LATE),
    }


_CHANGES: Mapping[tuple[State | None, Trigger], Row] = {
    **_not_begun(None),
    **_not_begun(_S.SKIPPED),
    **_not_begun(_S.CANCELLED),
    (_S.SKIPPED, _T.NO_PHONE): Row(_S.SKIPPED, _O.UNCHANGED),
    # Its timer came to nothing: the CRM refused to be read when it was due.
    (_S.WAITING, _T.OVERDUE): Row(_S.WAITING, _O.RESCHEDULED),
    (_S.WAITING, _T.ELSEWHERE): Row(_S.CANCELLED, _O.CANCELLED),
    (_S.WAITING, _T.GONE): Row(_S.CANCELLED, _O.CANCELLED),
    (_S.WAITING, _T.READY): Row(_S.ASKED, _O.ASKED),
    (_S.WAITING, _T.REFUSED): Row(_S.SKIPPED, _O.REFUSED),
    (_S.WAITING, _T.NIGHT): Row(_S.WAITING, _O.QUIET),
    (_S.ASKED, _T.GONE): Row(_S.ABANDONED, _O.ABANDONED),
    (_S.ASKED, _T.ANSWER): Row(_S.ASKED, _O.ANSWERED),
    (_S.ASKED, _T.LAST_ANSWER): Row(_S.COMPLETED, _O.COMPLETED),
    (_S.ASKED, _T.BACK): Row(_S.ASKED, _O.WENT_BACK),
    (_S.ASKED, _T.FIRST_WORDS): Row(_S.ASKED, _O.TALKING),
    (_S.ASKED, _T.STOP): Row(_S.PARTIAL, _O.STOPPED),
    (_S.ASKED, _T.STOP_SILENT): Row(_S.SILENT, _O.STOPPED),
    (_S.ASKED, _T.UNCLEAR): Row(_S.ASKED, _O.UNCLEAR),
    (_S.ASKED, _T.WORDS): Row(_S.ASKED, _O.PASSED_ON),
    (_S.ASKED, _T.SILENCE): Row(_S.ASKED, _O.REMINDED),
    (_S.ASKED, _T.NIGHT): Row(_S.ASKED, _O.QUIET),
    (_S.ASKED, _T.OVER): Row(_S.PARTIAL, _O.PARTIAL),
    (_S.ASKED, _T.OVER_SILENT): Row(_S.SILENT, _O.SILENT),
    (_S.COMPLETED, _T.WORDS): Row(_S.COMPLETED, _O.PASSED_ON),
    (_S.COMPLETED, _T.LINK_VISITED): Row(_S.COMPLETED, _O.VISITED),
    (_S.COMPLETED, _T.LINK_PRESSED): Row(_S.COMPLETED, _O.PRESSED),
    # Only where a bonus hangs on the review.
    (_S.COMPLETED, _T.GONE): Row(_S.COMPLETED, _O.REVERSED),
    (_S.PARTIAL, _T.WORDS): Row(_S.PARTIAL, _O.PASSED_ON),
    (_S.PARTIAL, _T.FILLED_LATE): Row(_S.PARTIAL, _O.PASSED_ON),
    (_S.SILENT, _T.WORDS): Row(_S.SILENT, _O.PASSED_ON),
    (_S.SILENT, _T.FILLED_LATE): Row(_S.SILENT, _O.PASSED_ON),
    (_S.ABANDONED, _T.WORDS): Row(_S.ABANDONED, _O.PASSED_ON),
    (_S.ABANDONED, _T.FILLED_LATE): Row(_S.ABANDONED, _O.PASSED_ON),
}

TABLE: Mapping[tuple[State | None, Trigger], Row] = {
    (state, trigger): _CHANGES.get((state, trigger), Row(state, _O.UNCHANGED))
    for state in (None, *State)
    for trigger in Trigger
}
"""Of any trigger in any state: chats, timers and CRMs tell things late, twice and out of order."""
