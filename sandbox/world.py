"""Everything that exists in the sandbox, and its way back to the beginning."""

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from sandbox.amocrm.api import AmoCrmStandIn
from sandbox.amocrm.oauth import Tokens
from sandbox.bitrix24.api import Bitrix24StandIn
from sandbox.clock import CLOCK
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.generic.crm import GenericCrm
from sandbox.numbers import Numbers
from sandbox.onec.api import OneCStandIn
from sandbox.onec.settings import OneCSettings
from sandbox.phones import Phones
from sandbox.reviews.sites import ReviewSites
from sandbox.settings import SandboxSettings
from sandbox.sms.api import SmsStandIn
from sandbox.sms.settings import SmsSettings
from sandbox.telegram.api import TelegramStandIn
from sandbox.whatsapp.api import WhatsAppStandIn
from sandbox.whatsapp.settings import WhatsAppSettings


class World:
    """The stand-ins of the moment: a reset puts new ones in their place."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        CLOCK.follow(settings.clock)
        self.feed = Feed()
        self.faults = Faults()
        self._numbers = Numbers()
        # Tokens outlive a reset: the caller keeps its refresh token, and it works only once.
        self._tokens = Tokens(settings)
        self._build()

    def _build(self) -> None:
        settings, faults, feed = self.settings, self.faults, self.feed
        self.telegram = TelegramStandIn(settings, settings.demo_bot, faults, feed, self._numbers)
        self.tyres_telegram = TelegramStandIn(
            settings, settings.tyres_bot, faults, feed, self._numbers
        )
        self.bots = {"demo": self.telegram, "tyres": self.tyres_telegram}
        self.amocrm = AmoCrmStandIn(settings, faults, feed, self._numbers, self._tokens)
        self.generic = GenericCrm(settings, faults, feed)
        self.bitrix24 = Bitrix24StandIn(settings, faults, feed, self._numbers)
        self.onec = OneCStandIn(settings, OneCSettings(), faults, feed)
        self.phones = phones = Phones(feed)
        self.whatsapp = WhatsAppStandIn(settings, WhatsAppSettings(), faults, feed, phones)
        self.sms = SmsStandIn(SmsSettings(), faults, feed, phones)
        self.reviews = ReviewSites(feed)
        self.routers = {
            "telegram": Router(self.telegram.routes()),
            "tyres/telegram": Router(self.tyres_telegram.routes()),
            "amocrm": Router(self.amocrm.routes()),
            "generic": Router(self.generic.routes()),
            "bitrix24": Router(self.bitrix24.routes()),
            "onec": Router(self.onec.routes()),
            "whatsapp": Router(self.whatsapp.routes()),
            "sms": Router(self.sms.routes()),
            "reviews": Router(self.reviews.routes()),
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
        for bot in self.bots.values():
            bot.webhook.kept.close()

    async def close(self) -> None:
        self.hang_up()
        await self._stop_stand_ins()
        CLOCK.follow(None)

    async def _stop_stand_ins(self) -> None:
        for bot in self.bots.values():
            await bot.stop()
        await self.amocrm.stop()
        await self.generic.stop()
        await self.bitrix24.stop()
        await self.onec.stop()
        await self.whatsapp.stop()


class Entrance:
    """ASGI application of one stand-in, whichever stands there at the moment."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._world.routers[self._name](scope, receive, send)
