"""What the account says of its fields: which are lists, and of what words."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from switchboard.crm.bitrix24.answers import FieldDescription, part, read
from switchboard.crm.bitrix24.api import Api

_METHOD = "crm.item.fields"
_KEPT = timedelta(minutes=10)
"""Somebody may add a word to a list; until then a deal with it is read without that word."""


class Fields:
    """The fields of one kind of item, asked for when they are needed and kept for a while."""

    def __init__(self, api: Api, entity: int, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._entity = entity
        self._clock = clock
        self._known: Mapping[str, FieldDescription] = {}
        self._until: datetime | None = None

    def described(self) -> Mapping[str, FieldDescription]:
        now = self._clock()
        if self._until is None or now >= self._until:
            said = self._api.call(_METHOD, {"entityTypeId": self._entity})
            self._known = read(dict[str, FieldDescription], part(said, "fields") or {}, _METHOD)
            self._until = now + _KEPT
        return self._known
