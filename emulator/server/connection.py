"""One connection: its requests one after the other, until the client closes it or is silent for a second."""

from __future__ import annotations

import logging
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from emulator.server.bodies import PATIENCE, Body, Gone, Source
from emulator.server.requests import BadRequest, next_head
from emulator.server.responses import Answer, File

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger(__name__)

LINGER = 1.0
"""Seconds a thread waits for a connection's next request before it leaves the watching to the listener."""
CLOSING = 2.0
"""Seconds a client gets to read the answer to a body nobody wanted, before the connection is torn down."""
STUCK = 600
"""Seconds a client may take nothing of an answer: programs do work through a body while they read it."""
MAX_DRAINED = 1 << 20


class Connection:
    """A client's connection. :meth:`serve` is a worker's job; :meth:`close` may be called by any thread."""

    def __init__(self, sock: socket.socket, app: Wsgi, base: dict[str, Any]) -> None:
        self._socket = sock
        self._app = app
        self._base = base
        self._source = Source(sock)
        self.last = False
        """Set when the server stops: the present request is the last one."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A timeout of the kernel's: Python's own would make each recv two system calls, and MSG_WAITALL meaningless.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(LINGER), 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STUCK, 0))

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def serve(self) -> bool:
        """Answer requests. True: the client is silent, and may come back; false: the connection is at its end."""
        try:
            while self._begun():
                if not self._answer() or self.last:
                    return False
        except OSError:  # the client has gone: there is nobody to tell
            return False
        return True

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _begun(self) -> bool:
        """Whether the next request begins to come within the time a thread waits. Raises ``OSError`` at the end."""
        if self._source.ahead:
            return True
        try:
            self._source.ahead = self._socket.recv(64 << 10)
        except BlockingIOError:
            return False
        if not self._source.ahead:
            raise ConnectionResetError("closed by the client")
        return True

    def _answer(self) -> bool:
        """Read and answer one request; whether another may follow."""
        try:
            head = next_head(self._source)
        except BadRequest as error:
            self._socket.sendall(f"HTTP/1.1 {error.status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            self._leave()
            return False
        environ = head.environ(self._base)
        body = environ["wsgi.input"] = Body(self._source, head.length, head.expects)
        answer = Answer(self._socket, environ, head.keep and not self.last)
        self._run(environ, body, answer)
        if answer.keep or body.ended:
            return answer.keep
        self._leave()
        return False

    def _run(self, environ: dict[str, Any], body: Body, answer: Answer) -> None:
        result: Iterable[bytes] = ()
        try:
            result = self._app(environ, answer.start)
            if not body.drain(MAX_DRAINED):
                answer.keep = False
            answer.send(result)
        except Exception as error:
            if isinstance(error, Gone):
                raise
            log.exception("bug in answering %s %r", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            answer.keep = False
            if not answer.sent:
                answer.start("500 Internal Server Error", [("Content-Length", "0")])
                answer.send(())
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _leave(self) -> None:
        """End after an answer given before the body was read: closing at once would throw the answer away, too."""
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(CLOSING), 0))
        left, begun = 64 * MAX_DRAINED, time.monotonic()
        while left > 0 and time.monotonic() - begun < PATIENCE and (data := self._socket.recv(1 << 20)):
            left -= len(data)


def shared(sock: socket.socket, client: str) -> dict[str, Any]:
    """What the environs of all requests of a connection share."""
    host, port = sock.getsockname()[:2]
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client,
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": File,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
