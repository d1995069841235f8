"""Control of the clients' telephones, and of the SMS gateway that reaches them."""

from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.clock import now
from sandbox.phones import digits
from sandbox.telegram.people import Impossible
from sandbox.whatsapp.payloads import Said
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World


class PhoneControl:
    """Handlers under /control/phones and /control/sms."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/phones", self._all),
            ("GET", "/phones/{phone}", self._one),
            ("PUT", "/phones/{phone}", self._equip),
            ("POST", "/phones/{phone}/read", self._read),
            ("POST", "/phones/{phone}/write", self._write),
            ("POST", "/phones/{phone}/reply", self._reply),
            ("GET", "/sms", self._sms),
            ("PUT", "/sms", self._sms_account),
            ("POST", "/sms/minute", self._minute),
        ]

    async def _all(self, request: Request) -> Response:
        del request
        phones = self._world.phones
        return JSONResponse({"phones": [phones.shown(phone) for phone in phones.known()]})

    async def _one(self, request: Request) -> Response:
        return JSONResponse(self._world.phones.shown(number_in(request)))

    async def _equip(self, request: Request) -> Response:
        """{whatsapp?, sms?}: whether this number can be reached so."""
        body = json_object(await request.body())
        phone, phones = number_in(request), self._world.phones
        if "whatsapp" in body:
            phones.equip(phone, "whatsapp", has=bool(body["whatsapp"]))
        if "sms" in body:
            phones.equip(phone, "sms", has=bool(body["sms"]))
        return JSONResponse(phones.shown(phone))

    async def _read(self, request: Request) -> Response:
        """The person opens the chat with the business in WhatsApp."""
        return JSONResponse({"read": self._world.whatsapp.messages.read(number_in(request))})

    async def _write(self, request: Request) -> Response:
        """{text or content, name?, hidden?, hours_ago?}: the person writes in WhatsApp.

        `content` is what is no text, as in the webhook: {type, …}. For 24 hours from then on he can
        be answered by a text; `hours_ago` says that it is so long since.
        """
        body = json_object(await request.body())
        phone, said = self._writer(request), _said(body)
        if not said.text and said.content is None:
            raise Impossible("there is neither text nor content")
        number = self._world.whatsapp.messages.hear(phone, said)
        self._world.phones.wrote_at[phone] = now() - 3600 * float(body.get("hours_ago", 0))
        return JSONResponse({"id": number})

    async def _reply(self, request: Request) -> Response:
        """{message?, button?, name?, hidden?}: the person presses a quick reply in WhatsApp.

        By default the first button of the last message that has any left.
        """
        body = json_object(await request.body())
        phone, messages = self._writer(request), self._world.whatsapp.messages
        offered = messages.offered(phone, body.get("message"))
        if offered is None:
            raise Impossible("there is no such message with quick replies")
        label = body.get("button", next(iter(offered.replies)))
        if label not in offered.replies:
            raise Impossible(f"button must be one of {', '.join(offered.replies)}")
        return JSONResponse({"id": messages.reply(phone, offered, label, _said(body))})

    def _writer(self, request: Request) -> str:
        phone = number_in(request)
        if not self._world.phones.reachable(phone, "whatsapp"):
            raise Impossible("this number has no WhatsApp")
        return phone

    async def _sms(self, request: Request) -> Response:
        del request
        sms = self._world.sms
        return JSONResponse(
            {
                "account": asdict(sms.account),
                "sent": [asdict(one) for one in sms.sent],
                "calls": sms.calls,
                "counts": dict(sms.counts),
            }
        )

    async def _sms_account(self, request: Request) -> Response:
        """{balance?, blocked?, forbidden?, unreachable?: at_once | later}"""
        body = json_object(await request.body())
        sms = self._world.sms
        if body.get("unreachable", "later") not in {"at_once", "later"}:
            raise Impossible("unreachable is at_once or later")
        sms.account = replace(sms.account, **body)
        return JSONResponse(asdict(sms.account))

    async def _minute(self, request: Request) -> Response:
        """The gateway forgets the requests of the last minute."""
        del request
        self._world.sms.forget_minute()
        return JSONResponse({"ok": True})


def number_in(request: Request) -> str:
    """The digits of the number in the path. Raises Impossible."""
    phone = digits(request.path_params["phone"])
    if not 10 <= len(phone) <= 15:
        raise Impossible("that is no phone number")
    return phone


def _said(body: Json) -> Said:
    return Said(
        text=str(body.get("text", "")),
        name=str(body.get("name", "Клиент")),
        hidden=bool(body.get("hidden", False)),
        content=body.get("content"),
    )
