"""Control of the WhatsApp Cloud API: how it behaves, and what it saw."""

from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control.phones import number_in
from sandbox.telegram.people import Impossible
from sandbox.whatsapp.api import WhatsAppStandIn
from sandbox.whatsapp.errors import reason_of
from sandbox.whatsapp.hooks import HookHabits
from sandbox.whatsapp.messages import Habits, Obstacle
from sandbox.whatsapp.settings import Template
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World

CHOICES = {
    "undeliverable": {"at_once", "later"},
    "window": {"at_once", "later"},
    "reads": {"opened", "at_once"},
}


class WhatsAppControl:
    """Handlers under /control/whatsapp."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self._all),
            ("PUT", "", self._habits),
            ("PUT", "/templates/{name}", self._template),
            ("PUT", "/errors/{phone}", self._error),
            ("GET", "/hooks", self._hooks),
            ("PUT", "/hooks", self._hook_habits),
            ("POST", "/hooks", self._raw),
            ("POST", "/verify", self._verify),
        ]
        return [(verb, f"/whatsapp{path}", handler) for verb, path, handler in table]

    @property
    def _stand_in(self) -> WhatsAppStandIn:
        return self._world.whatsapp

    async def _all(self, request: Request) -> Response:
        del request
        whatsapp = self._stand_in
        return JSONResponse(
            {
                **self._state(),
                "templates": [asdict(one) for one in whatsapp.messages.templates.values()],
                "calls": whatsapp.calls,
                "counts": dict(whatsapp.counts),
                "subscription": whatsapp.hooks.subscription.shown(),
            }
        )

    def _state(self) -> Json:
        whatsapp = self._stand_in
        return {
            "statuses": whatsapp.hooks.enabled,
            "pace": whatsapp.pace.enforced,
            **asdict(whatsapp.messages.habits),
        }

    async def _habits(self, request: Request) -> Response:
        """{statuses?, pace?, undeliverable?, window?, reads?}; what is absent stays as it is."""
        body = json_object(await request.body())
        whatsapp = self._stand_in
        for name, choices in CHOICES.items():
            if name in body and body[name] not in choices:
                raise Impossible(f"{name} must be one of {', '.join(sorted(choices))}")
        told = {name: body[name] for name in CHOICES if name in body}
        habits: Habits = replace(whatsapp.messages.habits, **told)
        whatsapp.messages.habits = habits
        whatsapp.hooks.enabled = bool(body.get("statuses", whatsapp.hooks.enabled))
        whatsapp.pace.enforced = bool(body.get("pace", whatsapp.pace.enforced))
        return JSONResponse(self._state())

    async def _template(self, request: Request) -> Response:
        """{body, url?, button?, replies?, language?}: Meta approves it, or its new wording."""
        body = json_object(await request.body())
        replies = tuple(str(label) for label in body.pop("replies", ()))
        template = Template(request.path_params["name"], replies=replies, **body)
        self._stand_in.messages.approve(template)
        return JSONResponse(asdict(template))

    async def _error(self, request: Request) -> Response:
        """{code or null, when?: later | at_once}: what becomes of messages to this number."""
        body = json_object(await request.body())
        obstacles, phone = self._stand_in.messages.obstacles, number_in(request)
        when, code = body.get("when", "later"), body["code"]
        if when not in {"at_once", "later"}:
            raise Impossible("when must be one of at_once, later")
        if code is None:
            obstacles.pop(phone, None)
        else:
            obstacles[phone] = Obstacle(reason_of(int(code)), when)
        return JSONResponse({"code": code, "when": when})

    async def _hooks(self, request: Request) -> Response:
        """?state=waiting: those alone."""
        hooks, state = self._stand_in.hooks, request.query_params.get("state")
        shown = [hook.to_json() for hook in hooks.log if state in {None, hook.state}]
        return JSONResponse(
            {
                "habits": vars(hooks.habits),
                "subscription": hooks.subscription.shown(),
                "hooks": shown,
            }
        )

    async def _hook_habits(self, request: Request) -> Response:
        """Any of the fields of HookHabits; the rest as at the start."""
        body = json_object(await request.body())
        self._stand_in.hooks.behave(replace(HookHabits(), **body))
        self._world.feed.changed()
        return JSONResponse(vars(self._stand_in.hooks.habits))

    async def _raw(self, request: Request) -> Response:
        """{body: anything, secret? (a wrong one)}: sent to the door as it stands."""
        body = json_object(await request.body())
        self._stand_in.hooks.send_raw(body["body"], body.get("secret"))
        return JSONResponse({"ok": True})

    async def _verify(self, request: Request) -> Response:
        """{token? (a wrong one)}: Meta asks at the door whether the webhook was meant."""
        subscription = self._stand_in.hooks.subscription
        await subscription.ask(json_object(await request.body()).get("token"))
        return JSONResponse(subscription.shown())
