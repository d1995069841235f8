"""The loopback port on which functions find SQS and Scheduler, and operators the host's state.

Every service call must be signed with this host's own credentials: another user of the machine
can reach the port, but not the key.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from selfhosted.database import DatabaseError
from selfhosted.http import Handler, Request, Response, ServiceConnection
from selfhosted.scheduler import PREFIX as SCHEDULES
from selfhosted.signature import Call, Credentials, authentic
from selfhosted.sqs import TARGET as SQS

STATE: Final = "/host"
JSON: Final = (("content-type", "application/json"),)


class LocalApi:
    """Opens its port at once, so that its address is known; `serve` gives it its services."""

    def __init__(self, credentials: Credentials, report: Callable[[str], None]) -> None:
        self._credentials = credentials
        self._report = report
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._services: dict[str, Handler] = {}
        self._state: Callable[[], dict[str, Any]] = dict
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def serve(self, sqs: Handler, scheduler: Handler, state: Callable[[], Any]) -> None:
        self._services = {"sqs": sqs, "scheduler": scheduler}
        self._state = state
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ServiceConnection(self._answer, self._running), sock=self._socket
        )

    async def close(self) -> None:
        self._socket.close()
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()

    async def _answer(self, request: Request) -> Response:
        address = urlsplit(request.target)
        if address.path == STATE and request.method == "GET":
            return Response(200, json.dumps(self._state()).encode(), JSON)
        call = Call(request.method, address.path, address.query, request.headers, request.body)
        if not authentic(call, self._credentials):
            return _problem(403, "InvalidSignatureException", "The signature is not this host's.")
        if request.headers.get("x-amz-target", "").startswith(SQS):
            handler = self._services["sqs"]
        elif address.path.startswith(SCHEDULES):
            handler = self._services["scheduler"]
        else:
            return _problem(400, "UnknownOperationException", "The host serves SQS and Scheduler.")
        try:
            return await handler(request)
        except (OSError, DatabaseError) as error:
            self._report(f"a service call failed at the database: {error}")
            return _problem(500, "InternalFailure", "The database could not be reached.")
        except Exception as error:
            # Without an answer the caller would wait for its own time-out.
            self._report(f"a service call failed: {error!r}")
            return _problem(500, "InternalFailure", "The host failed; its output says how.")


def _problem(status: int, kind: str, text: str) -> Response:
    document = {"__type": kind, "message": text, "Message": text}
    return Response(status, json.dumps(document).encode(), (*JSON, ("x-amzn-errortype", kind)))
