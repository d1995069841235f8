"""Links as they are opened and pressed: raw requests over many connections at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_BATCH = 64
"""Connections that are opened at the same moment: a burst of SYNs is not what is proved."""


@dataclass(frozen=True)
class Opening:
    """One request. A header that is not named is not sent, the user agent too."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""

    def to_bytes(self) -> bytes:
        address = urlsplit(self.url)
        lines = [f"{self.method} {address.path} HTTP/1.1", f"Host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.method == "POST":
            lines += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Answer:
    opening: Opening
    status: int
    location: str
    body: str


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.over = False
        """The other side has said that it closes."""

    @classmethod
    async def open(cls, url: str) -> "_Connection":
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def ask(self, opening: Opening) -> Answer:
        self._writer.write(opening.to_bytes())
        status = int((await self._reader.readline()).split()[1])
        headers = dict[str, str]()
        while (line := await self._reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        self.over = headers.get("connection", "").lower() == "close"
        length = 0 if opening.method == "HEAD" else int(headers.get("content-length", "0"))
        body = await self._reader.readexactly(length)
        return Answer(opening, status, headers.get("location", ""), body.decode())

    def close(self) -> None:
        self._writer.close()


async def at_once(openings: Sequence[Opening]) -> list[Answer]:
    """Each on a connection of its own, all of them sent in the same moment."""
    connections = await _connections(openings)
    try:
        return await asyncio.gather(
            *(one.ask(opening) for one, opening in zip(connections, openings, strict=True))
        )
    finally:
        for connection in connections:
            connection.close()


async def in_turns(openings: Sequence[Opening], connections: int) -> list[Answer]:
    """As many at once as there are connections, which are kept alive while the door keeps them."""
    left, answers = iter(openings), list[Answer]()

    async def work() -> None:
        connection: _Connection | None = None
        try:
            for opening in left:
                if connection is not None and connection.over:
                    connection.close()
                    connection = None
                if connection is None:
                    connection = await _Connection.open(opening.url)
                answers.append(await connection.ask(opening))
        finally:
            if connection is not None:
                connection.close()

    await asyncio.gather(*(work() for _ in range(min(connections, len(openings)))))
    return answers


async def _connections(openings: Sequence[Opening]) -> list[_Connection]:
    found = list[_Connection]()
    for start in range(0, len(openings), _BATCH):
        batch = openings[start : start + _BATCH]
        found += await asyncio.gather(*(_Connection.open(one.url) for one in batch))
    return found
