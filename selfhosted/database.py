"""A lean asynchronous client of the DynamoDB API, for the host's own tables.

boto3 is synchronous and costs 2 ms of CPU per call; the host makes three calls per message.
Requests and answers are dictionaries in DynamoDB's own attribute format.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httptools

from selfhosted.locality import REGION
from selfhosted.signature import ALGORITHM, Call, Credentials, signature

Item = dict[str, Any]

CONNECTIONS: Final = 16
# How long a call goes on trying while the database is away, in seconds: it restarts in under one.
PATIENCE: Final = 15.0
# An answer that takes longer will not come, in seconds: a look that waits for it holds up a queue.
ANSWER_LIMIT: Final = 10.0
SIGNED: Final = "content-type;host;x-amz-date;x-amz-target"
CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class DatabaseError(Exception):
    """The database refused a request; `code` is DynamoDB's name of the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class ConditionFailedError(DatabaseError):
    """The condition did not hold; `item` is what stood there, None where nothing did."""

    def __init__(self, message: str, item: Item | None) -> None:
        super().__init__("ConditionalCheckFailedException", message)
        self.item = item


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection that carries one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it.

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the database closed the connection"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_message_begin(self) -> None:
        self._body = []

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), b"".join(self._body)))

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        if self.transport is None:
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class Database:
    """Calls of one DynamoDB endpoint, tried again while it is away or asks for patience."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        self.endpoint = endpoint
        address = urlsplit(endpoint)
        self._host = address.hostname or "127.0.0.1"
        self._port = address.port or 80
        self._authority = address.netloc
        self._credentials = credentials
        self._idle: list[_Connection] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `operation`.

        Raises ConditionFailedError and DatabaseError; OSError when it stays away beyond PATIENCE.
        A write whose answer was lost is repeated, so writers must recognise their own write.
        """
        body = json.dumps(request).encode()
        started = time.monotonic()
        pause = 0.02
        while True:
            try:
                status, answer = await self._exchange(operation, body)
            except OSError:
                if time.monotonic() - started > PATIENCE:
                    raise
            else:
                if status == 200:
                    result: dict[str, Any] = json.loads(answer)
                    return result
                error = _error(status, answer)
                if status < 500 and error.code != "ThrottlingException":
                    raise error
                if time.monotonic() - started > PATIENCE:
                    raise error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _exchange(self, operation: str, body: bytes) -> tuple[int, bytes]:
        async with self._slots:
            # A connection that is never accepted holds up as much as an answer that never comes.
            async with asyncio.timeout(ANSWER_LIMIT):
                connection = await self._connection()
                try:
                    answer = await connection.exchange(self._request(operation, body))
                except BaseException:
                    # Its answer may still come: nobody else may get it.
                    connection.close()
                    raise
            self._idle.append(connection)
            return answer

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.transport is not None and not connection.transport.is_closing():
                return connection
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection

    def _request(self, operation: str, body: bytes) -> bytes:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{moment[:8]}/{REGION}/dynamodb/aws4_request"
        headers = {
            "content-type": CONTENT_TYPE,
            "host": self._authority,
            "x-amz-date": moment,
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        sign = signature(
            Call("POST", "/", "", headers, body),
            SIGNED,
            scope,
            moment,
            self._credentials.secret_key,
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (
            f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n"
            f"authorization: {ALGORITHM} Credential={self._credentials.access_key}/{scope}, "
            f"SignedHeaders={SIGNED}, Signature={sign}\r\n\r\n"
        ).encode() + body


def _error(status: int, answer: bytes) -> DatabaseError:
    try:
        content = json.loads(answer)
    except ValueError:
        return DatabaseError(f"HTTP{status}", answer[:200].decode(errors="replace"))
    code = str(content.get("__type", f"HTTP{status}")).rsplit("#", 1)[-1]
    message = str(content.get("message", content.get("Message", "")))
    if code == "ConditionalCheckFailedException":
        return ConditionFailedError(message, content.get("Item"))
    return DatabaseError(code, message)
