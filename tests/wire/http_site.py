"""A server of ours whose application a test writes, and sockets to talk to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from emulator.server import Server, bind, port_of

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
DEADLINE = 20.0


class Site:
    """A server whose application is what the test puts into ``app``; it keeps the environs it saw."""

    def __init__(self) -> None:
        self.app: App = self.echo
        self.seen: list[dict[str, Any]] = []
        self.server = Server(self._call)
        listening = bind("127.0.0.1", 0)
        self.port = port_of(listening)
        self.server.listen(listening)

    def _call(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.seen.append(environ)
        return self.app(environ, start)

    def echo(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body: bytes = environ["wsgi.input"].read()
        start("200 OK", [("Content-Length", str(len(body) + 1))])
        return [b"<", body]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def raw(self, data: bytes) -> bytes:
        """Send bytes; all that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(data)
            return everything(client)

    def comes_to_serve(self, count: int) -> bool:
        """Whether the server is at so many requests at once before long."""
        deadline = time.monotonic() + DEADLINE
        while len(self.server._busy) != count and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(self.server._busy) == count


def everything(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def until(client: socket.socket, ending: bytes) -> bytes:
    got = b""
    while not got.endswith(ending):
        more = client.recv(65536)
        assert more, f"closed after {got!r}"
        got += more
    return got


def held(go_on: threading.Event) -> App:
    """An application that says the path at once, but ``/long`` only when ``go_on`` is set."""

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        if environ["PATH_INFO"] == "/long":
            assert go_on.wait(2 * DEADLINE)  # longer than a client waits
        return [environ["PATH_INFO"].encode()]

    return app


def saying(status: str, body: bytes) -> App:
    """An application that answers at once, whatever it is asked, and reads no body."""

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start(status, [])
        return [body]

    return app
