"""What goes out: an application's answer on a socket.

Small answers leave in one write with their head; an answer without a length goes in chunks; files are sent inside the
kernel.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from typing import Any, BinaryIO

from emulator.server.bodies import Gone

ONE_WRITE = 64 << 10
_EMPTY = ("1", "204", "304")


class File:
    """``wsgi.file_wrapper``: a file from where it stands, up to the answer's Content-Length."""

    __slots__ = ("file",)

    def __init__(self, file: BinaryIO, size: int = 0) -> None:
        self.file = file

    def __iter__(self) -> Any:
        return iter(lambda: self.file.read(ONE_WRITE), b"")

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Answer:
    """One answer. Its :meth:`start` is WSGI's ``start_response``; :meth:`send` writes head and body."""

    __slots__ = ("_dated", "_headers", "_length", "_old", "_socket", "_status", "_without_body", "keep", "sent")

    def __init__(self, sock: socket.socket, environ: dict[str, Any], keep: bool) -> None:
        self._socket = sock
        self._without_body = environ["REQUEST_METHOD"] == "HEAD"
        self._old = environ["SERVER_PROTOCOL"] == "HTTP/1.0"
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._length: int | None = None
        self._dated = False
        self.keep = keep
        self.sent = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        """Take status and headers; nothing is sent yet, so a second call (``exc_info``) replaces the first."""
        self._status = status
        self._length = None
        self._headers = []
        for name, value in headers:
            lower = name.lower()
            if lower == "connection":
                self.keep = self.keep and value.lower() != "close"
            elif lower != "transfer-encoding":  # it and Connection are the server's business
                self._headers.append((name, value))
            if lower == "content-length":
                self._length = int(value)
            self._dated = self._dated or lower == "date"

    def send(self, body: Iterable[bytes]) -> None:
        """Write the whole answer. Raises :class:`Gone`, and ``ValueError`` for a body of another length."""
        length = self._length
        if self._without_body or self._status.startswith(_EMPTY):
            self._write(self._head())
        elif isinstance(body, (list, tuple)):
            data = body[0] if len(body) == 1 else b"".join(body)
            if length not in (None, len(data)):
                raise ValueError(f"{len(data)} bytes in a body of {length}")
            self._write(self._head("" if length is not None else f"content-length: {len(data)}\r\n"), data)
        elif isinstance(body, File) and length is not None:
            self._write(self._head(), more=length > 0)
            self._send_file(body.file, length)
        elif length is not None:
            self._send_sized(body, length)
        else:
            self._send_chunks(body)

    def _head(self, framing: str = "") -> bytes:
        lines = [f"HTTP/1.1 {self._status}\r\n", *[f"{name}: {value}\r\n" for name, value in self._headers]]
        if framing:
            lines.append(framing)
        if not self._dated:
            lines.append(_date(int(time.time())))
        if not self.keep:
            lines.append("connection: close\r\n")
        elif self._old:
            lines.append("connection: keep-alive\r\n")
        head = "".join(lines)
        if head.count("\n") != len(lines) or head.count("\r") != len(lines):
            raise ValueError(f"a line end in the headers of an answer: {self._headers!r}")
        return f"{head}\r\n".encode("latin-1")

    def _write(self, head: bytes, data: bytes = b"", more: bool = False) -> None:
        self.sent = True
        if len(data) <= ONE_WRITE:
            self._out(head + data if data else head, socket.MSG_MORE if more else 0)
            return
        self._out(head, socket.MSG_MORE)
        self._out(data)

    def _out(self, data: bytes, flags: int = 0) -> None:
        try:
            self._socket.sendall(data, flags)
        except OSError as error:
            raise Gone("has not taken its answer") from error

    def _send_file(self, file: BinaryIO, length: int) -> None:
        out, source, offset = self._socket.fileno(), file.fileno(), file.tell()
        end = offset + length
        while offset < end:
            try:
                sent = os.sendfile(out, source, offset, end - offset)
            except (ConnectionError, BlockingIOError, TimeoutError) as error:  # others are the file's
                raise Gone("has not taken its answer") from error
            if not sent:
                raise ValueError(f"the file ended {end - offset} bytes too early")
            offset += sent

    def _send_sized(self, body: Iterable[bytes], length: int) -> None:
        self._write(self._head(), more=length > 0)
        for data in body:
            length -= len(data)
            if length < 0:
                break
            self._out(data)
        if length:
            raise ValueError(f"the body is {abs(length)} bytes too {'short' if length > 0 else 'long'}")

    def _send_chunks(self, body: Iterable[bytes]) -> None:
        if self._old:
            self.keep = False
        self._write(self._head("" if self._old else "transfer-encoding: chunked\r\n"))
        for data in body:
            if data:
                self._out(data if self._old else b"%x\r\n%b\r\n" % (len(data), data))
        if not self._old:
            self._out(b"0\r\n\r\n")


@lru_cache(1)
def _date(second: int) -> str:
    return f"date: {formatdate(second, usegmt=True)}\r\n"
