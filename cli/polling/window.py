"""Which updates are under way, and from which on Telegram is to keep them."""

from collections.abc import Iterable

from cli.polling.bot_api import Update


class Window:
    """Telegram forgets whatever stands before the offset that it is asked with, so the offset
    never passes an update that the door has not taken; what was taken beyond it is remembered."""

    def __init__(self) -> None:
        self._under_way: set[int] = set()
        self._taken: set[int] = set()

    @property
    def busy(self) -> bool:
        return bool(self._under_way)

    @property
    def offset(self) -> int | None:
        """None: nothing is to be confirmed."""
        if self._under_way:
            return min(self._under_way)
        return max(self._taken) + 1 if self._taken else None

    def begin(self, updates: Iterable[Update]) -> list[Update]:
        """Those that are new here, in Telegram's order."""
        known = self._under_way | self._taken
        new = [update for update in updates if update.id not in known]
        self._under_way.update(update.id for update in new)
        return new

    def done(self, update: Update) -> None:
        self._under_way.discard(update.id)
        self._taken.add(update.id)

    def confirmed(self, offset: int | None) -> None:
        """Telegram was asked with this offset and has answered.

        Once all is confirmed no offset is named any more: after a week without updates Telegram
        counts on from a number of its choice (Bot API, `Update.update_id`), which may be lower.
        """
        if offset is not None:
            self._taken = {number for number in self._taken if number >= offset}
