"""Proxies on the loopback interface that lead every name to one server, and say who used them."""

import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Iterator

GRANTED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


class Proxy(socketserver.ThreadingTCPServer):
    """`lines` are the first lines of HTTP requests, or `socks5 host:port as user:password`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler: type["_Client"], port: int) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.leads_to = port
        self.lines: list[str] = []
        self.headers: list[str] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Client(socketserver.StreamRequestHandler):
    server: Proxy
    rbufsize = 0

    def onward(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.leads_to), 5)

    def join(self, other: socket.socket) -> None:
        ends = {self.connection: other, other: self.connection}
        with other:
            while True:
                readable, _, _ = select.select(list(ends), [], [], 5)
                for end in readable:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)
                if not readable:
                    return


class HttpClient(_Client):
    """CONNECT, and requests whose first line holds the whole address (RFC 9110, 9112)."""

    def handle(self) -> None:
        line = self.rfile.readline().decode().strip()
        headers = []
        while (header := self.rfile.readline().decode()).strip():
            headers.append(header)
        self.server.lines.append(line)
        self.server.headers += [header.strip() for header in headers]
        method, target, version = line.split()
        if method == "CONNECT":
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.join(self.onward())
            return
        path = "/" + target.removeprefix("http://").partition("/")[2]
        kept = [one for one in headers if not one.lower().startswith("proxy-")]
        other = self.onward()
        head = "".join([f"{method} {path} {version}\r\n", *kept, "Connection: close\r\n", "\r\n"])
        other.sendall(head.encode())
        with contextlib.suppress(OSError):
            self.join(other)


class Socks5Client(_Client):
    """CONNECT by name, with user and password (RFC 1928, 1929)."""

    def handle(self) -> None:
        _, count = self.rfile.read(2)
        asks = 2 in self.rfile.read(count)
        self.wfile.write(b"\x05\x02" if asks else b"\x05\x00")
        who = ""
        if asks:
            self.rfile.read(1)
            user = self.rfile.read(self.rfile.read(1)[0]).decode()
            who = f" as {user}:{self.rfile.read(self.rfile.read(1)[0]).decode()}"
            self.wfile.write(b"\x01\x00")
        kind = self.rfile.read(4)[3]
        host = (
            self.rfile.read(self.rfile.read(1)[0]).decode()
            if kind == 3
            else socket.inet_ntoa(self.rfile.read(4))
        )
        port = int.from_bytes(self.rfile.read(2), "big")
        self.server.lines.append(f"socks5 {host}:{port}{who}")
        self.wfile.write(GRANTED)
        with contextlib.suppress(OSError):
            self.join(self.onward())


@contextlib.contextmanager
def proxy(handler: type[_Client], leads_to: int) -> Iterator[Proxy]:
    with Proxy(handler, leads_to) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
