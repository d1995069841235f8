"""What DynamoDB charges for, on demand.

Sources: docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
(sizes of items) and read-write-operations.html (units of each operation).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Item = Mapping[str, Any]


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: its attributes' names and values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """One for each KB of the larger of the two. A write whose condition fails costs as much as one
    that changes nothing, and one at nothing costs one."""
    largest = max(size(before or {}), size(after or {}))
    return max(1, -(-largest // 1024))


def index_write_units(before: Item | None, after: Item | None, keys: Iterable[str]) -> int:
    """An index's own writes: `before` and `after` are its entries, with what it projects alone.
    An entry whose key changes is taken away and put anew."""
    if before == after:
        return 0
    moved = any((before or {}).get(name) != (after or {}).get(name) for name in keys)
    if not moved:
        return write_units(before, after)
    return sum(write_units(None, entry) for entry in (before, after) if entry is not None)


def read_units(items: Iterable[Item], *, consistent: bool) -> float:
    """One for each 4 KB of all that was read, half of it without consistency; finding nothing
    costs as much as finding little."""
    units = max(1, -(-sum(map(size, items)) // 4096))
    return units if consistent else units / 2


def _value(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            # Two digits a byte, and one for the number, and one for the minus.
            digits = Decimal(held).normalize().as_tuple()
            return -(-len(digits.digits) // 2) + 1 + digits.sign
        case "B":
            return len(held)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + size(held) + len(held)
        case "L":
            return 3 + sum(map(_value, held)) + len(held)
        case other:
            raise ValueError(f"a value of type {other}")
