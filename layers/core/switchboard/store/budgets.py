"""Rates shared by all processes: one item per budget, one conditional write per reservation.

The algorithm is GCRA. Per rate an item keeps one number: the theoretical arrival time (TAT), the
moment at which the budget is whole again. A call may go when the TAT is no further ahead than the
burst allows, and moves it on by one interval. Times are whole microseconds, so sums are exact.

Nobody's clock is trusted far: a clock that is behind only waits longer, one that is ahead gains no
more than its own error, for which `Rate.slack` leaves room, and a TAT that no sane clock can have
written is thrown away.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from switchboard.store.database import ConditionFailed, Database, Item, Request

_SECOND = 1_000_000
_ATTEMPTS = 6
_CONTENDED = 0.05
"""Seconds to wait when others were faster in every attempt."""
_WRONG_CLOCK = 10 * _SECOND
"""A TAT further ahead than its rate can explain, by this much, was written by a wrong clock."""
_KEPT = 24 * 60 * 60
"""Seconds after which an unused budget's item may go."""
_REMEMBERED = 1000
_MINUTE = 60.0
_JITTER = 0.5
"""Seconds by which one call may be later than the next."""

_State = dict[str, int]
"""An item's numbers by attribute: `hold` and one `tat_<milliseconds>` per rate."""


class Rate(NamedTuple):
    """At most `calls` in any `seconds`, of which `burst` may come at once.

    The promise holds for every window: a burst is paid for with longer intervals afterwards.
    `slack` seconds are added to the window, because the provider's clock and the network's delays
    are not ours.
    """

    calls: float
    seconds: float = 1.0
    burst: int = 1
    slack: float = 0.05

    @classmethod
    def bucket(cls, per_second: float, size: int) -> "Rate":
        """A leaky bucket: a call is a drop, `size` drops fit, `per_second` leak out.

        Some drops are left to calls that the network delays and then delivers together.
        """
        burst = max(1, size - ceil(per_second * _JITTER))
        window = max(_MINUTE, 1 / per_second)
        return cls(burst - 1 + per_second * window, window, burst)

    @property
    def interval(self) -> int:
        """Microseconds between two calls once the burst is spent."""
        if self.burst > 1 and self.burst > self.calls:
            raise ValueError("a burst cannot be larger than the rate's calls")
        return round((self.seconds + self.slack) / (self.calls - self.burst + 1) * _SECOND)

    @property
    def tolerance(self) -> int:
        """Microseconds by which the TAT may be ahead of a call."""
        return (self.burst - 1) * self.interval

    @property
    def attribute(self) -> str:
        return f"tat_{round(self.seconds * 1000)}"


class Budgets:
    """The budgets of all branches, in the deliveries table."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table
        self._seen: dict[str, _State] = {}

    def reserve(self, branch: str, name: str, limits: Sequence[Rate], now: float) -> float:
        """Takes a slot under every one of the limits, or under none.

        Returns 0 when the call may go, else the seconds after which to ask again; nothing is taken
        then. `now` is in seconds since 1970. Two limits of one budget differ in their `seconds`.
        """
        key, at = _key(branch, name), round(now * _SECOND)
        state = self._seen.get(key, {})
        for _ in range(_ATTEMPTS):
            # What was remembered may be old: it only shapes the condition, the database judges.
            try:
                taken = self._database.update(_take(self._table, key, limits, at, state))
            except ConditionFailed as error:
                state = _state(error.item)
                self._remember(key, state)
                wait = _wait(limits, at, state)
                if wait > 0:
                    return wait / _SECOND
            else:
                self._remember(key, _state(taken))
                return 0.0
        return _CONTENDED

    def hold(self, branch: str, name: str, until: float) -> None:
        """Lets nobody go before `until` (seconds since 1970): the provider asked for that."""
        try:
            self._database.update(_hold(self._table, _key(branch, name), round(until * _SECOND)))
        except ConditionFailed:
            return  # A longer hold stands already.

    def held_until(self, branch: str, name: str) -> float | None:
        """Until when the provider last made us wait, in seconds since 1970, be it long past."""
        item = self._database.get(
            {
                "TableName": self._table,
                "Key": {"pk": {"S": _key(branch, name)}},
                "ConsistentRead": True,
            }
        )
        held = _state(item).get("hold")
        return None if held is None else held / _SECOND

    def _remember(self, key: str, state: _State) -> None:
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[key] = state


def _key(branch: str, name: str) -> str:
    return f"{branch}#budget#{name}"


def _state(item: Item | None) -> _State:
    return {
        name: int(value["N"])
        for name, value in (item or {}).items()
        if name == "hold" or name.startswith("tat_")
    }


def _ceiling(rate: Rate) -> int:
    """How far ahead a TAT can be when every clock is about right."""
    return rate.tolerance + rate.interval + _WRONG_CLOCK


def _wait(limits: Sequence[Rate], at: int, state: Mapping[str, int]) -> int:
    """Microseconds until a call may go, judged by what stands in the item."""
    waits = [state.get("hold", 0) - at]
    for rate in limits:
        ahead = state.get(rate.attribute, 0) - at
        if ahead <= _ceiling(rate):
            waits.append(ahead - rate.tolerance)
    return max(0, *waits)


def _take(
    table: str, key: str, limits: Sequence[Rate], at: int, state: Mapping[str, int]
) -> Request:
    """One update that takes a slot under every rate, if the item still is as `state` supposes.

    Per rate one of three clauses, all of which may hold for several processes one after another:
    idle (the TAT lies in the past: it starts anew from now), busy (ahead, within the burst: it
    moves on by one interval), or broken (further ahead than any sane clock wrote: exactly that
    value is replaced).
    """
    names, values = {"#hold": "hold", "#expires": "expires_at"}, {":now": _number(at)}
    conditions, changes = ["(attribute_not_exists(#hold) OR #hold <= :now)"], []
    for index, rate in enumerate(limits):
        tat, ahead = f"#t{index}", state.get(rate.attribute, 0) - at
        names[tat] = rate.attribute
        if ahead > _ceiling(rate):
            conditions.append(f"{tat} = :broken{index}")
            changes.append(f"{tat} = :anew{index}")
            values[f":broken{index}"] = _number(ahead + at)
            values[f":anew{index}"] = _number(at + rate.interval)
        elif ahead >= 0 and rate.tolerance > 0:
            conditions.append(f"{tat} BETWEEN :now AND :latest{index}")
            changes.append(f"{tat} = {tat} + :step{index}")
            values[f":latest{index}"] = _number(at + rate.tolerance)
            values[f":step{index}"] = _number(rate.interval)
        else:
            conditions.append(f"(attribute_not_exists({tat}) OR {tat} <= :now)")
            changes.append(f"{tat} = :anew{index}")
            values[f":anew{index}"] = _number(at + rate.interval)
    if len(set(names.values())) != len(names):
        raise ValueError("two limits of one budget have the same window")
    values[":expires"] = _number(at // _SECOND + _KEPT)
    return _update(
        table, key, [*changes, "#expires = :expires"], " AND ".join(conditions), names, values
    )


def _hold(table: str, key: str, until: int) -> Request:
    return _update(
        table,
        key,
        ["#hold = :until", "#expires = :expires"],
        "attribute_not_exists(#hold) OR #hold < :until",
        {"#hold": "hold", "#expires": "expires_at"},
        {":until": _number(until), ":expires": _number(until // _SECOND + _KEPT)},
    )


def _update(
    table: str,
    key: str,
    changes: Sequence[str],
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, Any],
) -> Request:
    return {
        "TableName": table,
        "Key": {"pk": {"S": key}},
        "UpdateExpression": "SET " + ", ".join(changes),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
