"""The claim's states and its table of transitions. The diagram in docs/ is drawn from here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    OFFERED = "offered"
    CLAIMED = "claimed"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class Trigger(StrEnum):
    """What a table row answers to. The same press is another trigger when the holder presses."""

    SEARCH = "deal is in a search stage"
    ELSEWHERE = "deal is in another stage"
    WON = "deal is done"
    LOST = "deal is lost or gone"
    CLAIM = "claim pressed"
    CLAIM_BY_HOLDER = "claim pressed by the holder"
    CONTACT = "contact asked"
    CONTACT_BY_HOLDER = "contact asked by the holder"
    UNCLAIMED = "nobody took it in time"


class Outcome(StrEnum):
    OFFERED = "offered"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    DONE = "done"
    OVERDUE = "overdue"
    WON = "won"
    YOURS = "yours"
    TAKEN = "taken"
    CONTACT_SENT = "contact_sent"
    GONE = "gone"
    STALE = "stale"
    NOT_MEMBER = "not_member"
    UNKNOWN = "unknown"


class Row(NamedTuple):
    """One transition: the state afterwards, and what that is called."""

    to: State | None
    outcome: Outcome


_S, _T, _O = State, Trigger, Outcome

TABLE: Mapping[tuple[State | None, Trigger], Row] = {
    (None, _T.SEARCH): Row(_S.OFFERED, _O.OFFERED),
    (None, _T.ELSEWHERE): Row(None, _O.UNCHANGED),
    (None, _T.WON): Row(None, _O.UNCHANGED),
    (None, _T.LOST): Row(None, _O.UNCHANGED),
    (None, _T.CLAIM): Row(None, _O.UNKNOWN),
    (None, _T.CONTACT): Row(None, _O.UNKNOWN),
    (None, _T.UNCLAIMED): Row(None, _O.UNKNOWN),
    #
    (_S.OFFERED, _T.SEARCH): Row(_S.OFFERED, _O.UPDATED),
    (_S.OFFERED, _T.ELSEWHERE): Row(_S.WITHDRAWN, _O.WITHDRAWN),
    (_S.OFFERED, _T.WON): Row(_S.WITHDRAWN, _O.WITHDRAWN),
    (_S.OFFERED, _T.LOST): Row(_S.WITHDRAWN, _O.WITHDRAWN),
    (_S.OFFERED, _T.CLAIM): Row(_S.CLAIMED, _O.WON),
    (_S.OFFERED, _T.CONTACT): Row(_S.OFFERED, _O.CONTACT_SENT),
    (_S.OFFERED, _T.UNCLAIMED): Row(_S.OFFERED, _O.OVERDUE),
    #
    (_S.CLAIMED, _T.SEARCH): Row(_S.CLAIMED, _O.UNCHANGED),
    (_S.CLAIMED, _T.ELSEWHERE): Row(_S.CLAIMED, _O.UNCHANGED),
    (_S.CLAIMED, _T.WON): Row(_S.DONE, _O.DONE),
    (_S.CLAIMED, _T.LOST): Row(_S.WITHDRAWN, _O.REVOKED),
    (_S.CLAIMED, _T.CLAIM): Row(_S.CLAIMED, _O.TAKEN),
    (_S.CLAIMED, _T.CLAIM_BY_HOLDER): Row(_S.CLAIMED, _O.YOURS),
    (_S.CLAIMED, _T.CONTACT): Row(_S.CLAIMED, _O.TAKEN),
    (_S.CLAIMED, _T.CONTACT_BY_HOLDER): Row(_S.CLAIMED, _O.CONTACT_SENT),
    (_S.CLAIMED, _T.UNCLAIMED): Row(_S.CLAIMED, _O.UNCHANGED),
    #
    (_S.WITHDRAWN, _T.SEARCH): Row(_S.OFFERED, _O.OFFERED),
    (_S.WITHDRAWN, _T.ELSEWHERE): Row(_S.WITHDRAWN, _O.UNCHANGED),
    (_S.WITHDRAWN, _T.WON): Row(_S.WITHDRAWN, _O.UNCHANGED),
    (_S.WITHDRAWN, _T.LOST): Row(_S.WITHDRAWN, _O.UNCHANGED),
    (_S.WITHDRAWN, _T.CLAIM): Row(_S.WITHDRAWN, _O.GONE),
    (_S.WITHDRAWN, _T.CONTACT): Row(_S.WITHDRAWN, _O.GONE),
    (_S.WITHDRAWN, _T.UNCLAIMED): Row(_S.WITHDRAWN, _O.UNCHANGED),
    #
    (_S.DONE, _T.SEARCH): Row(_S.OFFERED, _O.OFFERED),
    (_S.DONE, _T.ELSEWHERE): Row(_S.DONE, _O.UNCHANGED),
    (_S.DONE, _T.WON): Row(_S.DONE, _O.UNCHANGED),
    (_S.DONE, _T.LOST): Row(_S.DONE, _O.UNCHANGED),
    (_S.DONE, _T.CLAIM): Row(_S.DONE, _O.GONE),
    (_S.DONE, _T.CONTACT): Row(_S.DONE, _O.GONE),
    (_S.DONE, _T.UNCLAIMED): Row(_S.DONE, _O.UNCHANGED),
}
