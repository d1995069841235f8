"""Control of the clock: hours that pass in a second."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.clock import CLOCK
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World

MINUTE, HOUR, DAY = 60, 3600, 86_400


class ClockControl:
    """Handlers under /control/clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [("GET", "/clock", self._show), ("POST", "/clock", self._forward)]

    async def _show(self, request: Request) -> Response:
        del request
        return JSONResponse(shown())

    async def _forward(self, request: Request) -> Response:
        """{forward_seconds}"""
        body = json_object(await request.body())
        seconds = int(body["forward_seconds"])
        try:
            CLOCK.forward(seconds)
        except ValueError as error:
            raise Impossible(str(error)) from error
        self._world.feed.tell("person", f"Часы переведены вперёд: {_in_words(seconds)}")
        return JSONResponse(shown())


def shown() -> Json:
    """{offset_seconds, now (ISO 8601, UTC), movable}"""
    moment = datetime.fromtimestamp(CLOCK.now(), UTC)
    return {
        "offset_seconds": CLOCK.offset,
        "now": moment.isoformat(timespec="seconds"),
        "movable": CLOCK.movable,
    }


def _in_words(seconds: int) -> str:
    for size, word in ((DAY, "д"), (HOUR, "ч"), (MINUTE, "мин")):
        if seconds >= size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds} с"
