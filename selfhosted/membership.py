"""Hosts that share one database: who is alive, and whose share of the work is whose.

All work is cut into SHARDS shares. A host announces itself by a heartbeat and takes free shares by
conditional writes until it has its part; with a new host at the table the others let go of what
is beyond theirs, each share once nothing of it runs any more. Nobody trusts anybody's clock: a
host is dead when its count of beats stood still for SILENCE seconds of *our* clock, or at once
when it ran on this machine and its process is gone.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

from selfhosted.database import ConditionFailedError, Database, DatabaseError, Item
from selfhosted.messages import SHARDS
from selfhosted.tables import HOSTS

BEAT: Final = 1.0
SILENCE: Final = 6.0
# For so long after the last other host has gone, what it sent may still be found, in seconds.
SHARED_AFTER: Final = 10.0


class Shares(Protocol):
    """What works on shares."""

    def gained(self, shards: frozenset[int]) -> None: ...
    def lost(self, shard: int) -> None: ...
    def runs(self, shard: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a host runs: the machine since its last boot, and the process with its birth.

    `boot` names the PID namespace too: a container sees none of its neighbours' processes.
    """

    boot: str
    pid: int
    born: str

    def gone(self, here: "Origin") -> bool:
        """Whether the process certainly no longer exists; False where that cannot be seen."""
        return self.boot == here.boot and _born(self.pid) != self.born


def here(pid: int) -> Origin:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    namespace = str(Path("/proc/self/ns/pid").readlink())
    return Origin(f"{boot} {namespace}", pid, _born(pid))


def _born(pid: int) -> str:
    """The start of the process in clock ticks since boot (proc(5), field 22); "" where none is."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    # A zombie has ended and waits for its parent to notice.
    return "" if fields[0] == "Z" else fields[19]


class Membership:
    """This host's seat at the table. `owned` are the shares that it works on."""

    def __init__(
        self,
        database: Database,
        origin: Origin,
        report: Callable[[str], None],
        failing: Callable[[], None] = lambda: None,
    ) -> None:
        """`failing` is called when the database has failed at writes beyond all patience."""
        self.host = uuid4().hex[:12]
        self.owned: set[int] = set()
        self.others: set[str] = set()
        self.shares: list[Shares] = []
        self._database = database
        self._origin = origin
        self._report = report
        self._failing = failing
        self._beat = 0
        self._leaving: set[int] = set()
        self._seen: dict[str, tuple[str, float]] = {}
        self._registered = False
        self._shared_until = 0.0
        self._known_to: set[str] = set()

    @property
    def shared(self) -> bool:
        """Whether other hosts may have sent what we have not yet seen."""
        return bool(self.others) or time.monotonic() < self._shared_until

    def works_on(self, shard: int) -> bool:
        return shard in self.owned and shard not in self._leaving

    def alive(self, host: str | None) -> bool:
        return host == self.host or host in self.others

    async def join(self) -> None:
        """Takes the seat; returns when every living host knows of it.

        Only then may this host accept messages: who thinks himself alone does not look for what
        others sent, and would let a later message of a group go first.
        """
        await self.turn()
        if self.others:
            self._report(f"joining {len(self.others)} other host(s) on this database…")
        while self.others - self._known_to:
            await asyncio.sleep(BEAT / 4)
            await self.turn()

    async def turn(self) -> None:
        """One beat: announce, look round, take or let go. Raises what the database raises."""
        await self._announce()
        hosts = await self._rows("host")
        await self._bury(hosts)
        await self._share(await self._rows("share"))

    async def leave(self) -> None:
        """Lets go of everything, so that others need not wait for our silence."""
        await asyncio.gather(*(self._release(shard) for shard in list(self.owned)))
        await self._database.call(
            "DeleteItem", {"TableName": HOSTS, "Key": _key("host", self.host)}
        )

    async def _announce(self) -> None:
        self._beat += 1
        request: dict[str, Any] = {
            "TableName": HOSTS,
            "Item": {
                **_key("host", self.host),
                "beat": {"N": str(self._beat)},
                "boot": {"S": self._origin.boot},
                "pid": {"N": str(self._origin.pid)},
                "born": {"S": self._origin.born},
                "sees": {"S": " ".join(sorted(self.others))},
            },
        }
        if self._registered:
            request["ConditionExpression"] = "attribute_exists(pk)"
        try:
            await self._database.call("PutItem", request)
        except ConditionFailedError:
            self._expelled()
            return
        self._registered = True

    def _expelled(self) -> None:
        """Others took us for dead and may have taken our shares: begin anew under a new name."""
        self._report("this host was silent for too long and starts over with its share of the work")
        self.host = uuid4().hex[:12]
        self._registered = False
        for shard in self.owned:
            self._give_up(shard)
        self.owned.clear()
        self._leaving.clear()

    async def _rows(self, kind: str) -> list[Item]:
        answer = await self._database.call(
            "Query",
            {
                "TableName": HOSTS,
                "KeyConditionExpression": "pk = :kind",
                "ExpressionAttributeValues": {":kind": {"S": kind}},
                "ConsistentRead": True,
            },
        )
        items: list[Item] = answer["Items"]
        return items

    async def _bury(self, rows: list[Item]) -> None:
        """Notes who lives and strikes the dead from the list."""
        now = time.monotonic()
        living: set[str] = set()
        known_to: set[str] = set()
        for row in rows:
            name, beat = row["sk"]["S"], row["beat"]["N"]
            if name == self.host:
                continue
            last, since = self._seen.get(name, ("", now))
            if beat != last:
                last, since = beat, now
            self._seen[name] = (last, since)
            origin = Origin(row["boot"]["S"], int(row["pid"]["N"]), row["born"]["S"])
            if now - since < SILENCE and not origin.gone(self._origin):
                living.add(name)
                if self.host in row["sees"]["S"].split():
                    known_to.add(name)
            else:
                await self._strike(name, beat)
        self._seen = {name: seen for name, seen in self._seen.items() if name in living}
        if self.others or living:
            self._shared_until = now + SHARED_AFTER
        self.others = living
        self._known_to = known_to

    async def _strike(self, name: str, beat: str) -> None:
        request = {
            "TableName": HOSTS,
            "Key": _key("host", name),
            "ConditionExpression": "beat = :beat",
            "ExpressionAttributeValues": {":beat": {"N": beat}},
        }
        try:
            await self._database.call("DeleteItem", request)
        except ConditionFailedError:
            return  # It lives after all, or another host was quicker.

    async def _share(self, rows: list[Item]) -> None:
        owners = {int(row["sk"]["S"]): row["owner_host"]["S"] for row in rows}
        part = -(-SHARDS // (len(self.others) + 1))
        surplus = len(self.owned) - len(self._leaving) - part
        for shard in sorted(self.owned - self._leaving)[: max(surplus, 0)]:
            self._leaving.add(shard)
            self._give_up(shard)
        await self._let_go()
        free = [n for n in range(SHARDS) if not self.alive(owners.get(n))]
        wanted = free[: max(part - len(self.owned), 0)]
        taken = await asyncio.gather(*(self._claim(n, owners.get(n)) for n in wanted))
        gained = frozenset(n for n, mine in zip(wanted, taken, strict=True) if mine)
        if gained:
            self.owned |= gained
            for share in self.shares:
                share.gained(gained)

    async def _let_go(self) -> None:
        for shard in list(self._leaving):
            if not any(share.runs(shard) for share in self.shares):
                await self._release(shard)
                self._leaving.discard(shard)
                self.owned.discard(shard)

    def _give_up(self, shard: int) -> None:
        for share in self.shares:
            share.lost(shard)

    async def _claim(self, shard: int, previous: str | None) -> bool:
        free = "attribute_not_exists(pk)"
        request: dict[str, Any] = {
            "TableName": HOSTS,
            "Item": {**_key("share", f"{shard:02d}"), "owner_host": {"S": self.host}},
            "ConditionExpression": free if previous is None else "owner_host = :previous",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if previous is not None:
            request["ExpressionAttributeValues"] = {":previous": {"S": previous}}
        try:
            await self._database.call("PutItem", request)
        except ConditionFailedError as refusal:
            return refusal.item is not None and refusal.item["owner_host"]["S"] == self.host
        return True

    async def _release(self, shard: int) -> None:
        request = {
            "TableName": HOSTS,
            "Key": _key("share", f"{shard:02d}"),
            "ConditionExpression": "owner_host = :me",
            "ExpressionAttributeValues": {":me": {"S": self.host}},
        }
        try:
            await self._database.call("DeleteItem", request)
        except ConditionFailedError:
            return

    async def run(self) -> None:
        """Beats until cancelled; a database that is away for a while is only reported."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self.turn()
            except (OSError, DatabaseError) as error:
                self._report(f"cannot reach the other hosts' records: {error}")
                if isinstance(error, DatabaseError) and error.code == "InternalServerError":
                    self._failing()


def _key(kind: str, name: str) -> Item:
    return {"pk": {"S": kind}, "sk": {"S": name}}
