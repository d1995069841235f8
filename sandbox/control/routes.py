"""All of /control: loopback callers only, JSON bodies only."""

import ipaddress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control.bitrix24 import Bitrix24Control
from sandbox.control.bitrix24_portal import Bitrix24PortalControl
from sandbox.control.clock import ClockControl
from sandbox.control.crm import CrmControl
from sandbox.control.faults import FaultControl
from sandbox.control.onec import OneCControl
from sandbox.control.phones import PhoneControl
from sandbox.control.reviews import ReviewControl
from sandbox.control.telegram import TelegramControl
from sandbox.control.telegram_people import TelegramPeopleControl
from sandbox.control.whatsapp import WhatsAppControl
from sandbox.telegram.people import Impossible
from sandbox.wire import BadBody, Handler, refusal
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """To be mounted at /control."""

    async def reset(request: Request) -> Response:
        del request
        await world.reset()
        return JSONResponse({"ok": True})

    table = [
        ("POST", "/reset", reset),
        *ClockControl(world).table(),
        *TelegramControl(world).table(),
        *TelegramPeopleControl(world).table(),
        *CrmControl(world).table(),
        *Bitrix24Control(world).table(),
        *Bitrix24PortalControl(world).table(),
        *OneCControl(world).table(),
        *PhoneControl(world).table(),
        *WhatsAppControl(world).table(),
        *ReviewControl(world).table(),
        *FaultControl(world).table(),
    ]
    return [Route(path, _guarded(handler), methods=[verb]) for verb, path, handler in table]


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        if not is_local(request):
            return refusal("only from this machine", 403)
        kind = request.headers.get("content-type", "")
        # A page of another site can post a form to loopback, but not JSON.
        if request.method != "GET" and not kind.startswith("application/json"):
            return refusal("Content-Type must be application/json", 415)
        try:
            return await handler(request)
        except (Impossible, BadBody) as error:
            return refusal(str(error))
        except (KeyError, TypeError, ValueError) as error:
            return refusal(f"{type(error).__name__}: {error}")

    return guarded


def is_local(request: Request) -> bool:
    """Whether caller and Host are of this machine (a foreign Host means DNS rebinding)."""
    host = request.url.hostname or ""
    if host != "localhost" and not _loopback(host):
        return False
    return request.client is not None and _loopback(request.client.host)


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
