"""Updates: each on its way, and those of a bot without a webhook, which wait to be asked for."""

import asyncio
import time
from dataclasses import dataclass, field

from sandbox.wire import Json

CALLBACK_LIFE = 150.0
MESSAGE_LIFE = 86_400.0


@dataclass
class Update:
    """One update on its way. `state`: waiting, delivered, expired or dropped."""

    id: int
    kind: str
    queue: str
    payload: Json
    life: float
    born: float = field(default_factory=time.monotonic)
    attempts: list[Json] = field(default_factory=list)
    state: str = "waiting"
    reply: Json | None = None

    def to_json(self) -> Json:
        return {
            "update_id": self.id,
            "kind": self.kind,
            "queue": self.queue,
            "state": self.state,
            "attempts": self.attempts,
            "reply": self.reply,
        }


class Kept:
    """Updates of a bot without a webhook, and whoever asks for them (Bot API, getUpdates)."""

    def __init__(self) -> None:
        self._updates: dict[int, Update] = {}
        self._asking: asyncio.Future[bool] | None = None

    def add(self, update: Update) -> None:
        self._updates[update.id] = update
        self._wake(arrived=True)

    def interrupt(self) -> None:
        """Whoever asks now is refused: another asks, or a webhook is set."""
        self._wake(arrived=False)

    def taken(self) -> list[Update]:
        """All of them; none is kept any longer."""
        found = list(self._updates.values())
        self._updates.clear()
        return found

    def confirm(self, offset: int) -> None:
        """Forgets what stands before `offset`; a negative one counts from the end."""
        numbers = sorted(self._updates)
        first = numbers[offset:][:1] if offset < 0 else [offset]
        for number in numbers:
            if first and number < first[0]:
                self._updates.pop(number).state = "delivered"

    def first(self, limit: int) -> list[Update]:
        """The earliest ones, and none that Telegram would have forgotten after its 24 hours."""
        for update in list(self._updates.values()):
            if time.monotonic() - update.born > MESSAGE_LIFE:
                self._updates.pop(update.id).state = "expired"
        return [self._updates[number] for number in sorted(self._updates)[:limit]]

    async def arrival(self, seconds: float) -> bool:
        """Waits for an update, at most so long. False: it was interrupted."""
        self.interrupt()
        if self._updates or seconds <= 0:
            return True
        asking = self._asking = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(asking, seconds)
        except TimeoutError:
            return True
        finally:
            if self._asking is asking:
                self._asking = None

    def close(self) -> None:
        self._wake(arrived=True)

    def _wake(self, *, arrived: bool) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(arrived)
