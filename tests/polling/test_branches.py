"""Bridges follow the live playbooks, and only one host at a time polls for a branch."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest

from cli.connection import Connection
from cli.polling import QUEUE
from cli.polling.bot_api import Bot
from cli.polling.branches import Branches, Polled, follow
from cli.polling.replay import hand_again
from cli.problems import Problem
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime.secrets import Secrets
from switchboard.store.database import Database
from switchboard.store.deliveries import Dead
from switchboard.store.turns import LASTS, Turns
from tests.channels.bot_api import BotApi as Server
from tests.flows.story import BRANCH, playbook
from tests.polling.fakes import Lines, until
from tests.store.conftest import Tables

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def store(moto: Any, moto_tables: Tables) -> PlaybookStore:
    return PlaybookStore(Database(moto), moto_tables("settings"))


def published(store: PlaybookStore, **telegram: Any) -> None:
    said = playbook()
    changed = said.telegram.model_copy(update=telegram)
    store.publish(said.model_copy(update={"telegram": changed}), NOW)


def branches(
    store: PlaybookStore, log: Lines, environ: Mapping[str, str], *, mine: bool = True
) -> Branches:
    known = Secrets(environ, lambda _: "", lambda: 0.0)
    return Branches(store, known, lambda _: mine, log)


SET = {"TOKEN": "1:a", "SECRET": "word", "PROXY": "socks5://127.0.0.1:1"}
NAMES = {"token": "env:TOKEN", "webhook_secrets": ("env:SECRET", "env:OTHER")}


def test_only_what_says_polling_is_polled(store: PlaybookStore) -> None:
    log = Lines()
    published(store, **NAMES)
    assert branches(store, log, SET).polled() == []
    published(store, mode="polling", proxy="env:PROXY", base_url="http://x/bot", **NAMES)
    bot = Bot("1:a", "http://x/bot", "socks5://127.0.0.1:1")
    assert branches(store, log, SET).polled() == [Polled(BRANCH, bot, "word")]
    assert log.said == []


def test_what_stands_against_it_is_told_once(store: PlaybookStore) -> None:
    published(store, mode="polling", **NAMES)
    log = Lines()
    poor = branches(store, log, {"TOKEN": "1:a"})
    assert poor.polled() == poor.polled() == []
    elsewhere = branches(store, log, SET, mine=False)
    assert elsewhere.polled() == elsewhere.polled() == []
    assert log.warnings == [
        "the secret env:SECRET is not set",
        "another host polls for this branch",
    ]


def one(token: str) -> Polled:
    return Polled("tiles", Bot(token, "http://x/bot"), "word")


def test_a_bridge_is_exchanged_when_anything_of_it_changes() -> None:
    async def story() -> None:
        wanted: list[list[Polled] | Exception] = [
            [one("1")],
            [one("1")],
            ConnectionError(),
            [one("2")],
            [],
        ]
        running: list[str] = []
        seen: list[list[str]] = []
        log = Lines()

        def polled() -> list[Polled]:
            seen.append(list(running))
            found = wanted.pop(0) if len(wanted) > 1 else wanted[0]
            if isinstance(found, Exception):
                raise found
            return found

        async def bridge(it: Polled) -> NoReturn:
            running.append(it.bot.token)
            try:
                await asyncio.Event().wait()
            finally:
                running.remove(it.bot.token)
            raise AssertionError("nobody sets it")

        following = asyncio.create_task(follow(polled, bridge, log, every=0.05))
        await until(lambda: len(seen) >= 7)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert seen[:6] == [[], ["1"], ["1"], ["1"], ["2"], []]
        assert running == []
        assert log.warnings == ["the playbooks cannot be read"]

    asyncio.run(story())


def test_a_bridge_that_fails_is_told_and_begins_anew() -> None:
    async def story() -> None:
        log, begun = Lines(), 0

        async def bridge(_: Polled) -> None:
            nonlocal begun
            begun += 1
            raise KeyError("Тайна")

        following = asyncio.create_task(follow(lambda: [one("1")], bridge, log, every=0.01))
        await until(lambda: begun >= 3)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert set(log.warnings) == {"polling failed"}
        assert "Тайна" not in "".join(log.said)

    asyncio.run(story())


def test_a_turn_is_one_hosts_until_it_falls_silent(moto: Any, moto_tables: Tables) -> None:
    turns = Turns(Database(moto), moto_tables("settings"))
    assert turns.take("tiles", "telegram", "a", NOW)
    assert not turns.take("tiles", "telegram", "b", NOW)
    assert turns.take("tiles", "other", "b", NOW)
    later = NOW + timedelta(seconds=LASTS - 1)
    assert turns.take("tiles", "telegram", "a", later)
    assert not turns.take("tiles", "telegram", "b", NOW + timedelta(seconds=LASTS + 1))
    silent = later + timedelta(seconds=LASTS + 1)
    assert turns.take("tiles", "telegram", "b", silent)
    assert not turns.take("tiles", "telegram", "a", silent)


def test_a_turn_is_no_branch(store: PlaybookStore, moto: Any) -> None:
    published(store)
    Turns(Database(moto), store._table).take("elsewhere", "telegram", "a", NOW)
    assert store.branches() == [BRANCH]


class Here(Connection):
    """The connection of a command on a host whose doors are those of the test."""

    def __init__(self, moto: Any, table: str, doors: str) -> None:
        self._database, self._table, self._doors = Database(moto), table, doors

    def database(self) -> Database:
        return self._database

    def name(self, _: str) -> str:
        return self._table

    def doors(self) -> str:
        return self._doors


def test_a_dead_letter_goes_to_the_door_again(
    store: PlaybookStore, moto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    monkeypatch.setenv("SECRET", "word")
    published(store, mode="polling", **NAMES)
    connection = Here(moto, store._table, server.base_url.removesuffix("/bot"))
    letter = Dead(BRANCH, "update.7", QUEUE, "400", '{"update_id":7}', NOW)
    server.answers = [{"method": "sendMessage"}, {"error_code": 400}, "hang up"]
    hand_again(connection, letter)
    for _ in range(2):
        with pytest.raises(Problem, match=r"update\.7: "):
            hand_again(connection, letter)
    server.stop()
    assert [path for path, _ in server.calls] == [f"/telegram/{BRANCH}"] * 3
