"""Serves one WSGI application on any number of sockets: one thread at a time leads, which is to find who asks and to
answer itself.

So as long as requests are short, one thread answers all of them, and none of the others wakes up to fight with it for
Python's lock. A leader whose request may take long hands the lead over to another thread (``emulator.aside`` in the
environ; the server does it itself before it waits for a client), or has it taken away after :data:`AT_ONCE`.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections import deque
from functools import partial

from emulator.server.connection import Connection, Wsgi, shared
from emulator.server.sockets import BACKLOG
from emulator.server.workers import Workers

log = logging.getLogger(__name__)

MOST_THREADS = 512
"""Requests at once. Describe calls are held for many seconds, so it is far above what the CPU could use."""
IDLE = 30.0
"""Seconds after which a thread without work ends."""
AT_ONCE = 0.004
"""Seconds a leader has for one request, twice at most."""
PAUSE = 0.05
"""Seconds until connections are accepted again where one could not be."""


class Term:
    """One thread's time as the leader: whom it answers at present, and how many it has answered."""

    __slots__ = ("connection", "served")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.served = 0


class Server:
    """Serves one WSGI application on any number of sockets until :meth:`stop`."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app
        self._workers = Workers(MOST_THREADS, IDLE)
        self._selector = selectors.DefaultSelector()
        self._asking: deque[Connection] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._busy: set[Connection] = set()
        self._term: Term | None = None
        self._stopping = self._resting = False
        self._alarm = threading.Lock()
        self._alarm.acquire()
        self._ear, self._mouth = socket.socketpair()
        self._selector.register(self._ear, selectors.EVENT_READ)

    def listen(self, sock: socket.socket) -> None:
        """Serve requests that come in on a bound socket, which the server then owns."""
        sock.listen(BACKLOG)
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, sock)
        with self._changed:
            if self._term is None:
                self._appoint()  # first: the watch ends where nobody leads
                threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def stop(self, grace: float) -> bool:
        """Accept nothing more and wait for running requests; false when some still ran after ``grace`` seconds."""
        with self._changed:
            self._stopping = True
            for connection in self._busy:
                connection.last = True
            if self._term is not None:
                self._mouth.send(b"!")
            return self._changed.wait_for(lambda: not self._busy and self._term is None, grace)

    def _appoint(self) -> None:
        """Have another thread lead. To be called with the lock held."""
        self._term = Term()
        self._workers.submit(partial(self._lead, self._term))

    def _hand_over(self, term: Term) -> None:
        """Have another thread lead, while the leader of ``term`` goes on with its request."""
        with self._changed:
            if self._term is term and term.connection is not None:
                self._selector.unregister(term.connection)
                self._appoint()

    def _lead(self, term: Term) -> None:
        while (connection := self._next()) is not None:
            with self._changed:
                connection.last = self._stopping
                self._busy.add(connection)
                term.connection = connection
                if self._resting:
                    self._rouse()
            silent = False
            try:
                silent = connection.serve(partial(self._hand_over, term))
            except Exception:  # the worker's edge: its thread would end, and its place never be given again
                log.exception("bug in serving a connection")
            finally:
                self._served(term, connection, silent)
            if self._term is not term:
                return
        self._close()

    def _served(self, term: Term, connection: Connection, silent: bool) -> None:
        with self._changed:
            term.connection = None
            term.served += 1
            self._busy.discard(connection)
            leads, stays = self._term is term, silent and not self._stopping
            if leads and not stays:
                self._selector.unregister(connection)
            if not stays:
                connection.close()
            elif not leads:
                self._selector.register(connection, selectors.EVENT_READ, connection)
            if self._stopping:
                self._changed.notify_all()

    def _next(self) -> Connection | None:
        """The next connection that has something to say; None when the server stops."""
        while not self._stopping:
            if self._asking:
                return self._asking.popleft()
            for key, _ in self._selector.select():
                if isinstance(key.data, Connection):
                    self._asking.append(key.data)
                elif key.data is not None:
                    self._accept(key.data)
        return None

    def _accept(self, listening: socket.socket) -> None:
        try:
            sock, address = listening.accept()
            sock.setblocking(True)
            connection = Connection(sock, self._app, shared(sock, address[0]))
            self._selector.register(connection, selectors.EVENT_READ, connection)
        except OSError:  # gone before it was accepted, or no descriptor left: those who have one go on
            self._selector.unregister(listening)
            self._workers.submit(partial(self._accept_later, listening))

    def _accept_later(self, listening: socket.socket) -> None:
        time.sleep(PAUSE)
        with self._changed:
            if self._stopping:
                listening.close()
            else:
                self._selector.register(listening, selectors.EVENT_READ, listening)

    def _close(self) -> None:
        """The last leader's last work."""
        with self._changed:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # sockets and connections, no bare descriptors
            self._selector.close()
            self._mouth.close()
            self._term = None
            self._rouse()
            self._changed.notify_all()

    def _watch(self) -> None:
        """Take the lead from who is at one request for long; rest while nobody is at any. Also when the server stops:
        who leads last closes what is silent, and a long request must not be in the way of that."""
        seen: tuple[Term | None, int] = (None, 0)
        while (term := self._term) is not None:
            if term.connection is None:
                self._rest()
            elif seen == (term, term.served):
                self._hand_over(term)
            seen = (term, term.served)
            time.sleep(AT_ONCE)

    def _rest(self) -> None:
        with self._changed:
            term = self._term  # perhaps another than a moment ago
            rests = self._resting = term is not None and term.connection is None
        if rests:  # not self._resting: each rest takes the alarm once, even if it was given at once
            self._alarm.acquire()

    def _rouse(self) -> None:
        """Have the watch look again. To be called with the lock held."""
        if self._resting:
            self._resting = False
            self._alarm.release()
