"""A connection's bytes (:class:`Source`) and, of them, one request's body as a stream (:class:`Body`).

Chunks are read here, strictly: what is no chunk by RFC 9112, 7.1 ends the connection, as nobody could tell where the
next request begins.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from typing import NoReturn

PIECE = 256 << 10
PATIENCE = 60.0
"""Seconds a client may be silent in the middle of a request, or take for its head."""
LINE = 16 << 10
MOST_TRAILERS = 100
SCRAP = 4 << 10
"""How much is read on a line's account: what is read too early is copied, what is left to the chunk is not."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\r\n]*)?")


class Gone(OSError):
    """The client has closed the connection, was silent for too long, or sent what cannot be followed."""


class Source:
    """A socket's bytes, with what was read too early put back in front. ``aside`` is called before a read has to wait
    for the client, once."""

    __slots__ = ("_lost", "ahead", "aside", "socket")

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.ahead = b""
        self.aside: Callable[[], None] | None = None
        self._lost = ""

    def read(self, size: int, flags: int = 0) -> bytes:
        """At least one byte, at most ``size``. Raises :class:`Gone`."""
        if self._lost:
            raise Gone(self._lost)
        if self.ahead:
            data, self.ahead = self.ahead[:size], self.ahead[size:]
            return data
        begun = time.monotonic()
        while True:
            try:
                data = self.socket.recv(size, flags | (socket.MSG_DONTWAIT if self.aside else 0))
            except BlockingIOError:  # nothing there, or the socket's own timeout, which is short
                if self.aside:
                    self.aside()
                    self.aside = None
                    continue
                if time.monotonic() - begun > PATIENCE:
                    self.lose("silent in the middle of a request")
                continue
            except OSError as error:
                raise Gone("broken off in the middle of a request") from error
            if not data:
                raise Gone("closed in the middle of a request")
            return data

    def lose(self, why: str) -> NoReturn:
        """Raise :class:`Gone`, now and whenever more is to be read."""
        self._lost = why
        raise Gone(why)

    def line(self) -> bytes:
        """The next line, without its end. Raises :class:`Gone`, also for one that does not end."""
        data = b""
        while (end := data.find(b"\r\n")) < 0:
            if len(data) > LINE:
                self.lose("a line without an end")
            data += self.read(SCRAP)
        self.ahead = data[end + 2 :] + self.ahead
        return data[:end]


class Body:
    """A request's body, ``wsgi.input``: ``length`` bytes, or chunks (None). ``expects``: the client has to be told to
    send it, which it is when somebody reads."""

    __slots__ = ("_chunk", "_chunked", "_expects", "_left", "_source")

    def __init__(self, source: Source, length: int | None, expects: bool = False) -> None:
        self._source = source
        self._chunked = length is None
        self._chunk = 0  # what is left of the present one
        self._left: int | None = length  # None: nobody knows
        self._expects = expects and length != 0

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self._left == 0

    def read(self, size: int = -1, /) -> bytes:
        """``size`` bytes, fewer only at the end; all with -1. Raises :class:`Gone`."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self._left is not None and size > self._left:
            size = self._left
        data = self._some(size) if size else b""
        if len(data) == size or not data:
            return data
        pieces, have = [data], len(data)
        while have < size and (data := self._some(size - have)):
            pieces.append(data)
            have += len(data)
        return b"".join(pieces)

    def readline(self, size: int = -1, /) -> bytes:
        """A line, for applications that read forms by line."""
        line = bytearray()
        while (size < 0 or len(line) < size) and (letter := self.read(1)):
            line += letter
            if letter == b"\n":
                break
        return bytes(line)

    def drain(self, most: int) -> bool:
        """Read the rest away if it is at most ``most`` bytes; whether the next request may follow."""
        if self._left is not None and self._left > most:
            return False  # at once: who is refused need not send a part of it first
        try:
            while most > 0 and not self.ended and not self._expects:
                most -= len(self.read(min(most, PIECE)))
        except Gone:  # the client may have shut only its sending side: it still gets its answer
            return False
        return self.ended

    def _some(self, size: int) -> bytes:
        if self._expects:
            self._expects = False
            self._source.socket.sendall(CONTINUE)
        if self._chunked:
            return self._of_chunks(size)
        # MSG_WAITALL: the kernel fills the piece, in place of one wake-up for each packet.
        data = self._source.read(size, socket.MSG_WAITALL) if self._left else b""
        self._left = (self._left or 0) - len(data)
        return data

    def _of_chunks(self, size: int) -> bytes:
        if self._left == 0:
            return b""
        if not self._chunk:
            self._chunk = self._next_chunk()
            if not self._chunk:
                self._left = 0
                return b""
        data = self._source.read(min(size, self._chunk), socket.MSG_WAITALL)
        self._chunk -= len(data)
        if not self._chunk and self._source.line():
            self._source.lose("broken chunks")
        return data

    def _next_chunk(self) -> int:
        found = _CHUNK.fullmatch(self._source.line())
        if found is None:
            self._source.lose("broken chunks")
        size = int(found[1], 16)
        trailers = 0
        while not size and self._source.line():  # nobody looks at trailers of HTTP
            trailers += 1
            if trailers > MOST_TRAILERS:
                self._source.lose("trailers without an end")
        return size
