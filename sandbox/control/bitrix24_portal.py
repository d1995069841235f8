"""Control of Bitrix24 itself: its webhooks, its limits, and what it saw."""

from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.bitrix24.api import Bitrix24StandIn
from sandbox.bitrix24.errors import CLOSED
from sandbox.bitrix24.hook_form import HookHabits
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, json_object
from sandbox.world import World


class Bitrix24PortalControl:
    """Handlers under /control/bitrix24: everything but the cards."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/calls", self._calls),
            ("GET", "/hooks", self._hooks),
            ("PUT", "/hooks", self._habits),
            ("PUT", "/robots", self._robots),
            ("PUT", "/pace", self._pace),
            ("PUT", "/operating", self._operating),
            ("PUT", "/phones", self._phones),
            ("PUT", "/access", self._access),
        ]
        return [(verb, f"/bitrix24{path}", handler) for verb, path, handler in table]

    @property
    def _stand_in(self) -> Bitrix24StandIn:
        return self._world.bitrix24

    async def _robots(self, request: Request) -> Response:
        """{stage id: query}: stages whose robot calls us; the rest have none."""
        body = json_object(await request.body())
        robots = {self._stand_in.settings.stage(key).id: str(body[key]) for key in body}
        self._stand_in.hooks.robots = robots
        return JSONResponse(robots)

    async def _calls(self, request: Request) -> Response:
        """?method= for one method's calls only."""
        gate, method = self._stand_in.gate, request.query_params.get("method")
        calls = [vars(call) for call in gate.calls if method in {None, call.method}]
        shown = {"counts": dict(gate.counts), "calls": calls, "operating": gate.operating.shown()}
        return JSONResponse(shown)

    async def _hooks(self, request: Request) -> Response:
        del request
        hooks = self._stand_in.hooks
        shown = [hook.to_json() for hook in hooks.log]
        return JSONResponse({"habits": vars(hooks.habits), "robots": hooks.robots, "hooks": shown})

    async def _habits(self, request: Request) -> Response:
        """Any of the fields of HookHabits; the rest as at the start."""
        body = json_object(await request.body())
        self._stand_in.hooks.behave(replace(HookHabits(), **body))
        self._world.feed.changed()
        return JSONResponse(vars(self._stand_in.hooks.habits))

    async def _pace(self, request: Request) -> Response:
        """Any of the fields of PortalPace; the rest as at the start. Empties the bucket."""
        body = json_object(await request.body())
        gate = self._stand_in.gate
        pace = replace(self._stand_in.settings.bitrix24_pace, **body)
        gate.bucket.pace = gate.operating.pace = pace
        gate.bucket.empty()
        return JSONResponse(asdict(pace))

    async def _operating(self, request: Request) -> Response:
        """{method, seconds?, lasts?, cost?} and {reset_in_refusals?}."""
        body = json_object(await request.body())
        gate = self._stand_in.gate
        gate.reset_in_refusals = bool(body.get("reset_in_refusals", gate.reset_in_refusals))
        method = str(body["method"]).lower()
        if "cost" in body:
            gate.operating.cost[method] = float(body["cost"])
        if "seconds" in body:
            lasts = float(body.get("lasts", gate.operating.pace.operating_window))
            gate.operating.put(method, float(body["seconds"]), lasts)
        reset_at = gate.operating.reset_at(method)
        shown = {"operating": gate.operating.seconds(method), "operating_reset_at": reset_at}
        return JSONResponse(shown)

    async def _phones(self, request: Request) -> Response:
        """{exact}: whether findbycomm compares phones as they are spelt."""
        body = json_object(await request.body())
        self._stand_in.directories.exact = bool(body.get("exact", False))
        return JSONResponse({"exact": self._stand_in.directories.exact})

    async def _access(self, request: Request) -> Response:
        """{closed: code or null}: the portal refuses every request."""
        closed = json_object(await request.body()).get("closed")
        if closed is not None and closed not in CLOSED:
            raise Impossible(f"closed must be null or one of {', '.join(CLOSED)}")
        self._stand_in.gate.closed = closed
        return JSONResponse({"closed": closed})
