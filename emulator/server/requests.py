"""What comes in: a request's head as a WSGI environ, its body as a stream.

httptools (Node's parser) reads heads and chunked bodies, and refuses what could be read in two ways: both a length and
chunks, two lengths, spaces in names. Beside PEP 3333's names the environ has ``emulator.headers`` (lower-case names,
which keep their underscores) and ``RAW_URI`` (the target as it was sent).
"""

from __future__ import annotations

import socket
import time
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools

MAX_HEAD = 256 << 10
PIECE = 256 << 10
PATIENCE = 60.0
"""Seconds a client may be silent in the middle of a request."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadRequest(Exception):
    """What came is no HTTP request; ``status`` and the text are the answer."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Gone(OSError):
    """The client has closed the connection, or was silent for too long."""


class Head:
    """A parsed head. httptools calls the ``on_`` methods."""

    __slots__ = ("_target", "headers", "keep", "parser", "pieces", "whole")

    def __init__(self) -> None:
        self._target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: list[bytes] = []
        self.whole = False
        self.keep = False
        self.parser = httptools.HttpRequestParser(self)

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.keep = self.parser.should_keep_alive()  # the parser forgets it at the end of a request without a body

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        self.whole = True

    def feed(self, data: bytes) -> None:
        """Parse some more. Raises :class:`BadRequest`."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nothing to upgrade to: the request is answered as it is
        except httptools.HttpParserError as error:
            raise BadRequest("400 Bad Request") from error

    def environ(self, base: dict[str, Any]) -> dict[str, Any]:
        """The WSGI environ, but for the body. ``base`` is what all requests of the connection share."""
        path, query = _split(self._target)
        environ = base.copy()
        environ["REQUEST_METHOD"] = self.parser.get_method().decode()
        environ["SERVER_PROTOCOL"] = f"HTTP/{self.parser.get_http_version()}"
        environ["RAW_URI"] = self._target.decode("latin-1")
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if b"%" in path else path.decode("latin-1")
        environ["QUERY_STRING"] = query.decode("latin-1")
        headers: dict[str, str] = {}
        for raw, data in self.headers:
            name, key = _names(raw)
            value = data.decode("latin-1")
            if name in headers:
                value = f"{headers[name]}{';' if name == 'cookie' else ','}{value}"
            headers[name] = environ[key] = value
        environ["emulator.headers"] = headers
        return environ


@lru_cache(4096)
def _names(raw: bytes) -> tuple[str, str]:
    """A header's name in lower case, and its key in a WSGI environ."""
    name = raw.decode("latin-1").lower()
    key = name.upper().replace("-", "_")
    return name, key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target, also of one in absolute form."""
    if not target.startswith(b"/"):
        try:
            url = httptools.parse_url(target)
        except httptools.HttpParserInvalidURLError:
            return target, b""  # the asterisk of OPTIONS, the authority of CONNECT
        return url.path or b"/", url.query or b""
    path, _, query = target.partition(b"?")
    return path, query.partition(b"#")[0]


class Source:
    """A socket's bytes, with what was read too early put back in front."""

    __slots__ = ("ahead", "socket")

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.ahead = b""

    def read(self, size: int, flags: int = 0) -> bytes:
        """At least one byte, at most ``size``. Raises :class:`Gone`."""
        if self.ahead:
            data, self.ahead = self.ahead[:size], self.ahead[size:]
            return data
        begun = time.monotonic()
        while True:
            try:
                data = self.socket.recv(size, flags)
            except BlockingIOError as error:  # the socket's own timeout, which is short
                if time.monotonic() - begun > PATIENCE:
                    raise Gone("silent in the middle of a request") from error
                continue
            if not data:
                raise Gone("closed in the middle of a request")
            return data

    def head(self) -> Head:
        """The next request's head; what it waits for must have begun to come. Raises :class:`BadRequest`, Gone."""
        data = self.read(PIECE)
        while (end := data.find(b"\r\n\r\n", 0, MAX_HEAD)) < 0:
            if len(data) >= MAX_HEAD:
                raise BadRequest("431 Request Header Fields Too Large")
            data += self.read(PIECE)
        self.ahead = data[end + 4 :]
        head = Head()
        head.feed(data[: end + 4])
        return head


class Body:
    """A request's body, ``wsgi.input``. ``left`` bytes are still to come (``None``: as many as the chunks say)."""

    __slots__ = ("_expects", "_head", "_ready", "_source", "left")

    def __init__(self, source: Source, head: Head, environ: dict[str, Any]) -> None:
        self._source = source
        self._head = head
        self._ready = b""
        chunked = "transfer-encoding" in environ["emulator.headers"]
        self.left: int | None = None if chunked else int(environ.get("CONTENT_LENGTH") or 0)
        self._expects = environ.get("HTTP_EXPECT", "").lower() == "100-continue" and self.left != 0

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.left == 0

    @property
    def awaited(self) -> bool:
        """Whether the client may still be waiting for ``100 Continue``."""
        return self._expects

    def read(self, size: int = -1, /) -> bytes:
        """``size`` bytes, fewer only at the end; all with -1. Raises :class:`Gone`."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self.left is not None and size > self.left:
            size = self.left
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
        if self.left is None:
            return self._chunked(size)
        if self.left == 0:
            return b""
        # MSG_WAITALL: the kernel fills the piece, in place of one wake-up for each packet.
        data = self._source.read(size, socket.MSG_WAITALL)
        self.left -= len(data)
        return data

    def _chunked(self, size: int) -> bytes:
        while not self._ready and not self._head.whole:
            self._feed(self._source.read(PIECE))
            self._ready = b"".join(self._head.pieces)
            self._head.pieces.clear()
        data, self._ready = self._ready[:size], self._ready[size:]
        if self._head.whole and not self._ready:
            self.left = 0
        return data

    def _feed(self, data: bytes) -> None:
        try:
            self._head.feed(data)
        except BadRequest as error:
            raise Gone("broken chunks") from error
