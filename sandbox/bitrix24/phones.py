"""How Bitrix24 compares phones when it looks for duplicates.

Published sources: `NormalizePhone` in the main module's tools.php and
`DuplicateCommunicationCriterion::normalizePhone` in the crm module. Both the stored and the asked
spelling become a code, and codes must be equal: «8 (900) 000-00-21» and «+79000000021» are one,
«9000000021» is another. An extension after # or ; does not count.
"""

import re

_KEPT = re.compile(r"[^0-9#*,;]")
_EXTENSION = re.compile(r"(\d+)([;#]*)([\d,]*)")
# From this length on a number has its country code, or Russia's 8 instead of it.
_WHOLE = 10


def code(spelling: str) -> str:
    """The code that a spelling is stored and sought under; empty for an empty one."""
    number = spelling
    if len(number) >= _WHOLE and number.startswith("+8"):
        number = f"00{number[1:]}"
    number = _KEPT.sub("", number)
    if len(number) >= _WHOLE:
        number = _international(number)
    return _EXTENSION.sub(r"\1", number)


def _international(number: str) -> str:
    if number.startswith(("80", "81", "82")):
        return number
    if number.startswith("00"):
        return number[2:]
    if number.startswith("011"):
        return number[3:]
    if number.startswith("8"):
        return f"7{number[1:]}"
    return number.removeprefix("0")
