"""Who hands out a message: leases of the dead, lost shares, and what nobody was told of."""

import asyncio
import contextlib
import dataclasses
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any, NamedTuple, cast

import pytest

from selfhosted.database import Database
from selfhosted.event_source import EventSourceMapping
from selfhosted.functions import Pool
from selfhosted.invocations import Kind, Outcome
from selfhosted.membership import Membership, Origin, here
from selfhosted.messages import SHARDS, Message, parse_receipt, shard_of
from selfhosted.queue_store import QueueStore
from selfhosted.queues import Draft, Queues
from selfhosted.template import EventSource
from tests.polling.leaping import leaping
from tests.selfhosted.database_in_memory import DatabaseInMemory
from tests.selfhosted.test_host_wakeups import ANSWERED, CRASHED, QUEUE, Caller

HOUR_NS = 3_600_000_000_000


class Host:
    """A host on a database that others share. The test plays its function and its heart."""

    def __init__(
        self, database: DatabaseInMemory, origin: Origin | None = None, ceiling: int = 1
    ) -> None:
        shared = cast("Database", database)
        self.lines: list[str] = []
        self.members = Membership(shared, origin or here(os.getpid()), self.lines.append)
        self.store = QueueStore(shared)
        self.queues = Queues([QUEUE], self.store, self.members)
        self.function = Caller(ceiling)
        source = EventSource(
            queue=QUEUE.name, function="F", batch_size=1, partial=True, concurrency=None
        )
        self.mapping = EventSourceMapping(
            source, cast("Pool", self.function), self.queues, self.lines.append
        )

    async def send(self, body: str, group: str) -> Message:
        return await self.queues.send(QUEUE, Draft(body, group=group, deduplication=body))

    async def calls(self, seconds: float = 100) -> "Call":
        """The call of its function that comes next."""
        (record,), outcome = await self.function.called(seconds)
        return Call(record["body"], self, record, outcome)


class Call(NamedTuple):
    """A call of a function with one message."""

    body: str
    host: Host
    record: dict[str, Any]
    outcome: asyncio.Future[Outcome]

    def ends_well(self) -> None:
        self.outcome.set_result(ANSWERED)

    async def fails(self) -> None:
        """The function wants the message again at once."""
        receipt = parse_receipt(self.record["receiptHandle"])
        assert receipt is not None
        assert await self.host.queues.postpone(QUEUE, *receipt, 0)
        failures = {"batchItemFailures": [{"itemIdentifier": self.record["messageId"]}]}
        self.outcome.set_result(Outcome(Kind.ANSWERED, json.dumps(failures).encode()))


@contextlib.asynccontextmanager
async def at_work(*hosts: Host) -> AsyncIterator[None]:
    looking = [asyncio.create_task(host.mapping.look()) for host in hosts]
    try:
        yield
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*(host.mapping.close(0.01) for host in hosts))


async def beats(*hosts: Host) -> None:
    """So many that everybody knows of everybody and has the shares that are due."""
    for _ in range(3):
        for host in hosts:
            await host.members.turn()


async def everything_has_happened() -> None:
    """Nothing that could still happen by itself has not."""
    await asyncio.sleep(5)


def older(message: Message, body: str, group: str) -> Message:
    """Another message, sent an hour earlier: no look reaches as far back that is not at all."""
    place = message.position - HOUR_NS
    return dataclasses.replace(
        message, key=f"k{body}", id=f"i{body}", body=body, group=group, position=place
    )


def group_within(shards: set[int]) -> str:
    return next(name for name in map("g{}".format, count()) if shard_of(name) in shards)


class Elsewhere:
    """A process on this machine, for which a host of the test passes with the others."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(["sleep", "60"])
        self.origin = here(self._process.pid)

    def ends(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    process = Elsewhere()
    yield process
    process.ends()


@pytest.mark.parametrize("further_receives", [0, 1])
def test_a_lease_ends_with_its_host_though_its_message_was_known(
    elsewhere: Elsewhere, further_receives: int
) -> None:
    """The lease was on its way to the database when its host let go of the share."""

    async def play() -> None:
        database = DatabaseInMemory()
        host, other = Host(database), Host(database, elsewhere.origin)
        await beats(host, other)
        group = group_within(host.members.owned)
        async with at_work(host):
            sent = older(await host.send("new", group), "one", group)
            (await host.calls()).ends_well()
            await other.store.put(QUEUE, sent)
            for _ in range(1 + further_receives):
                until = sent.sent_at + 180_000
                assert await other.store.lease(sent, sent.sent_at, until, other.members.host)
                host.mapping.gained(frozenset())
                await everything_has_happened()
            assert not host.function.calls, "its host lives"
            elsewhere.ends()
            await beats(host)
            call = await host.calls()
            assert call.body == "one"
            call.ends_well()
            await everything_has_happened()
            assert not host.function.calls

    leaping(play())


def test_a_look_does_not_make_the_pause_after_a_crash_as_long_as_the_lease() -> None:
    async def play() -> None:
        host = Host(DatabaseInMemory())
        await beats(host)
        async with at_work(host):
            await host.send("one", "g")
            call = await host.calls(2)
            call.outcome.set_result(CRASHED)
            await asyncio.sleep(0)
            host.mapping.gained(frozenset())
            call = await host.calls(2)
            assert call.body == "one"
            call.ends_well()

    asyncio.run(play())


def test_an_idle_look_finds_what_nobody_was_told_of_however_old() -> None:
    """Its writer failed after the write, and later messages have gone through since."""

    async def play() -> None:
        host = Host(DatabaseInMemory())
        await beats(host)
        async with at_work(host):
            new = await host.send("new", "g")
            untold = older(new, "untold", "h")
            (await host.calls()).ends_well()
            await everything_has_happened()
            await host.store.put(QUEUE, untold)
            call = await host.calls()
            assert call.body == "untold"
            call.ends_well()

    leaping(play())


def test_a_message_goes_to_the_host_of_its_share_whoever_was_sent_it() -> None:
    async def play() -> None:
        database = DatabaseInMemory()
        hosts = Host(database), Host(database)
        await beats(*hosts)
        async with at_work(*hosts):
            for sender, receiver in (hosts, hosts[::-1]):
                name = receiver.members.host
                await sender.send(name, group_within(receiver.members.owned))
                await everything_has_happened()
                assert not sender.function.calls
                call = await receiver.calls()
                assert call.body == name
                call.ends_well()

    leaping(play())


def test_a_host_that_was_taken_for_dead_hands_out_nothing_of_its_shares(
    elsewhere: Elsewhere,
) -> None:
    """It was silent for too long, and works on when the other host has its shares."""

    async def play() -> None:
        database = DatabaseInMemory()
        host, other = Host(database, elsewhere.origin), Host(database, ceiling=3)
        await beats(host)
        async with at_work(host):
            for body, group in (("first", "g"), ("second", "g"), ("beside", "h")):
                await host.send(body, group)
            call = await host.calls()
            assert call.body == "first", "and it has hands for no other"
            elsewhere.ends()
            await beats(other)
            assert len(other.members.owned) == SHARDS
            await host.members.turn()
            assert not host.members.owned
            await call.fails()
            await everything_has_happened()
            assert not host.function.calls
            async with at_work(other):
                seen = []
                for _ in range(3):
                    call = await other.calls()
                    seen.append(call.body)
                    call.ends_well()
                assert sorted(seen) == ["beside", "first", "second"]
                assert seen.index("first") < seen.index("second")
            assert not host.function.calls

    leaping(play())


def test_what_ends_after_its_share_was_lost_leaves_its_message_to_the_other_host(
    elsewhere: Elsewhere,
) -> None:
    """The function ends well, but too late: the other host's function has the message now."""

    async def play() -> None:
        database = DatabaseInMemory()
        host, other = Host(database, elsewhere.origin), Host(database)
        await beats(host)
        async with at_work(host, other):
            await host.send("first", "g")
            await host.send("second", "g")
            late = await host.calls()
            elsewhere.ends()
            await beats(other)
            call = await other.calls()
            assert call.body == "first"
            await host.members.turn()
            late.ends_well()
            await everything_has_happened()
            assert not host.function.calls
            assert not other.function.calls, "the head of the group still runs there"
            await call.fails()
            for body in ("first", "second"):
                call = await other.calls()
                assert call.body == body
                call.ends_well()

    leaping(play())


def test_a_message_that_fails_again_and_again_does_not_keep_a_share_from_its_next_host() -> None:
    async def play() -> None:
        database = DatabaseInMemory()
        host, other = Host(database), Host(database)
        await beats(host)
        async with at_work(host, other):
            # It is the lower half that it lets go of.
            sent = await host.send("one", group_within(set(range(SHARDS // 2))))
            call = await host.calls()
            await beats(other, host)
            assert sent.shard in host.members.owned, "something of it runs"
            await call.fails()
            await everything_has_happened()
            assert not host.function.calls
            await beats(host, other)
            assert sent.shard in other.members.owned
            call = await other.calls()
            assert call.body == "one"
            call.ends_well()

    leaping(play())
