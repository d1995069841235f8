"""A proxy and an own Bot API server, for what we ask (the bridge) and what we send (the sender)."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli.polling.bot_api import Bot, BotApi, Unavailable
from switchboard.channels.telegram.client import Telegram
from switchboard.domain.errors import Misconfigured, Postponed
from tests.channels.bot_api import TOKEN, message
from tests.channels.bot_api import BotApi as Server
from tests.polling.proxies import HttpClient, Proxy, Socks5Client, proxy

# No machine has this name (RFC 6761), so only the proxy can know where it is.
ELSEWHERE = "http://api.telegram.test/own/bot"
FOUND = {"update_id": 7, "message": {"chat": {"id": 1, "type": "private"}, "text": "да"}}


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


@pytest.fixture
def proxies(server: Server) -> Iterator[dict[str, Proxy]]:
    port = urlsplit(server.base_url).port
    assert port is not None
    with proxy(HttpClient, port) as http, proxy(Socks5Client, port) as socks:
        yield {"http": http, "socks5": socks}


def asks(base_url: str, through: str | None) -> None:
    """As the bridge does."""

    async def story() -> None:
        api = BotApi(Bot(TOKEN, base_url, through))
        try:
            (update,) = await api.updates(None, 0)
            assert json.loads(update.body) == FOUND
        finally:
            await api.close()

    asyncio.run(story())


def sends(base_url: str, through: str | None) -> None:
    """As the sender does."""
    with asyncio.Runner() as runner:
        client = Telegram(TOKEN, base_url, through, runner)
        try:
            assert client.send(1, "да", ()) == 17
        finally:
            for request in client._bot._request:
                runner.run(request.shutdown())


DIRECTIONS = pytest.mark.parametrize(
    ("speak", "answer", "method"),
    [
        (asks, {"ok": True, "result": [FOUND]}, "getUpdates"),
        (sends, message(17), "sendMessage"),
    ],
    ids=["bridge", "sender"],
)
Speak = Callable[[str, str | None], None]


@DIRECTIONS
def test_an_own_bot_api_server(server: Server, speak: Speak, answer: Any, method: str) -> None:
    server.answers = [answer]
    speak(server.base_url.replace("/bot", "/own/bot"), None)
    assert [path for path, _ in server.calls] == [f"/own/bot{TOKEN}/{method}"]


@DIRECTIONS
def test_plain_http_goes_through_a_proxy_by_its_whole_address(
    server: Server, proxies: dict[str, Proxy], speak: Speak, answer: Any, method: str
) -> None:
    server.answers = [answer]
    speak(ELSEWHERE, f"http://user:word@{proxies['http'].address}")
    assert proxies["http"].lines == [f"POST {ELSEWHERE}{TOKEN}/{method} HTTP/1.1"]
    assert "Proxy-Authorization: Basic dXNlcjp3b3Jk" in proxies["http"].headers
    assert [path for path, _ in server.calls] == [f"/own/bot{TOKEN}/{method}"]


@DIRECTIONS
def test_a_socks_proxy_gets_the_name_and_not_an_address(
    server: Server, proxies: dict[str, Proxy], speak: Speak, answer: Any, method: str
) -> None:
    server.answers = [answer]
    speak(ELSEWHERE, f"socks5://user:word@{proxies['socks5'].address}")
    assert proxies["socks5"].lines == ["socks5 api.telegram.test:80 as user:word"]
    assert [path for path, _ in server.calls] == [f"/own/bot{TOKEN}/{method}"]


@DIRECTIONS
def test_https_goes_through_a_tunnel(
    server: Server, proxies: dict[str, Proxy], speak: Speak, answer: Any, method: str
) -> None:
    del answer, method
    # What answers there speaks no TLS, so no more than the tunnel comes about.
    with pytest.raises((Unavailable, Postponed)):
        speak("https://api.telegram.test/bot", f"http://{proxies['http'].address}")
    assert proxies["http"].lines == ["CONNECT api.telegram.test:443 HTTP/1.1"]
    assert server.calls == []


@DIRECTIONS
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_without_its_proxy_nothing_goes_out(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    speak: Speak,
    answer: Any,
    method: str,
) -> None:
    del method
    server.answers = [answer]
    # Not even where the environment would allow it.
    monkeypatch.setenv("NO_PROXY", "*")
    with closed_port() as port, pytest.raises((Unavailable, Postponed)):
        speak(server.base_url, f"{scheme}://127.0.0.1:{port}")
    assert server.calls == []


def test_a_shells_proxy_is_not_the_bridges(
    server: Server, proxies: dict[str, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxies['http'].address}")
    server.answers = [{"ok": True, "result": [FOUND]}]
    asks(server.base_url, None)
    assert proxies["http"].lines == []


@pytest.mark.parametrize("address", ["telnet://127.0.0.1:1", "nonsense", "http://x:port"])
def test_a_proxy_that_is_no_address_is_told_without_its_password(address: str) -> None:
    with pytest.raises(Misconfigured) as told:
        BotApi(Bot(TOKEN, ELSEWHERE, address))
    assert address not in told.value.reason


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """Bound and not listening: whoever connects is refused, and nobody else gets the port."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]
