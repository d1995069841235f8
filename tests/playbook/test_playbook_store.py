"""Published versions never change, and exactly one of them is live, whatever comes between."""

from datetime import UTC, datetime

import pytest

from switchboard.domain.errors import Conflict
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore, Published
from switchboard.playbook.table import item_of, put_migration, put_version
from switchboard.store.database import Item, Request
from tests.playbook.settings_table import CountingDatabase

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
Settings = tuple[CountingDatabase, str]


@pytest.fixture
def playbooks(settings: Settings) -> PlaybookStore:
    return PlaybookStore(*settings)


def changed(playbook: Playbook, language: str = "en") -> Playbook:
    return playbook.model_copy(update={"language": language})


def test_what_was_published_is_read_back_whole(
    playbooks: PlaybookStore, playbook: Playbook
) -> None:
    assert playbooks.publish(playbook, NOW) == Published(1, changed=True)
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert (snapshot.version, snapshot.playbook, snapshot.moved) == (1, playbook, {})
    assert playbooks.version("demo", 1) == playbook


def test_the_same_again_makes_no_version(
    playbooks: PlaybookStore, playbook: Playbook, settings: Settings
) -> None:
    playbooks.publish(playbook, NOW)
    settings[0].calls.clear()
    assert playbooks.publish(playbook, NOW) == Published(1, changed=False)
    assert settings[0].calls == ["get"]


def test_going_back_to_old_content_is_a_new_version(
    playbooks: PlaybookStore, playbook: Playbook
) -> None:
    playbooks.publish(playbook, NOW)
    assert playbooks.publish(changed(playbook), NOW) == Published(2, changed=True)
    assert playbooks.publish(playbook, NOW) == Published(3, changed=True)
    assert playbooks.version("demo", 2) == changed(playbook)
    assert playbooks.version("demo", 3) == playbook
    assert playbooks.version("demo", 4) is None


def test_a_crash_before_going_live_changes_nothing(
    playbooks: PlaybookStore, playbook: Playbook, settings: Settings
) -> None:
    playbooks.publish(playbook, NOW)
    _leave_behind(settings, changed(playbook), 2)
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert snapshot.version == 1


def test_after_a_crash_the_same_publish_goes_on_with_its_version(
    playbooks: PlaybookStore, playbook: Playbook, settings: Settings
) -> None:
    playbooks.publish(playbook, NOW)
    _leave_behind(settings, changed(playbook), 2)
    assert playbooks.publish(changed(playbook), NOW) == Published(2, changed=True)


def test_after_a_crash_another_publish_takes_the_next_version(
    playbooks: PlaybookStore, playbook: Playbook, settings: Settings
) -> None:
    _leave_behind(settings, changed(playbook), 1)
    assert playbooks.publish(playbook, NOW) == Published(2, changed=True)
    assert playbooks.version("demo", 1) == changed(playbook)


class Overtaken(CountingDatabase):
    """Somebody else publishes `theirs` after we have read what is live."""

    theirs: Playbook | None = None

    def get(self, request: Request) -> Item | None:
        seen = super().get(request)
        if self.theirs is not None:
            theirs, self.theirs = self.theirs, None
            PlaybookStore(self, request["TableName"]).publish(theirs, NOW)
        return seen


@pytest.mark.parametrize("already_live", [False, True])
def test_of_two_publishes_at_once_the_later_is_told(
    playbook: Playbook, settings: Settings, already_live: bool
) -> None:
    database, playbooks = _overtaken(settings)
    if already_live:
        playbooks.publish(playbook, NOW)
    database.theirs = changed(playbook)
    ours = playbook.model_copy(update={"timezone": "Asia/Omsk"})
    with pytest.raises(Conflict, match="demo"):
        playbooks.publish(ours, NOW)
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert snapshot.playbook == changed(playbook)


def test_two_publishes_of_the_same_at_once_agree(playbook: Playbook, settings: Settings) -> None:
    database, playbooks = _overtaken(settings)
    database.theirs = playbook
    assert playbooks.publish(playbook, NOW) == Published(1, changed=False)


def test_branches_are_apart(playbooks: PlaybookStore, playbook: Playbook) -> None:
    other = playbook.model_copy(update={"branch": "demo2"})
    playbooks.publish(playbook, NOW)
    playbooks.publish(changed(playbook), NOW)
    playbooks.publish(other, NOW)
    playbooks.record_migration("demo", -100, -200)
    assert playbooks.branches() == ["demo", "demo2"]
    snapshot = playbooks.snapshot("demo2")
    assert snapshot is not None
    assert (snapshot.version, snapshot.playbook, snapshot.moved) == (1, other, {})


def test_an_unpublished_branch_has_no_snapshot(playbooks: PlaybookStore) -> None:
    playbooks.record_migration("demo", -100, -200)
    assert playbooks.snapshot("demo") is None
    assert playbooks.branches() == []


def test_a_migration_leads_straight_to_the_present_chat(
    playbooks: PlaybookStore, playbook: Playbook
) -> None:
    playbooks.publish(playbook, NOW)
    assert playbooks.record_migration("demo", -100, -200)
    assert playbooks.record_migration("demo", -200, -300)
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert snapshot.moved == {-100: -300, -200: -300}
    assert [snapshot.chat(chat) for chat in (-100, -200, -300, 7)] == [-300, -300, -300, 7]


def test_a_migration_told_twice_is_written_once(
    playbooks: PlaybookStore, settings: Settings
) -> None:
    assert playbooks.record_migration("demo", -100, -200)
    settings[0].calls.clear()
    assert playbooks.record_migration("demo", -100, -200)
    assert "put" not in settings[0].calls


@pytest.mark.parametrize(("old", "new"), [(-300, -300), (-300, -100), (-300, -200)])
def test_a_migration_never_leads_back(
    playbooks: PlaybookStore, playbook: Playbook, old: int, new: int
) -> None:
    playbooks.publish(playbook, NOW)
    playbooks.record_migration("demo", -100, -200)
    playbooks.record_migration("demo", -200, -300)
    assert not playbooks.record_migration("demo", old, new)
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert snapshot.moved == {-100: -300, -200: -300}


def test_a_circle_that_two_writers_left_is_read_without_end(
    playbooks: PlaybookStore, playbook: Playbook, settings: Settings
) -> None:
    playbooks.publish(playbook, NOW)
    database, table = settings
    database.put(put_migration(table, "demo", -1, -2))
    database.put(put_migration(table, "demo", -2, -1))
    snapshot = playbooks.snapshot("demo")
    assert snapshot is not None
    assert set(snapshot.moved) == {-1, -2}


def test_branches_beyond_one_page_are_found(playbooks: PlaybookStore, playbook: Playbook) -> None:
    # DynamoDB's pages end at 1 MB before the filter: the filler makes several.
    texts = {"worker.greeting": "x" * 200_000}
    for name in ("a", "b", "c", "d"):
        filled = playbook.model_copy(update={"branch": name, "texts": texts})
        playbooks.publish(filled, NOW)
    assert playbooks.branches() == ["a", "b", "c", "d"]


def _leave_behind(settings: Settings, playbook: Playbook, version: int) -> None:
    """What a publish leaves that ends between its two writes."""
    database, table = settings
    attributes = item_of(playbook.model_dump_json(), version, NOW)
    database.put(put_version(table, playbook.branch, attributes))


def _overtaken(settings: Settings) -> tuple[Overtaken, PlaybookStore]:
    database = Overtaken(settings[0].client)
    return database, PlaybookStore(database, settings[1])
