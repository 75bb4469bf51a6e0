"""Serves one WSGI application on any number of sockets: one thread accepts and watches the silent connections."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time

from emulator.server.connection import Connection, Wsgi, shared
from emulator.server.sockets import BACKLOG
from emulator.server.workers import Workers

log = logging.getLogger(__name__)

MOST_THREADS = 512
"""Requests at once. Describe calls are held for many seconds, so it is far above what the CPU could use."""
IDLE = 30.0
"""Seconds after which a thread without work ends."""


class Server:
    """Serves one WSGI application on any number of sockets until :meth:`stop`."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app
        self._workers = Workers(MOST_THREADS, IDLE)
        self._selector = selectors.DefaultSelector()
        self._changed = threading.Condition()
        self._busy: set[Connection] = set()
        self._silent: list[Connection] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="listener", daemon=True)
        self._ear, self._mouth = socket.socketpair()
        self._selector.register(self._ear, selectors.EVENT_READ)

    def listen(self, sock: socket.socket) -> None:
        """Serve requests that come in on a bound socket, which the server then owns."""
        sock.listen(BACKLOG)
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, sock)
        with self._changed:
            if not self._thread.is_alive():
                self._thread.start()
            self._tell()

    def stop(self, grace: float) -> bool:
        """Accept nothing more and wait for running requests; false when some still ran after ``grace`` seconds."""
        deadline = time.monotonic() + grace
        with self._changed:
            self._stopping = True
            self._tell()
            for connection in self._busy:
                connection.last = True
        if self._thread.is_alive():
            self._thread.join(grace)
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, max(0.0, deadline - time.monotonic()))

    def _tell(self) -> None:
        """Wake the listener's thread. To be called with the lock held: it closes both ends at last."""
        self._mouth.send(b"!")

    def _watch(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select():
                if isinstance(key.data, Connection):
                    self._selector.unregister(key.fileobj)
                    self._hand_over(key.data)
                elif key.data is not None:
                    self._accept(key.data)
                else:
                    self._ear.recv(64)
            self._take_silent()
        with self._changed:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # sockets and connections, no bare descriptors
            for connection in self._silent:
                connection.close()
            self._selector.close()
            self._mouth.close()

    def _accept(self, listening: socket.socket) -> None:
        try:
            sock, address = listening.accept()
            sock.setblocking(True)
            connection = Connection(sock, self._app, shared(sock, address[0]))
        except OSError:  # gone before it was accepted, or no descriptor left: the next select tries again
            time.sleep(0.01)
            return
        self._hand_over(connection)

    def _hand_over(self, connection: Connection) -> None:
        with self._changed:
            connection.last = self._stopping
            self._busy.add(connection)
        self._workers.submit(lambda: self._serve(connection))

    def _serve(self, connection: Connection) -> None:
        silent = False
        try:
            silent = connection.serve()
        except Exception:  # the worker's edge: its thread would end, and its place never be given again
            log.exception("bug in serving a connection")
        finally:
            with self._changed:
                self._busy.discard(connection)
                self._changed.notify_all()
                if silent and not self._stopping:
                    self._silent.append(connection)
                    if len(self._silent) == 1:  # told once: a wake-up for each could fill the pipe, lock held
                        self._tell()
                else:
                    connection.close()

    def _take_silent(self) -> None:
        with self._changed:
            taken, self._silent = self._silent, []
        for connection in taken:
            self._selector.register(connection, selectors.EVENT_READ, connection)
