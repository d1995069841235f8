"""OAuth tokens whose refresh token works once: one item per account, each change one write.

The item is also the lock that all processes share. A refresh is a lease: the write that takes it
names the refresh token that is about to be spent and marks the item in doubt *before* the call, so
that a process killed in mid-call leaves the truth behind. The new pair is written before it is
used. Owners are told apart by the item's version: a lease is taken on the version that was read.
"""

import hashlib
from typing import Literal, NamedTuple, get_args

from switchboard.store.database import ConditionFailed, Database, Item, Request

Trouble = Literal["", "in_doubt", "refused"]
"""in_doubt: a refresh was sent and its answer never came. refused: the last refresh was refused."""

_REMEMBERED_CHAINS = 10


class Grant(NamedTuple):
    """What stands in the item. Times are whole seconds since 1970.

    A chain is a first refresh token, given by a person, and all that followed from it; `chain` is
    that first token's hash, `past` are the hashes of earlier ones.
    """

    chain: str
    refresh: str
    access: str = ""
    access_until: int = 0
    version: int = 0
    lease_until: int = 0
    trouble: Trouble = ""
    past: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Grant(chain={self.chain[:8]}, version={self.version}, trouble={self.trouble!r})"


def chain_of(first_refresh_token: str) -> str:
    return hashlib.sha256(first_refresh_token.encode()).hexdigest()


def resumed(stored: Grant | None, first_refresh_token: str) -> Grant:
    """What to go on with: the stored chain, or a new one when a person has connected anew.

    A first token that was given *before* the stored one is only a process that has not yet seen
    the new secret: the stored chain goes on.
    """
    chain = chain_of(first_refresh_token)
    if stored is None:
        return Grant(chain, first_refresh_token)
    if chain == stored.chain or chain in stored.past:
        return stored
    past = (*stored.past, stored.chain)[-_REMEMBERED_CHAINS:]
    return Grant(chain, first_refresh_token, version=stored.version, past=past)


class Tokens:
    """The tokens of all branches, in the settings table under `oauth#<name>`."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def load(self, branch: str, name: str) -> Grant | None:
        item = self._database.get(
            {"TableName": self._table, "Key": _key(branch, name), "ConsistentRead": True}
        )
        return None if item is None else _grant(item)

    def lease(self, branch: str, name: str, grant: Grant, until: int) -> Grant | None:
        """Takes the right to spend `grant.refresh` until then. None: somebody was faster.

        Whether an earlier lease is over is for the caller to see; the version makes sure that
        nothing has changed since he looked.
        """
        taken = grant._replace(version=grant.version + 1, lease_until=until, trouble="in_doubt")
        return self._replace(branch, name, taken, grant.version)

    def release(
        self, branch: str, name: str, held: Grant, trouble: Trouble, until: int = 0
    ) -> None:
        """Gives the lease back, or keeps everybody from trying again until then."""
        self._replace(
            branch,
            name,
            held._replace(version=held.version + 1, lease_until=until, trouble=trouble),
            held.version,
        )

    def save(self, branch: str, name: str, spent: Grant, fresh: Grant) -> Grant | None:
        """Writes the pair that `spent.refresh` was exchanged for. None: a new chain has begun.

        The condition is not the lease but the spent token: whoever exchanged it holds its only
        successor, even if he was so slow that his lease went to another.
        """
        names = {
            "#chain": "chain",
            "#refresh": "refresh_token",
            "#access": "access_token",
            "#until": "access_until",
            "#version": "version",
            "#lease": "lease_until",
            "#trouble": "trouble",
        }
        request: Request = {
            "TableName": self._table,
            "Key": _key(branch, name),
            "ConditionExpression": "#chain = :chain AND #refresh = :spent",
            "UpdateExpression": (
                "SET #refresh = :fresh, #access = :access, #until = :until, "
                "#lease = :zero, #trouble = :none ADD #version :one"
            ),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                ":chain": {"S": spent.chain},
                ":spent": {"S": spent.refresh},
                ":fresh": {"S": fresh.refresh},
                ":access": {"S": fresh.access},
                ":until": {"N": str(fresh.access_until)},
                ":zero": {"N": "0"},
                ":one": {"N": "1"},
                ":none": {"S": ""},
            },
            "ReturnValues": "ALL_NEW",
        }
        try:
            return _grant(self._database.update(request))
        except ConditionFailed:
            return None

    def _replace(self, branch: str, name: str, grant: Grant, seen: int) -> Grant | None:
        request = {
            "TableName": self._table,
            "Item": {**_key(branch, name), **_attributes(grant)},
            # Nobody has written since we looked; an item that nobody wrote has version 0.
            "ConditionExpression": "#version = :seen" if seen else "attribute_not_exists(#version)",
            "ExpressionAttributeNames": {"#version": "version"},
        }
        if seen:
            request["ExpressionAttributeValues"] = {":seen": {"N": str(seen)}}
        try:
            self._database.put(request)
        except ConditionFailed:
            return None
        return grant


def _key(branch: str, name: str) -> Item:
    return {"pk": {"S": branch}, "sk": {"S": f"oauth#{name}"}}


def _attributes(grant: Grant) -> Item:
    return {
        "chain": {"S": grant.chain},
        "refresh_token": {"S": grant.refresh},
        "access_token": {"S": grant.access},
        "access_until": {"N": str(grant.access_until)},
        "version": {"N": str(grant.version)},
        "lease_until": {"N": str(grant.lease_until)},
        "trouble": {"S": grant.trouble},
        "past": {"L": [{"S": chain} for chain in grant.past]},
    }


def _grant(item: Item) -> Grant:
    said = item["trouble"]["S"]
    return Grant(
        chain=item["chain"]["S"],
        refresh=item["refresh_token"]["S"],
        access=item["access_token"]["S"],
        access_until=int(item["access_until"]["N"]),
        version=int(item["version"]["N"]),
        lease_until=int(item["lease_until"]["N"]),
        trouble=next(known for known in get_args(Trouble) if known == said),
        past=tuple(entry["S"] for entry in item["past"]["L"]),
    )
