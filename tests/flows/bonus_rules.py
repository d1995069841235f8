"""What must be true of a client's bonuses at any moment, whatever has happened in whatever order.

`broken` looks at an account and at all that was ever decided for it, in that order. It knows
nothing of how the account comes to its decisions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from switchboard.domain.bonus import ADDS, Place
from switchboard.domain.effects import Effect, MoveBonus, SetAmount, TellClient
from switchboard.flows.bonus.account import Account, balance, owned, total
from switchboard.flows.bonus.table import ENDED, State

_PLACES: tuple[Place, ...] = ("crm", "loyalty")


def broken(account: Account | None, effects: Iterable[Effect]) -> Iterator[str]:
    """What is wrong, in words; nothing when all is well."""
    decided = list(effects)
    first: dict[str, Effect] = {}
    for effect in decided:
        if first.setdefault(effect.id, effect) != effect:
            yield f"{effect.id} was decided twice, each time otherwise"
    once = list(first.values())
    moves = [one for one in once if isinstance(one, MoveBonus)]
    for place in _PLACES:
        yield from _history(place, [one for one in moves if one.place == place])
    yield from _prices(account, [one for one in once if isinstance(one, SetAmount)])
    if account is not None:
        yield from _entries(account)
        yield from _against_history(account, moves)
        yield from _tellings(account, once)


def _history(place: Place, moves: list[MoveBonus]) -> Iterator[str]:
    """Each place's story makes sense by itself: it is what 1C's book-keeper sees."""
    has = 0
    granted, left = dict[str, int](), Counter[str]()
    last: dict[str, MoveBonus] = {}
    for move in moves:
        root = move.bonus.partition(".")[0]
        before = last.get(move.bonus)
        match move.movement:
            case "grant" if root in granted:
                yield f"{place}: {root} is granted twice"
            case "grant":
                granted[root] = move.amount
            case "restore" if before is None or before.movement != "redeem":
                yield f"{place}: {move.id} restores what was not spent"
            case "restore" if before and before.amount != move.amount:
                yield f"{place}: {move.id} restores {move.amount} of {before.amount}"
            case "redeem" | "expire" | "reverse" if root not in granted:
                yield f"{place}: {move.id} takes what was never granted"
            case "redeem" if before is not None and before.movement == "redeem":
                yield f"{place}: {move.id} spends what is spent"
            case _:
                pass
        if before is not None and before.movement in ("expire", "reverse"):
            yield f"{place}: {move.id} comes after the end"
        last[move.bonus] = move
        change = move.amount if move.movement in ADDS else -move.amount
        has, left[root] = has + change, left[root] + change
        if move.amount <= 0:
            yield f"{place}: {move.id} moves {move.amount}"
        if not 0 <= left[root] <= granted.get(root, 0):
            yield f"{place}: {move.id} leaves {left[root]} of {granted.get(root, 0)}"
        if move.balance != has:
            yield f"{place}: {move.id} says {move.balance}, and it is {has}"


def _entries(account: Account) -> Iterator[str]:
    ids = Counter(one.id for one in account.entries)
    yield from (f"{bonus} is there {n} times" for bonus, n in ids.items() if n > 1)
    sources = Counter(account.sources)
    yield from (f"{source} has earned {n} times" for source, n in sources.items() if n > 1)
    for one in account.entries:
        if one.root not in sources:
            yield f"{one.id} comes from nowhere"
        if one.amount <= 0:
            yield f"{one.id} is of {one.amount}"
        if bool(one.by) is not (one.state in (State.HELD, State.REDEEMED)):
            yield f"{one.id} is {one.state} by {one.by!r}"
        if one.by == one.deal:
            yield f"{one.id} goes to the deal that earned it"
        if one.state in (State.GRANTED, State.HELD, State.REDEEMED) and one.granted != one.places:
            yield f"{one.id} is {one.state} and only {one.granted} have confirmed it"
        if (one.ended_at is not None) is not (one.state in ENDED):
            yield f"{one.id} is {one.state}, and its end is {one.ended_at}"
    if owned(account) < 0:
        yield f"the client has {owned(account)}"


def _against_history(account: Account, moves: list[MoveBonus]) -> Iterator[str]:
    """What we keep is what we told the places, point by point."""
    for place in _PLACES:
        told = sum(
            one.amount if one.movement in ADDS else -one.amount
            for one in moves
            if one.place == place
        )
        if told != balance(account, place):
            yield f"{place} was told of {told}, and should have {balance(account, place)}"
    granted = {one.bonus: one.amount for one in moves if one.movement == "grant"}
    for root, amount in granted.items():
        parts = account.parts(root)
        if parts and total(parts) != amount:
            yield f"{root} was of {amount} and is of {total(parts)}"


def _prices(account: Account | None, prices: list[SetAmount]) -> Iterator[str]:
    """The difference in a price is what the deal holds or has spent: no point counts twice."""
    for price in prices:
        if price.amount < 0:
            yield f"{price.id} makes a price of {price.amount}"
    for known in account.spendings if account else ():
        if account is None or known.before is None or known.after is None:
            continue
        less = known.before - known.after
        held, spent = total(account.held_by(known.deal)), total(account.spent_by(known.deal))
        # What was spent a year ago is forgotten.
        if less != held + spent and (held or less < spent):
            yield f"deal {known.deal} is {less} cheaper for {held} held and {spent} spent"


def _tellings(account: Account, effects: list[Effect]) -> Iterator[str]:
    """A client hears of his bonus after every place was asked to take it down, and once."""
    asked = defaultdict[str, set[str]](set)
    for effect in effects:
        if isinstance(effect, MoveBonus) and effect.movement == "grant":
            asked[effect.bonus].add(effect.place)
        if isinstance(effect, TellClient):
            root = effect.id.rpartition("told.granted.")[2]
            entry = account.entry(root)
            if entry is not None and asked[root] != set(entry.places):
                yield f"{effect.id} was told before {entry.places} were asked"
