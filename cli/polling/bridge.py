"""One bot's bridge: getUpdates → door → the method in the door's answer.

ask       from the earliest update that the door has not taken; that confirms all before it
hand      to the door: one chat's and one person's in turn, the others at once
done      when the door said 2xx; or laid aside, where it never will
carry out what the answer asks of Telegram, for 15 s: after that nobody sees it

A crash anywhere repeats what was not confirmed, and the door knows its repeats.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, Protocol

from cli.polling.bot_api import Occupied, Rejected, Unavailable, Update
from cli.polling.door import Later, Refused, Taken
from cli.polling.trouble import Log, Pauses, Trouble
from cli.polling.window import Window
from switchboard.domain.errors import Misconfigured

LONG_POLL = 50
"""Seconds that Telegram keeps a request open (it takes no longer one)."""
GLANCE = 1.0
"""Seconds that a batch has for itself; then the next is asked for, and what is held up goes on."""
AT_ONCE = 40
"""Calls of the door at the same time, as many as Telegram makes by default."""
ANSWER_LIFE = 15.0
"""Telegram takes an answer to a press for about so long."""
HOPELESS = 600.0
"""Seconds after which an update that the door fails at is laid aside, if it has taken others."""
_LONGEST_PAUSE = 30.0
_LONGEST_CONFLICT = 60.0
_OTHER = "another program takes this bot's updates, and each reaches only one of us: end it"


class Api(Protocol):
    async def updates(self, offset: int | None, seconds: int) -> list[Update]: ...
    async def webhook_is_set(self) -> bool: ...
    async def delete_webhook(self) -> None: ...
    async def call(self, method: str, parameters: Mapping[str, Any], patience: float) -> Any: ...


class Doors(Protocol):
    async def hand(self, update: bytes) -> Taken | Refused | Later: ...


class Bridge:
    """`lay_aside` keeps an update that the door will never take, with the reason; it may fail."""

    def __init__(
        self,
        api: Api,
        door: Doors,
        lay_aside: Callable[[Update, str], Awaitable[None]],
        log: Log,
    ) -> None:
        self._api = api
        self._door = door
        self._lay_aside = lay_aside
        self._log = log
        self._window = Window()
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._telegram = Trouble("telegram", log, _LONGEST_PAUSE)
        # Two programs that ask in turn both succeed now and then: that is not the end of it.
        self._conflict = Trouble("telegram", log, _LONGEST_CONFLICT, calm=2 * _LONGEST_CONFLICT)
        self._closed = Trouble("door", log, _LONGEST_PAUSE)
        self._taken_at = float("-inf")

    async def run(self) -> NoReturn:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as works:
            while True:
                await self._round(works)

    async def _round(self, works: asyncio.TaskGroup) -> None:
        updates = await self._ask()
        for update in self._window.begin(updates):
            before = self._lanes.get(update.lane)
            self._lanes[update.lane] = works.create_task(self._in_turn(update, before, works))
        under_way = list(self._lanes.values())
        if under_way:
            await asyncio.wait(under_way, timeout=GLANCE)
        self._lanes = {lane: task for lane, task in self._lanes.items() if not task.done()}

    async def _ask(self) -> list[Update]:
        """What Telegram has; nothing, after a pause, where it does not answer."""
        offset = self._window.offset
        try:
            updates = await self._api.updates(offset, 0 if self._window.busy else LONG_POLL)
        except Occupied:
            await asyncio.sleep(await self._occupied())
            return []
        except Misconfigured as wrong:
            await asyncio.sleep(self._conflict.met(wrong.reason))
            return []
        except Rejected as refusal:
            await asyncio.sleep(self._conflict.met(f"no updates for this bot ({refusal})"))
            return []
        except Unavailable as silence:
            reason = f"no updates for now ({silence.reason})"
            await asyncio.sleep(self._telegram.met(reason, silence.seconds))
            return []
        self._telegram.well()
        self._conflict.well()
        self._window.confirmed(offset)
        return updates

    async def _occupied(self) -> float:
        try:
            if not await self._api.webhook_is_set():
                return self._conflict.met(_OTHER)
            await self._api.delete_webhook()
        except (Occupied, Rejected, Misconfigured, Unavailable):
            return self._conflict.met("the bot's webhook cannot be deleted for now")
        return self._conflict.met("a webhook was set for this bot; it is deleted now")

    async def _in_turn(
        self, update: Update, before: asyncio.Task[None] | None, works: asyncio.TaskGroup
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        taken = await self._handed(update)
        self._window.done(update)
        if taken.method:
            works.create_task(self._carry_out(taken))

    async def _handed(self, update: Update) -> Taken:
        """Comes back when the door has taken the update, or when it is laid aside."""
        began, pauses = _now(), Pauses(_LONGEST_PAUSE)
        while True:
            async with self._room:
                said = await self._door.hand(update.body)
            match said:
                case Taken():
                    self._closed.well()
                    self._taken_at = _now()
                    return said
                case Refused(reason=reason):
                    if await self._laid_aside(update, reason):
                        return Taken()
                    pause = pauses.next()
                case Later(reason=reason, answered=answered, seconds=seconds):
                    late = _now() - began > HOPELESS and self._taken_at > began
                    if answered and late and await self._laid_aside(update, reason):
                        return Taken()
                    self._closed.met(reason)
                    pause = pauses.next(seconds)
            await asyncio.sleep(pause)

    async def _laid_aside(self, update: Update, reason: str) -> bool:
        try:
            await self._lay_aside(update, reason)
        except Exception as fault:  # Whatever it is, the update is not safe yet.
            self._closed.met(f"a refused update cannot be laid aside ({type(fault).__name__})")
            return False
        self._log.warning(f"an update is laid aside: {reason}", update=update.id)
        return True

    async def _carry_out(self, taken: Taken) -> None:
        until = _now() + ANSWER_LIFE
        pauses = Pauses(ANSWER_LIFE)
        while (left := until - _now()) > 0:
            try:
                await self._api.call(taken.method, taken.parameters, left)
            except Unavailable as silence:
                await asyncio.sleep(min(left, pauses.next(silence.seconds)))
            except (Rejected, Occupied, Misconfigured, ValueError) as refusal:
                code = getattr(refusal, "code", type(refusal).__name__)
                self._log.warning("answer refused", method=taken.method, code=code)
                return
            else:
                return
        self._log.warning("answer too late", method=taken.method)


def _now() -> float:
    """Seconds on a clock that never goes back."""
    return asyncio.get_running_loop().time()
