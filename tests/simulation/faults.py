"""What goes wrong, how often, and how often it did: all of it drawn from the seed."""

from collections import Counter
from random import Random
from typing import Literal, NamedTuple

Fate = Literal["", "crash before", "crash after", "answer lost", "refused", "stall", "told to wait"]

PROVIDERS = ("telegram", "amocrm", "onec", "smsc", "whatsapp")
AWS = ("dynamodb", "sqs", "scheduler")


class Rates(NamedTuple):
    """Chances of one call each; the last ones are of a message, a webhook, a minute, a run."""

    crash: float
    """A process dies before or after a call."""
    lost: float
    """A call is carried out, and its answer never comes."""
    refused: float
    """A call never arrives: nobody is there."""
    stall: float
    """A process stands still for seconds, with its call under way."""
    told_to_wait: float
    """A provider answers 429 with the time to wait."""
    again: float
    """A message, webhook or update that was dealt with comes again."""
    lost_webhook: float
    late: float
    """A message, webhook or update takes its time."""
    short_visibility: float
    """A queue hands a message out while a worker is still at it."""
    stale: float
    """A read that asks for no consistency shows what was."""
    partial: float
    """A batch write is carried out in part."""
    outage: float
    """Per minute: one of the services is away for a while."""
    skew: float
    """Seconds by which a process's clock may be wrong, both ways."""
    slow: float
    """How many times longer than usual every call takes, at most."""


_ALONE = {"again": 0.25, "late": 0.25, "crash": 0.04}
"""Oftener, a batch of ten messages would hardly ever come to its end, and SQS give it up."""
_ONEC = 5
"""How much oftener 1C's answers are lost than others': it takes its time."""
NONE = Rates(*(0.0 for _ in Rates._fields))

TWO_AT_ONCE = NONE._replace(short_visibility=0.6, slow=60, stall=0.02, again=0.2, crash=0.003)
"""Slow workers, and queues that hand everything out while somebody is still at it."""


def draw(chance: Random) -> Rates:
    """A quiet run, a bad day, or one kind of trouble alone and often."""

    def rate(*choices: float) -> float:
        return chance.choice(choices)

    rates = Rates(
        crash=rate(0, 0.003, 0.01, 0.03),
        lost=rate(0, 0.003, 0.01, 0.03),
        refused=rate(0, 0.003, 0.01),
        stall=rate(0, 0.002, 0.01),
        told_to_wait=rate(0, 0.02, 0.1),
        again=rate(0, 0.05, 0.2),
        lost_webhook=rate(0, 0.1, 0.5),
        late=rate(0, 0.1, 0.3),
        short_visibility=rate(0, 0.02, 0.2, 0.5),
        stale=rate(0, 0.3),
        partial=rate(0, 0.1),
        outage=rate(0, 0, 0.2),
        skew=rate(0, 0.5, 4),
        slow=rate(0, 0, 5, 30),
    )
    kind = chance.random()
    if kind < 0.7:
        return rates
    if kind < 0.8:
        return TWO_AT_ONCE
    alone = chance.choice(("crash", "lost", "stall", "again", "short_visibility", "late"))
    return NONE._replace(**{alone: _ALONE.get(alone, 0.08)})


class Faults:
    """`stop` ends all trouble: what was broken is mended, and nothing new happens."""

    def __init__(self, rates: Rates, chance: Random) -> None:
        self.rates = rates
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._away: dict[str, float] = {}
        self.providers: tuple[str, ...] = PROVIDERS[:2]
        """Those that this run has to do with."""
        self.on = True

    def stop(self) -> None:
        self.on = False
        self._away.clear()

    def happens(self, what: str) -> bool:
        """Whether one of the rates strikes now; counted when it does."""
        rate = float(getattr(self.rates, what))
        if not self.on or rate == 0 or self._chance.random() >= rate:
            return False
        self.counts[what.replace("_", " ")] += 1
        return True

    def fate(self, to: str, now: float) -> Fate:
        """What becomes of one call to that service."""
        if not self.on:
            return ""
        if self._away.get(to, 0) > now:
            self.counts["outage"] += 1
            return "answer lost" if self._chance.random() < 0.3 else "refused"
        rates, drawn = self.rates, self._chance.random()
        wait = rates.told_to_wait if to in PROVIDERS else 0.0
        lost = rates.lost * (_ONEC if to == "onec" else 1)
        for fate, rate in (
            ("crash before", rates.crash / 2),
            ("crash after", rates.crash / 2),
            ("answer lost", lost),
            ("refused", rates.refused),
            ("stall", rates.stall),
            ("told to wait", wait),
        ):
            if drawn < rate:
                self.counts[fate] += 1
                return fate  # type: ignore[return-value]
            drawn -= rate
        return ""

    def go_away(self, now: float) -> str:
        """One of the services is away for a while from now on."""
        to = self._chance.choice((*self.providers, *AWS))
        self._away[to] = now + self._chance.uniform(3, 60)
        return to
