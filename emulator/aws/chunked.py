"""Bodies as streams: the connection's bytes up to their end, and S3's ``aws-chunked`` wrapping taken off.

A newcomer would get three things wrong: a chunk is ``size[;chunk-signature=...]`` in hexadecimal, and the zero chunk
may be followed by trailing headers (the checksum boto3 computes while sending over HTTPS); the end of the connection
before the announced end is not an empty read but an error, or a torn upload would be stored as a whole one; and the
length that counts is ``x-amz-decoded-content-length``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from emulator.aws.http import Readable
from emulator.errors import ServiceError

_LINE_LIMIT = 16 << 10
_PIECE = 256 << 10
_SCRAP = 1 << 10
_LENGTH = re.compile(r"[0-9]{1,18}")
TRAILER_SIGNATURE = "x-amz-trailer-signature"


def incomplete() -> ServiceError:
    """S3's 400 for an upload that ended early."""
    return ServiceError(
        "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )


class Bounded:
    """A request's raw body: never reads past ``length`` (``None``: until the end, for chunked transfer encoding)."""

    def __init__(self, source: Readable, length: int | None) -> None:
        self._source = source
        self.remaining = length

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, all with -1; ``b""`` at the end. Raises 400 ``IncompleteBody`` when cut short."""
        if self.remaining == 0 or size == 0:
            return b""
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        wanted = size if self.remaining is None else min(size, self.remaining)
        data = self._pull(wanted)
        if self.remaining is None:
            self.remaining = None if data else 0
            return data
        if not data:
            self.remaining = 0
            raise incomplete()
        self.remaining -= len(data)
        return data

    def _pull(self, wanted: int) -> bytes:
        try:
            return self._source.read(wanted)
        except OSError as error:  # the server's word for a client that went away
            raise incomplete() from error


class Signatures(Protocol):
    """Checks the signatures of chunks and trailing headers; each method raises for what is not signed right."""

    trailing: bool

    def update(self, data: bytes) -> None: ...
    def end(self, given: str) -> None: ...
    def trailers(self, headers: Mapping[str, str], given: str) -> None: ...


class AwsChunked:
    """The payload inside an ``aws-chunked`` body; ``trailers`` holds the trailing headers once read to the end.

    ``chain`` checks the signatures; None: nobody does.
    """

    def __init__(self, source: Readable, length: int | None = None) -> None:
        self._source = source
        self._buffer = b""
        self._left = 0
        self._first = True
        self._done = False
        self._expected = length
        self._seen = 0
        self._signature = ""
        self.trailers: dict[str, str] = {}
        self.chain: Signatures | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` payload bytes, all with -1. Raises 400 ``IncompleteBody`` or ``InvalidRequest``."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        if self._left == 0 and not self._done and size:
            self._next_chunk()
        if self._done or not size:
            return b""
        data = self._take(min(size, self._left))
        self._left -= len(data)
        self._seen += len(data)
        if self.chain is not None:
            self.chain.update(data)
            if self._left == 0:
                self.chain.end(self._signature)
        return data

    def _next_chunk(self) -> None:
        if not self._first and self._line():
            raise ServiceError("InvalidRequest", "The chunk is longer than its announced size.")
        self._first = False
        size, _, extension = self._line().partition(b";")
        self._signature = extension.strip().removeprefix(b"chunk-signature=").decode("latin-1")
        try:
            self._left = int(size.strip(), 16)
        except ValueError as error:
            raise ServiceError("InvalidRequest", "The chunk size is not a hexadecimal number.") from error
        if self._left < 0:
            raise ServiceError("InvalidRequest", "The chunk size is negative.")
        if self._left == 0:
            self._finish()

    def _finish(self) -> None:
        if self.chain is not None:
            self.chain.end(self._signature)
        while line := self._line(end=True):
            name, _, value = line.partition(b":")
            self.trailers[name.strip().lower().decode("latin-1")] = value.strip().decode("latin-1")
        if self.chain is not None and (self.chain.trailing or self.trailers):
            others = {name: value for name, value in self.trailers.items() if name != TRAILER_SIGNATURE}
            self.chain.trailers(others, self.trailers.get(TRAILER_SIGNATURE, ""))
        if self._expected is not None and self._seen != self._expected:
            raise incomplete()
        self._done = True

    def _take(self, wanted: int) -> bytes:
        if not self._buffer:
            return self._more(wanted)
        data, self._buffer = self._buffer[:wanted], self._buffer[wanted:]
        return data

    def _line(self, end: bool = False) -> bytes:
        """One line without its CRLF; with ``end``, the end of the body counts as an empty line."""
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > _LINE_LIMIT:
                raise ServiceError("InvalidRequest", "A chunk header is too long.")
            more = self._source.read(_SCRAP)
            if not more and end:
                line, self._buffer = self._buffer, b""
                return line.strip()
            if not more:
                raise incomplete()
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _more(self, wanted: int) -> bytes:
        data = self._source.read(wanted)
        if not data:
            raise incomplete()
        return data


def unwrap(source: Readable, headers: Mapping[str, str]) -> Readable:
    """A request's body without its ``aws-chunked`` wrapping, if it has one. Raises 400 for a bad decoded length.

    ``aws-chunked`` as a content encoding alone says nothing: S3 takes such a body as it is.
    """
    length = headers.get("x-amz-decoded-content-length")
    if length is not None and not _LENGTH.fullmatch(length):
        raise ServiceError("InvalidArgument", "x-amz-decoded-content-length is not a number.")
    encoded = length is not None and "aws-chunked" in headers.get("content-encoding", "")
    if not encoded and not headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return source
    return AwsChunked(source, int(length) if length is not None else None)
