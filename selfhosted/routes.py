"""Which route of the HTTP API a request belongs to.

Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html: a fully
named path before one with variables, those before a greedy one, a method before ANY.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from selfhosted.template import Route


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    parameters: Mapping[str, str]


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        ordered = sorted(routes, key=_precedence)
        self._routes = [(route, route.path.strip("/").split("/")) for route in ordered]

    def find(self, method: str, path: str) -> Match | None:
        """The route for a percent-decoded path; None is the gateway's 404."""
        parts = path.strip("/").split("/")
        for route, pattern in self._routes:
            if route.method in (method, "ANY"):
                parameters = _matched(pattern, parts)
                if parameters is not None:
                    return Match(route, parameters)
        return None


def _precedence(route: Route) -> tuple[bool, int, int, bool]:
    parts = route.path.strip("/").split("/")
    greedy = parts[-1].endswith("+}")
    variables = sum(part.startswith("{") for part in parts)
    return greedy, variables, -len(parts), route.method == "ANY"


def _matched(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    greedy = pattern[-1].endswith("+}")
    if len(parts) != len(pattern) and not (greedy and len(parts) >= len(pattern)):
        return None
    parameters: dict[str, str] = {}
    for position, expected in enumerate(pattern):
        if expected.endswith("+}"):
            parameters[expected[1:-2]] = "/".join(parts[position:])
        elif expected.startswith("{"):
            if not parts[position]:
                return None
            parameters[expected[1:-1]] = parts[position]
        elif expected != parts[position]:
            return None
    return parameters
