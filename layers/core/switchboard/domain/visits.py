"""Visits to a link: what is kept of each, and which of them were a person's.

Previews and scanners fetch the links in messages before, after and instead of people. What a visit
says of itself is judged when it comes; what only shows from outside, when its link is read: nobody
can open a link that has not been sent, and nobody opens it three times within two seconds.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Verdict = Literal["person", "scanner"]

BURST = 3
BURST_WITHIN = timedelta(seconds=2)
"""X was seen to send one GET and three HEAD as a browser; a person's double tap is two."""
LONGEST_AGENT = 200


class Visit(NamedTuple):
    """One request for a link, as it came. `id` is the request's; whose address it was is not kept.

    `purpose` is what the browser says that it fetches the page for, `prefetch` for one. `reason`
    says what a scanner was known by, in a word of ours.
    """

    id: str
    at: datetime
    method: str
    agent: str
    purpose: str
    verdict: Verdict
    reason: str


def people(visits: Iterable[Visit], sent_at: datetime | None) -> int:
    """How many of a link's visits were a person's. None was before the link was sent.

    Whether its recipient has opened it is `people(…) > 0`: he counts once.
    """
    return sum(visit.verdict == "person" for visit in judged(visits, sent_at))


def judged(visits: Iterable[Visit], sent_at: datetime | None) -> tuple[Visit, ...]:
    """The visits in their order of time, with the verdict that all of them together lead to."""
    ordered = sorted(visits, key=lambda visit: (visit.at, visit.id))
    bursts = _bursts(ordered)
    return tuple(_judged(visit, sent_at, visit.id in bursts) for visit in ordered)


def dump(visit: Visit) -> str:
    """ASCII, so that no header can hold what a database or a queue refuses."""
    return json.dumps([visit.id, visit.at.isoformat(timespec="milliseconds"), *visit[2:]])


def load(text: str) -> Visit:
    id_, at, method, agent, purpose, verdict, reason = json.loads(text)
    return Visit(id_, datetime.fromisoformat(at), method, agent, purpose, verdict, reason)


def _judged(visit: Visit, sent_at: datetime | None, in_burst: bool) -> Visit:
    if visit.verdict == "scanner":
        return visit
    if sent_at is None or visit.at < sent_at:
        return visit._replace(verdict="scanner", reason="before it was sent")
    return visit._replace(verdict="scanner", reason="burst") if in_burst else visit


def _bursts(ordered: Sequence[Visit]) -> set[str]:
    found: set[str] = set()
    for start in range(len(ordered) - BURST + 1):
        window = ordered[start : start + BURST]
        if window[-1].at - window[0].at <= BURST_WITHIN:
            found.update(visit.id for visit in window)
    return found
