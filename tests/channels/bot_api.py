"""A Bot API on a free port that answers what it is told to, in Telegram's own shapes."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "000000:TEST"


def message(number: int, chat: int = -1) -> dict[str, Any]:
    said = {"message_id": number, "date": 1763715600, "chat": {"id": chat, "type": "supergroup"}}
    return {"ok": True, "result": said}


def refused(code: int, description: str, **parameters: int) -> dict[str, Any]:
    said: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return said | ({"parameters": parameters} if parameters else {})


class BotApi:
    """Answers are taken one a call: a refusal or a result, "silence", "hang up", or raw bytes."""

    def __init__(self) -> None:
        self.answers: list[Mapping[str, Any] | str | bytes] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.released = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                api._answer(self)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/bot"

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.calls.append((request.path, form))
        answer = self.answers.pop(0)
        if answer == "silence":
            self.released.wait(10)
        if answer in ("silence", "hang up"):
            request.close_connection = True
            return
        status, raw = 200, answer
        if isinstance(answer, Mapping):
            status, raw = int(answer.get("error_code", 200)), json.dumps(answer).encode()
        elif isinstance(answer, bytes):
            status = 502
        assert isinstance(raw, bytes)
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)
