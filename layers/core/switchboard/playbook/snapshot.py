"""What a branch lives by at one moment."""

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

P = TypeVar("P")


class SnapshotOf(NamedTuple, Generic[P]):
    """The live playbook, the whole or a door's view of it; `moved` leads straight to a chat's
    present id."""

    version: int
    playbook: P
    moved: Mapping[int, int]

    def chat(self, chat: int) -> int:
        """The id that a chat of the playbook answers to now."""
        return self.moved.get(chat, chat)
