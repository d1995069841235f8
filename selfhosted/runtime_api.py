"""Lambda's Runtime API for one function process: long poll for work, post the result.

Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Every process has a port of its
own, so a connection tells which process speaks.
"""

import asyncio
from typing import Final, Protocol
from uuid import uuid4

from selfhosted.http import Connection, serialized

PREFIX: Final = b"/2018-06-01/runtime/"
NEXT: Final = PREFIX + b"invocation/next"
INVOCATION: Final = PREFIX + b"invocation/"
INIT_ERROR: Final = PREFIX + b"init/error"

# Lambda's limit of an event and of a synchronous answer.
PAYLOAD_LIMIT: Final = 6 * 1024 * 1024

JSON_HEADER: Final = b"content-type: application/json\r\n"
ACCEPTED: Final = serialized(202, b'{"status":"OK"}\n', JSON_HEADER)
TOO_LARGE: Final = serialized(
    413,
    b'{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).",'
    b'"errorType":"RequestEntityTooLarge"}',
    JSON_HEADER,
)
UNKNOWN_ID: Final = serialized(
    400,
    b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}',
    JSON_HEADER,
)
NOT_FOUND: Final = serialized(404, b"{}", JSON_HEADER)


class Worker(Protocol):
    """The process behind a Runtime API, as the API sees it."""

    def wants_work(self, connection: "RuntimeConnection") -> None: ...
    def answered(self, request_id: str, body: bytes) -> bool: ...
    def failed(self, request_id: str, body: bytes) -> bool: ...
    def could_not_start(self, body: bytes) -> None: ...
    def hung_up(self, connection: "RuntimeConnection") -> None: ...


class RuntimeConnection(Connection):
    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self._worker = worker

    def received(self, method: bytes, target: bytes, headers: dict[str, str], body: bytes) -> None:  # noqa: ARG002
        if target == NEXT:
            self._worker.wants_work(self)
        elif target.startswith(INVOCATION):
            request_id, _, verb = target[len(INVOCATION) :].decode("latin-1").partition("/")
            self.write(self._result(request_id, verb, body))
        elif target == INIT_ERROR:
            self._worker.could_not_start(body)
            self.write(ACCEPTED)
        else:
            self.write(NOT_FOUND)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._worker.hung_up(self)

    def deliver(self, request_id: str, arn: str, deadline_ms: int, payload: bytes) -> None:
        """Answers the long poll with an event."""
        trace = request_id.replace("-", "")
        headers = (
            f"content-type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {arn}\r\n"
            f"Lambda-Runtime-Trace-Id: Root=1-{trace[:8]}-{trace[8:]};Sampled=0\r\n"
        )
        self.write(serialized(200, payload, headers.encode()))

    def _result(self, request_id: str, verb: str, body: bytes) -> bytes:
        if verb == "response":
            known = self._worker.answered(request_id, body)
        elif verb == "error":
            known = self._worker.failed(request_id, body)
        else:
            return NOT_FOUND
        if known and len(body) > PAYLOAD_LIMIT:
            return TOO_LARGE
        return ACCEPTED if known else UNKNOWN_ID


async def listen(worker: Worker) -> tuple[asyncio.Server, int]:
    """A Runtime API for `worker` on a free loopback port; the server and the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: RuntimeConnection(worker), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return server, port


def new_request_id() -> str:
    return str(uuid4())
