"""1C: the HTTP service of its bonus accounts, in the three shapes that it is written in.

- `put`: PUT /bonuses/{id}; the same id again is the same movement.
- `find`: POST /bonuses, and GET /bonuses/{id} says whether it is there.
- `neither`: POST /bonuses alone: what was sent twice is there twice.
"""

import json
from collections import Counter
from typing import Literal, NamedTuple

import httpx

from tests.simulation.clock import Clock

Shape = Literal["put", "find", "neither"]


class Movement(NamedTuple):
    id: str
    phone: str
    points: int
    comment: str
    effect: str
    at: float


class Books:
    """What 1C has written down, in its order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.movements: list[Movement] = []

    def balance(self, phone: str) -> int:
        return sum(one.points for one in self.movements if one.phone == phone)

    @property
    def doubled(self) -> list[str]:
        """The movements that are there more than once."""
        times = Counter(one.id for one in self.movements)
        return [movement for movement, n in times.items() if n > 1]

    def answer(self, request: httpx.Request, effect: str) -> httpx.Response:
        parts = request.url.path.removeprefix("/base/hs/loyalty/").split("/")
        match request.method, parts:
            case "PUT", ["bonuses", number]:
                if all(one.id != number for one in self.movements):
                    self._write(number, request, effect)
            case "POST", ["bonuses"]:
                self._write(json.loads(request.content)["id"], request, effect)
            case "GET", ["bonuses", number]:
                found = [{"id": one.id} for one in self.movements if one.id == number]
                return httpx.Response(200, json=found)
            case _:
                raise AssertionError(f"{request.method} {request.url.path}")
        return httpx.Response(200, json={"ok": True})

    def _write(self, number: str, request: httpx.Request, effect: str) -> None:
        said = json.loads(request.content)
        self.movements.append(
            Movement(
                number, said["phone"], said["points"], said["comment"], effect, self._clock.now
            )
        )


def section(shape: Shape) -> dict[str, object]:
    """The playbook's section `loyalty` for a service of that shape."""
    body = {name: f"{{{name}}}" for name in ("phone", "points", "comment", "until", "deal")}
    if shape == "put":
        move = {"method": "PUT", "path": "/bonuses/{id}", "body": body}
    else:
        move = {"method": "POST", "path": "/bonuses", "body": body | {"id": "{id}"}}
    return {
        "kind": "onec_http",
        "base_url": "https://1c.example/base/hs/loyalty",
        "login": "env:TEST_1C_LOGIN",
        "password": "env:TEST_1C_PASSWORD",
        "webhook_secrets": ["env:TEST_1C_SECRET"],
        "grant": move,
        "take": move,
        "find": "/bonuses/{id}" if shape == "find" else None,
    }
