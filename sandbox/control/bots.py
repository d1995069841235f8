"""Which of the bots a wish is about."""

from sandbox.telegram.api import TelegramStandIn
from sandbox.telegram.people import Impossible
from sandbox.wire import Json
from sandbox.world import World


def chosen(world: World, wish: Json) -> TelegramStandIn:
    """The bot that `bot` names, which is taken out of `wish`: what is left has no other use."""
    name = str(wish.pop("bot", "demo"))
    bot = world.bots.get(name)
    if bot is None:
        raise Impossible(f"bot must be one of {', '.join(world.bots)}")
    return bot
