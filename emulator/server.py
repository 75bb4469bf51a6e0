"""The HTTP server behind one seam: granian's WSGI worker in this very process, one per listening socket.

Not obvious:

* granian's public ``Server`` forks: a master and a worker, 72 MB instead of 33 MB idle, and ``kill -9`` of the master
  leaves the worker behind. Its embedded server refuses WSGI. So :class:`Server` starts the worker object itself, as
  ``granian.server.mt`` does, in the process that holds the engines; there is no second process to orphan. That API is
  granian's own, hence the narrow version in pyproject.toml, and every test that starts a server is a test of it.
* ``blocking_threads`` is the number of requests that can run at once. Describe calls are held for many seconds, so it
  is far above what the CPU could use; threads are started on demand and end after 30 s without work.
* Only sockets made here are listened on: 127.0.0.1 unless the user says otherwise.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import granian._futures
import granian._granian

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# granian's type hints lag behind its code (2.8.7: no SocketHolder arguments, no serve_mtr), hence Any.
_core: Any = granian._granian
_futures: Any = granian._futures

BACKLOG = 1024
BLOCKING_THREADS = 256
ADVICE = {
    errno.EADDRINUSE: "give another one with --port, or 0 for a free one",
    errno.EACCES: "low ports are for root, give another one with --port",
}


class ListenError(Exception):
    """An address cannot be listened on; the message says which and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket (port 0: a free one). Raises :class:`ListenError`."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}: {error.strerror}; give another one with --host") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        advice = ADVICE.get(error.errno or 0, "give another one with --host")
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}; {advice}") from error
    return sock


def port_of(sock: socket.socket) -> int:
    """The port a socket is bound to."""
    return int(sock.getsockname()[1])


def reachable(sock: socket.socket) -> str:
    """The address under which this machine reaches a socket that may listen on all addresses."""
    host = str(sock.getsockname()[0])
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def in_url(host: str) -> str:
    """An address as a URL has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


class Server:
    """Serves one WSGI application on any number of sockets until :meth:`stop`."""

    def __init__(self, app: Wsgi) -> None:
        self._run = _runner(app)
        self._workers: list[tuple[Any, threading.Event]] = []
        self._sockets: list[socket.socket] = []
        self._loops: list[asyncio.AbstractEventLoop] = []

    def listen(self, sock: socket.socket) -> None:
        """Serve requests that come in on a bound socket, which the server then owns."""
        sock.listen(BACKLOG)
        sock.setblocking(False)
        stop, stopped = _core.WorkerSignal(), threading.Event()
        stop.add_cb(stopped.set)
        loop = asyncio.new_event_loop()  # granian wants one; WSGI never runs it
        worker = _core.WSGIWorker(
            len(self._workers) + 1,  # worker id, for granian's log
            (None, _core.SocketHolder(sock.fileno(), False, BACKLOG)),
            None,  # no IPC with a master
            1,  # Rust threads
            512,  # Rust threads for file work, started on demand
            BLOCKING_THREADS,
            30,  # seconds until an idle blocking thread ends
            BACKLOG,  # connections at once
            "1",  # HTTP/1.1 only: no AWS client speaks cleartext HTTP/2
            *(None, None, None),  # HTTP/1 and HTTP/2 settings, static files
            *(False, None, None, None, "tls1.3", None, [], False),  # TLS is ended by emulator/proxy
            (None, None),  # metrics
        )
        worker.serve_mtr(_futures._new_cbscheduler(loop, self._run, impl_asyncio=True), loop, stop)
        self._workers.append((stop, stopped))
        self._sockets.append(sock)
        self._loops.append(loop)

    def stop(self, grace: float) -> bool:
        """Accept nothing more and wait for running requests; false when some still ran after ``grace`` seconds."""
        deadline = time.monotonic() + grace
        waiter = threading.Thread(target=self._signal, daemon=True)
        waiter.start()
        waiter.join(grace)
        finished = [stopped.wait(max(0.0, deadline - time.monotonic())) for _, stopped in self._workers]
        if all(finished):
            for loop in self._loops:
                loop.close()
            for sock in self._sockets:
                sock.detach()  # granian has closed the descriptor itself
        return all(finished)

    def _signal(self) -> None:
        for stop, _ in self._workers:
            stop.set()


class _Start:
    """WSGI's ``start_response``."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = headers


class _Body:
    """Body pieces for granian, which calls ``__next__`` and, at the end or when the client left, ``close``."""

    __slots__ = ("__next__", "_inner")

    def __init__(self, inner: Iterable[bytes]) -> None:
        self._inner = inner
        self.__next__ = iter(inner).__next__

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


def _runner(app: Wsgi) -> Callable[[Any, dict[str, Any]], None]:
    """What granian calls for a request; unlike granian's own wrapper it keeps ``os.environ`` out of the request."""
    base: dict[str, Any] = {
        "SCRIPT_NAME": "",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }

    def run(proto: Any, environ: dict[str, Any]) -> None:
        start = _Start()
        environ.update(base)
        body = app(environ, start)
        if isinstance(body, (list, tuple)):
            proto.response_bytes(start.status, start.headers, b"".join(body))
        else:
            proto.response_iter(start.status, start.headers, _Body(body))

    return run
