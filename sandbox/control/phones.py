"""Control of the clients' telephones and of the two providers that reach them."""

from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.clock import now
from sandbox.phones import digits
from sandbox.telegram.people import Impossible
from sandbox.whatsapp.settings import Template
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World


class PhoneControl:
    """Handlers under /control/phones, /control/whatsapp and /control/sms."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/phones", self._all),
            ("GET", "/phones/{phone}", self._one),
            ("PUT", "/phones/{phone}", self._equip),
            ("POST", "/phones/{phone}/read", self._read),
            ("POST", "/phones/{phone}/write", self._write),
            ("GET", "/whatsapp", self._whatsapp),
            ("PUT", "/whatsapp", self._whatsapp_habits),
            ("PUT", "/whatsapp/templates/{name}", self._template),
            ("GET", "/sms", self._sms),
            ("PUT", "/sms", self._sms_account),
            ("POST", "/sms/minute", self._minute),
        ]

    async def _all(self, request: Request) -> Response:
        del request
        phones = self._world.phones
        return JSONResponse({"phones": [phones.shown(phone) for phone in phones.known()]})

    async def _one(self, request: Request) -> Response:
        return JSONResponse(self._world.phones.shown(_number(request)))

    async def _equip(self, request: Request) -> Response:
        """{whatsapp?, sms?}: whether this number can be reached so."""
        body = json_object(await request.body())
        phone, phones = _number(request), self._world.phones
        if "whatsapp" in body:
            phones.equip(phone, "whatsapp", has=bool(body["whatsapp"]))
        if "sms" in body:
            phones.equip(phone, "sms", has=bool(body["sms"]))
        return JSONResponse(phones.shown(phone))

    async def _read(self, request: Request) -> Response:
        """The person opens the chat with the business in WhatsApp."""
        return JSONResponse({"read": self._world.whatsapp.messages.read(_number(request))})

    async def _write(self, request: Request) -> Response:
        """{text, hours_ago?}: the person writes in WhatsApp; texts may be sent for 24 hours."""
        body = json_object(await request.body())
        phone = _number(request)
        number = self._world.whatsapp.messages.hear(phone, str(body.get("text", "")))
        self._world.phones.wrote_at[phone] = now() - 3600 * float(body.get("hours_ago", 0))
        return JSONResponse({"id": number})

    async def _whatsapp(self, request: Request) -> Response:
        del request
        whatsapp = self._world.whatsapp
        return JSONResponse(
            {
                **self._whatsapp_state(),
                "templates": [
                    asdict(template) for template in whatsapp.messages.templates.values()
                ],
                "calls": whatsapp.calls,
                "counts": dict(whatsapp.counts),
                "hooks": whatsapp.statuses.log,
            }
        )

    def _whatsapp_state(self) -> Json:
        whatsapp = self._world.whatsapp
        return {
            "statuses": whatsapp.statuses.enabled,
            "pace": whatsapp.pace.enforced,
            **asdict(whatsapp.messages.habits),
        }

    async def _whatsapp_habits(self, request: Request) -> Response:
        """{statuses?, pace?, undeliverable?, window?}; what is absent stays as it is."""
        body = json_object(await request.body())
        whatsapp = self._world.whatsapp
        told = {key: body[key] for key in asdict(whatsapp.messages.habits) if key in body}
        if not set(told.values()) <= {"at_once", "later"}:
            raise Impossible("undeliverable and window are at_once or later")
        whatsapp.messages.habits = replace(whatsapp.messages.habits, **told)
        whatsapp.statuses.enabled = bool(body.get("statuses", whatsapp.statuses.enabled))
        whatsapp.pace.enforced = bool(body.get("pace", whatsapp.pace.enforced))
        return JSONResponse(self._whatsapp_state())

    async def _template(self, request: Request) -> Response:
        """{body, url?, button?, language?}: Meta approves it, or its new wording."""
        body = json_object(await request.body())
        template = Template(request.path_params["name"], **body)
        self._world.whatsapp.messages.approve(template)
        return JSONResponse(asdict(template))

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


def _number(request: Request) -> str:
    phone = digits(request.path_params["phone"])
    if not 10 <= len(phone) <= 15:
        raise Impossible("that is no phone number")
    return phone
