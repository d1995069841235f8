"""A function asks on each press and reads the table rarely; what it knows is never too old."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from switchboard.domain.errors import Misconfigured
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from tests.playbook.settings_table import CountingDatabase

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A published playbook, the cache before it, and the calls that reach the database."""

    def __init__(self, database: CountingDatabase, table: str, playbook: Playbook) -> None:
        self.store = PlaybookStore(database, table)
        self.store.publish(playbook, NOW)
        self.clock = Clock()
        self.live = LivePlaybooks(self.store, clock=self.clock)
        self.calls = database.calls
        self.calls.clear()


@pytest.fixture
def world(settings: tuple[CountingDatabase, str], playbook: Playbook) -> World:
    return World(*settings, playbook)


def test_many_presses_cost_one_query(world: World, playbook: Playbook) -> None:
    for _ in range(100):
        snapshot = world.live.get("demo")
        assert snapshot is not None
        assert snapshot.playbook is not playbook
        assert snapshot.playbook == playbook
    assert world.calls == ["query"]


def test_a_new_version_is_noticed_in_time(world: World, playbook: Playbook) -> None:
    world.live.get("demo")
    world.store.publish(playbook.model_copy(update={"language": "en"}), NOW)
    world.clock.now += 14.9
    assert _version(world) == 1
    world.clock.now += 0.1
    assert _version(world) == 2


def test_what_we_changed_ourselves_is_read_at_once(world: World) -> None:
    world.live.get("demo")
    world.store.record_migration("demo", -100, -200)
    world.live.refresh("demo")
    snapshot = world.live.get("demo")
    assert snapshot is not None
    assert snapshot.moved == {-100: -200}


def test_guessing_a_name_again_and_again_costs_one_query(world: World) -> None:
    for _ in range(100):
        assert world.live.get("nobody") is None
    assert world.calls == ["query"]


def test_a_branch_that_appears_is_noticed_soon(world: World, playbook: Playbook) -> None:
    assert world.live.get("new") is None
    world.store.publish(playbook.model_copy(update={"branch": "new"}), NOW)
    world.clock.now += 5
    assert world.live.get("new") is not None


@pytest.mark.parametrize(
    "name", ["", "-a", "Demo", "demo\n", "a" * 32, "демо", "a/b", "a#b", "live#playbook", "a b"]
)
def test_what_cannot_be_a_name_never_reaches_the_database(
    world: World, playbook: Playbook, name: str
) -> None:
    assert world.live.get(name) is None
    assert world.live.refresh(name) is None
    with pytest.raises(Misconfigured):
        world.live.at(name, 1)
    assert world.calls == []
    with pytest.raises(ValidationError):  # The model draws the same line.
        Playbook.model_validate({**playbook.model_dump(), "branch": name})


def test_guessed_names_push_no_branch_out(world: World) -> None:
    world.live.get("demo")
    for number in range(1100):
        world.live.get(f"guess-{number}")
    world.calls.clear()
    assert world.live.get("demo") is not None
    assert world.calls == []


def test_guessed_names_are_forgotten_beyond_a_thousand(world: World) -> None:
    for number in range(1100):
        world.live.get(f"guess-{number}")
    world.calls.clear()
    world.live.get("guess-1099")
    assert world.calls == []
    world.live.get("guess-0")
    assert world.calls == ["query"]


def test_an_old_version_is_read_once(world: World, playbook: Playbook) -> None:
    world.store.publish(playbook.model_copy(update={"language": "en"}), NOW)
    world.calls.clear()
    world.live.get("demo")
    for _ in range(10):
        world.clock.now += 100
        assert world.live.at("demo", 1) == playbook
    assert world.calls == ["query", "get"]


def test_the_live_version_is_not_read_again(world: World, playbook: Playbook) -> None:
    world.live.get("demo")
    assert world.live.at("demo", 1) == playbook
    assert world.calls == ["query"]


def test_a_version_that_never_was_is_a_misconfiguration(world: World) -> None:
    with pytest.raises(Misconfigured, match="version 7"):
        world.live.at("demo", 7)


def _version(world: World) -> int:
    snapshot = world.live.get("demo")
    assert snapshot is not None
    return snapshot.version
