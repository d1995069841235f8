"""Everything that exists in the sandbox, and its way back to the beginning."""

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from sandbox.amocrm.api import AmoCrmStandIn
from sandbox.amocrm.oauth import Tokens
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.generic.crm import GenericCrm
from sandbox.numbers import Numbers
from sandbox.settings import SandboxSettings
from sandbox.telegram.api import TelegramStandIn


class World:
    """The stand-ins of the moment: a reset puts new ones in their place."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.feed = Feed()
        self.faults = Faults()
        self._numbers = Numbers()
        # Tokens outlive a reset: the caller keeps its refresh token, and it works only once.
        self._tokens = Tokens(settings)
        self._build()

    def _build(self) -> None:
        settings, faults, feed = self.settings, self.faults, self.feed
        self.telegram = TelegramStandIn(settings, faults, feed, self._numbers)
        self.amocrm = AmoCrmStandIn(settings, faults, feed, self._numbers, self._tokens)
        self.generic = GenericCrm(settings, faults, feed)
        self.routers = {
            "telegram": Router(self.telegram.routes()),
            "amocrm": Router(self.amocrm.routes()),
            "generic": Router(self.generic.routes()),
        }

    async def reset(self) -> None:
        """As at the start: the same people and deals under new ids, no messages, no faults."""
        await self._stop_stand_ins()
        self._numbers.leap()
        self.faults.clear()
        self._build()
        self.feed.clear()

    def hang_up(self) -> None:
        """Ends what callers wait for: the pages' streams, a bot's long poll."""
        self.feed.close()
        self.telegram.webhook.kept.close()

    async def close(self) -> None:
        self.hang_up()
        await self._stop_stand_ins()

    async def _stop_stand_ins(self) -> None:
        await self.telegram.stop()
        await self.amocrm.stop()
        await self.generic.stop()


class Entrance:
    """ASGI application of one stand-in, whichever stands there at the moment."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._world.routers[self._name](scope, receive, send)
