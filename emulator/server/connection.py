"""One connection: its requests, one after the other, as they come."""

from __future__ import annotations

import logging
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from emulator.server.bodies import PATIENCE, Body, Gone, Source
from emulator.server.requests import LONG, BadRequest, next_head
from emulator.server.responses import Answer, File

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger(__name__)

GLANCE = 1
"""Seconds a ``recv`` waits at a time; whoever reads on adds them up (see :data:`PATIENCE`)."""
CLOSING = 2.0
"""Seconds a client gets to read the answer to a body nobody wanted, before the connection is torn down."""
STUCK = 600
"""Seconds a client may take nothing of an answer: programs do work through a body while they read it."""
MAX_DRAINED = 1 << 20


class Connection:
    """A client's connection. :meth:`serve` is called by one thread at a time, whenever there is something to read."""

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
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", GLANCE, 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STUCK, 0))

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def serve(self, aside: Callable[[], None]) -> bool:
        """Answer the request that has begun to come, and what came with it. ``aside`` is called before anything that
        may take long. True: the client may come back; false: the connection is at its end."""
        self._source.aside = aside
        try:
            return self._serve(aside)
        except BadRequest as error:
            self._refuse(error.status)
        except OSError:  # the client has gone: there is nobody to tell
            pass
        return False

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _serve(self, aside: Callable[[], None]) -> bool:
        try:
            data = self._socket.recv(LONG, socket.MSG_DONTWAIT)
        except BlockingIOError:  # nothing there after all
            return True
        if not data:
            return False
        self._source.ahead += data
        while self._source.ahead:
            if not self._answer(aside) or self.last:
                return False
        return True

    def _answer(self, aside: Callable[[], None]) -> bool:
        """Answer one request, and read what of it has not come yet; whether another may follow."""
        head = next_head(self._source)
        environ = head.environ(self._base)
        environ["emulator.aside"] = aside
        if head.long:
            aside()
        body = environ["wsgi.input"] = Body(self._source, head.length, head.expects)
        answer = Answer(self._socket, environ, head.keep and not self.last)
        self._run(environ, body, answer)
        if answer.keep or body.ended:
            return answer.keep
        self._leave()
        return False

    def _refuse(self, status: str) -> None:
        with suppress(OSError):
            self._socket.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            self._leave()

    def _run(self, environ: dict[str, Any], body: Body, answer: Answer) -> None:
        result: Iterable[bytes] = ()
        try:
            result = self._app(environ, answer.start)
            if not body.drain(MAX_DRAINED):
                answer.keep = False
            if isinstance(result, File):
                environ["emulator.aside"]()
            answer.send(result)
        except (Exception, SystemExit) as error:  # who exits means a program of his own, not the thread that leads
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
        if self._source.aside:
            self._source.aside()
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
