"""Makes `doors/crawlers.py` of a list: `python -m tests.doors.crawler_list`.

The package reads 545 KB of JSON and compiles 1,500 patterns at its first visit, 24 ms of a cold
start. Nearly all of the patterns are plain words, and to look for a word takes no pattern.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]

WRITTEN = Path(__file__).parents[2] / "layers/core/switchboard/doors/crawlers.py"

PEOPLES = {
    r"AP3A\.240617\.008": "a build of Android 15 that OPPO's and OnePlus's phones have",
    "Butterfly": "HTC's phones; the crawler calls itself compatible",
    "MetaIAB Facebook": "Facebook's in-app browser",
    "Viber": "may stand in Viber's in-app browser; its preview is no browser at all",
}
"""Patterns of the list that people's browsers have too.

A person taken for a crawler would never get his bonus, and these crawlers show by other signs.
"""

_HEAD = '''"""How crawlers call themselves, by crawler-user-agents {version}. Not to be edited here:
`python -m tests.doors.crawler_list` makes it, without the patterns that people's browsers have too.

The list is by Martin Monperrus and its contributors, under the MIT licence:

{licence}
"""

import re

# fmt: off
WORDS = (
{words}
)
BEGINNINGS = (
{beginnings}
)
# fmt: on
_PATTERNS = re.compile(
{patterns}
)


def crawler(agent: str) -> bool:
    """Whether the list has such a user agent. Case counts, as it does in the list."""
    return (
        agent.startswith(BEGINNINGS)
        or any(word in agent for word in WORDS)
        or _PATTERNS.search(agent) is not None
    )
'''
_LICENCE = """Copyright (c) 2017 Martin Monperrus

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""

_CHOICE = re.compile(r"\[(\w\w)\]|\(([^()^|]+)\|([^()^|]+)\)")


class Split(NamedTuple):
    """The list's patterns as what has to be looked for anywhere, at the beginning, and the rest."""

    words: tuple[str, ...]
    beginnings: tuple[str, ...]
    patterns: tuple[str, ...]


def split(patterns: Iterable[str]) -> Split:
    words, beginnings, rest = set(), set(), []
    for pattern in patterns:
        plain = list(_expanded(pattern))
        if all(_is_word(one) for one in plain):
            words |= {_word(one) for one in plain}
        elif all(one[0] == "^" and _is_word(one[1:]) for one in plain):
            beginnings |= {_word(one[1:]) for one in plain}
        else:
            rest.append(pattern.replace(r"\/", "/"))
    # A word that holds another one adds nothing to it.
    needed = [one for one in words if not any(other in one for other in words if other != one)]
    return Split(tuple(sorted(needed)), tuple(sorted(beginnings)), tuple(rest))


def listed() -> list[str]:
    """The list's patterns without the people's."""
    found = [str(one["pattern"]) for one in CRAWLER_USER_AGENTS_DATA]
    assert set(found) >= PEOPLES.keys()
    return [pattern for pattern in found if pattern not in PEOPLES]


def source() -> str:
    words, beginnings, patterns = split(listed())
    first, *rest = (f'r"{pattern}"' for pattern in patterns)
    return _HEAD.format(
        version=version("crawler-user-agents"),
        licence=_LICENCE,
        words="\n".join(_lines(words)),
        beginnings="\n".join(_lines(beginnings)),
        patterns="\n".join([f"    {first}", *(f'    r"|{one[2:]}' for one in rest)]),
    )


def _expanded(pattern: str) -> Iterator[str]:
    """`[wW]get` as `wget` and `Wget`, `A(b|c)` as `Ab` and `Ac`, `a|b` as `a` and `b`."""
    if "(" not in pattern and "|" in pattern:
        yield from pattern.split("|")
        return
    pieces, end = [], 0
    for found in _CHOICE.finditer(pattern):
        pieces += [[pattern[end : found.start()]], list(found[1] or (found[2], found[3]))]
        end = found.end()
    for chosen in itertools.product(*pieces, [pattern[end:]]):
        yield "".join(chosen)


def _is_word(pattern: str) -> bool:
    return re.search(r"(?<!\\)[\[\](){}|^$?*+.]|\\[A-Za-z0-9]", pattern) is None


def _word(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)


def _lines(words: Iterable[str]) -> list[str]:
    lines, line = [], "   "
    for word in words:
        said = f' "{word}",' if '"' not in word and "\\" not in word else f" {word!r},"
        if len(line) + len(said) > 100:
            lines.append(line)
            line = "   "
        line += said
    return [*lines, line]


if __name__ == "__main__":
    WRITTEN.write_text(source(), encoding="utf-8")
