"""HTTP to the providers: one transport for each process, which knows every provider by its host."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

import httpx

from tests.simulation.processes import Process


class Provider(NamedTuple):
    """A service behind HTTP: its name in `Process.reach`, and what it answers.

    `answer` gets the request and the effect of ours that it is made for.
    """

    name: str
    answer: Callable[[httpx.Request, str], httpx.Response]


class Transport(httpx.BaseTransport):
    """The wire between one process's HTTP client and the providers, by their hosts."""

    def __init__(self, providers: Mapping[str, Provider], process: Process, chance: Random) -> None:
        self._providers = providers
        self._process = process
        self._chance = chance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        provider, effect = self._providers[request.url.host], self._process.effect
        try:
            return self._process.reach(
                provider.name,
                request.method,
                [request.url.raw_path.decode(), request.content.decode()],
                lambda: provider.answer(request, effect),
                lost=lambda: self._lost(request),
                refused=lambda: self._refused(request),
                wait=lambda: _Answered(
                    httpx.Response(429, headers={"Retry-After": "7"}, request=request)
                ),
            )
        except _Answered as answered:
            return answered.response

    def _lost(self, request: httpx.Request) -> Exception:
        if self._chance.random() < 0.3:
            return _Answered(httpx.Response(502, text="<html>", request=request))
        return httpx.ReadTimeout("no answer", request=request)

    def _refused(self, request: httpx.Request) -> Exception:
        """Nobody is there, or the web server before 1C has a page of its own to show."""
        if request.url.host.startswith("1c") and self._chance.random() < 0.4:
            page = "<!DOCTYPE html><html>"
            return _Answered(httpx.Response(self._chance.choice((200, 503)), html=page))
        return httpx.ConnectError("nobody is there", request=request)


class _Answered(Exception):
    """An answer that a fault has put in the place of the real one."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("answered")
        self.response = response
