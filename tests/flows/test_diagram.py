"""The diagram in docs/ is the table, and the drawing says what a table says."""

from enum import StrEnum

from switchboard.flows.claim.table import TABLE, State
from switchboard.flows.diagram import mermaid
from tests.flows.draw import PAGE, drawn


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Push(StrEnum):
    BUILT = "it is built"
    SOFT = "pushed softly"
    HARD = "pushed hard"


class Came(StrEnum):
    MADE = "made"
    CLOSED = "closed"
    SLAMMED = "slammed"
    UNCHANGED = "unchanged"
    NOTHING = "nothing"
    RATTLED = "rattled"


def test_a_table_becomes_arrows() -> None:
    table = {
        (None, Push.BUILT): (Door.OPEN, Came.MADE),
        (None, Push.SOFT): (None, Came.NOTHING),
        (Door.OPEN, Push.SOFT): (Door.SHUT, Came.CLOSED),
        (Door.OPEN, Push.HARD): (Door.SHUT, Came.SLAMMED),
        (Door.SHUT, Push.SOFT): (Door.SHUT, Came.UNCHANGED),
        (Door.SHUT, Push.HARD): (Door.SHUT, Came.RATTLED),
    }
    assert mermaid(table, final=(Door.SHUT,)) == (
        "stateDiagram-v2\n"
        "    [*] --> open: it is built → made\n"
        "    open --> shut: pushed softly → closed<br>pushed hard → slammed\n"
        "    shut --> shut: pushed hard → rattled\n"
        "    shut --> [*]\n"
    )


def test_the_page_shows_the_table_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "the table has changed: python -m tests.flows.draw"


def test_every_state_and_every_change_of_state_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for (before, _), row in TABLE.items():
        if row.to is not before:
            assert f"    {before or '[*]'} --> {row.to}: " in page
    assert all(f"`{state}`" in page for state in State)
