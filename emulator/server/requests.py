"""What comes in: a request's head as a WSGI environ. Its body is read by bodies.py.

httptools (Node's parser) reads heads, and refuses what could be read in two ways: both a length and chunks, two
lengths, spaces in names. It is given one head at a time and no body, since it would read on into the request behind a
chunked one, and see no body where a client offers an upgrade. Beside PEP 3333's names the environ has
``emulator.headers`` (lower-case names, which keep their underscores), ``emulator.path`` (the path as it was sent) and
``RAW_URI`` (the whole target, which moto reads).
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools

from emulator.server.bodies import PATIENCE, PIECE, Gone, Source

MAX_HEAD = 256 << 10
END = b"\r\n\r\n"
LONG = 64 << 10
"""Bytes of a body with which a request counts as one that may take long."""


class BadRequest(Exception):
    """What came is no HTTP request we serve; ``status`` and the text are the answer."""

    def __init__(self, status: str = "400 Bad Request") -> None:
        super().__init__(status)
        self.status = status


class Head:
    """A parsed head. httptools calls the ``on_`` methods.

    ``length`` is the body's, ``None`` where it comes in chunks; ``expects``: the client waits for ``100 Continue``;
    ``long``: there is a body worth a thread of its own.
    """

    __slots__ = ("_complete", "_parser", "_target", "expects", "headers", "keep", "length", "long", "version")

    def __init__(self, data: bytes) -> None:
        """Parse the bytes of a whole head. Raises :class:`BadRequest`."""
        self._target = b""
        self._complete = False
        self.headers: dict[str, str] = {}
        self.keep = False
        self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nothing to upgrade to: the request is answered as it is
        except httptools.HttpParserError as error:
            raise BadRequest from error
        if not self._complete or b"#" in self._target:
            raise BadRequest
        self.version = self._parser.get_http_version()
        if self.version not in {"1.0", "1.1"}:
            raise BadRequest("505 HTTP Version Not Supported")
        self.length = self._length()
        self.expects = self.version == "1.1" and self.headers.get("expect", "").lower() == "100-continue"
        self.long = self.expects or self.length is None or self.length > LONG

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, raw: bytes, data: bytes) -> None:
        name, value = _lower(raw), data.decode("latin-1").strip()
        if name in self.headers:
            if name == "host":
                raise ValueError("two hosts")
            value = f"{self.headers[name]}{';' if name == 'cookie' else ','}{value}"
        self.headers[name] = value

    def on_headers_complete(self) -> None:
        self._complete = True
        self.keep = self._parser.should_keep_alive()  # the parser forgets it at the end of a request without a body

    def _length(self) -> int | None:
        coding = self.headers.get("transfer-encoding")
        if coding is None:
            return int(self.headers.get("content-length", "0"))
        if self.version == "1.0":  # it knows no chunks: who forwards them to us may have read another body
            raise BadRequest
        if coding.lower() != "chunked":
            raise BadRequest("501 Not Implemented")
        return None

    def environ(self, base: dict[str, Any]) -> dict[str, Any]:
        """The WSGI environ, but for the body. ``base`` is what all requests of the connection share."""
        path, query = _split(self._target)
        environ = base.copy()
        environ["REQUEST_METHOD"] = self._parser.get_method().decode()
        environ["SERVER_PROTOCOL"] = f"HTTP/{self.version}"
        environ["RAW_URI"] = self._target.decode("latin-1")
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if b"%" in path else path.decode("latin-1")
        environ["QUERY_STRING"] = query.decode("latin-1")
        for name, value in self.headers.items():
            if key := _key(name):
                environ[key] = value
        environ["emulator.headers"] = self.headers
        environ["emulator.path"] = path.decode("latin-1")
        return environ


def next_head(source: Source) -> Head:
    """The next request's head; what it waits for must have begun to come. Raises :class:`BadRequest`, Gone."""
    data, begun = b"", time.monotonic()
    while (end := data.find(END, 0, MAX_HEAD)) < 0:
        if len(data) >= MAX_HEAD:
            raise BadRequest("431 Request Header Fields Too Large")
        if time.monotonic() - begun > PATIENCE:
            raise Gone("slow in the middle of a head")
        data = (data + source.read(PIECE)).lstrip(b"\r\n")  # of old clients, behind their last body
    source.ahead = data[end + len(END) :]
    return Head(data[: end + len(END)])


@lru_cache(4096)
def _lower(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


@lru_cache(4096)
def _key(name: str) -> str:
    """A header's key in a WSGI environ; none if it has an underscore, by which it would pass for another header."""
    if "_" in name:
        return ""
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target, also of one in absolute form."""
    if not target.startswith(b"/"):
        try:
            url = httptools.parse_url(target)
        except httptools.HttpParserInvalidURLError:
            return target, b""  # the asterisk of OPTIONS, the authority of CONNECT
        return url.path or b"/", url.query or b""
    path, _, query = target.partition(b"?")
    return path, query
