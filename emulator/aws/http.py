"""What came in and what goes out, as plain values: :class:`Request` (from WSGI) and :class:`Response` (to WSGI).

A newcomer would get the path wrong: WSGI gives it percent-decoded, as latin-1 characters standing for UTF-8 bytes.
So ``path`` here is proper text, ``//`` and ``..`` kept, and a ``%2F`` in a label can no longer be told from ``/``;
routes are written for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

from emulator.aws.call import FileBody
from emulator.errors import ServiceError

MAX_BUFFERED = 64 << 20
MAX_HEADERS = 32 << 10


T = TypeVar("T")


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int = -1, /) -> bytes: ...


class once(Generic[T]):
    """``functools.cached_property`` without the lock of the class that this takes up to Python 3.11: a tenth of the
    work of finding an operation, and a slow first reader would keep all other requests waiting."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute

    def __get__(self, owner: Any, kind: type) -> T:
        found = owner.__dict__[self._compute.__name__] = self._compute(owner)
        return found


@dataclass
class Request:
    """One HTTP request. ``headers`` have lower-case names; ``body`` is the raw stream, bounded, not yet unwrapped.

    Nobody changes one; it is not frozen because a frozen one takes five times as long to make.
    """

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: Readable
    scheme: str = "http"
    client: str = ""
    sent_path: str = ""
    """The path as it was sent, percent-encoded, or empty where that is not known."""

    @once
    def query(self) -> dict[str, list[str]]:
        """Query parameters in order; a bare ``?uploads`` has the value ``""``."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @once
    def host(self) -> str:
        """The host a client meant, lower case, without port."""
        return self.headers.get("host", "").rsplit(":", 1)[0].lower()

    @once
    def content_type(self) -> str:
        """The media type alone, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @once
    def data(self) -> bytes:
        """The whole body, read once; 413 ``RequestEntityTooLarge`` past 64 MB (streams go through ``body``)."""
        data = self._read(MAX_BUFFERED + 1)
        if len(data) > MAX_BUFFERED:
            raise ServiceError("RequestEntityTooLarge", "The request body is too large.", 413)
        return data

    def _read(self, most: int) -> bytes:
        """The body to its end, trailers included: a wrapped one comes in pieces, however much is asked for."""
        pieces, left = [], most
        while left > 0 and (piece := self.body.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, or ``None``."""
        values = self.query.get(name)
        return values[0] if values else None


Body = bytes | FileBody | Iterator[bytes]


@dataclass(slots=True)
class Response:
    """One HTTP answer. ``body`` of known length gets its Content-Length from the gateway."""

    status: int
    headers: list[tuple[str, str]]
    body: Body = b""


def headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a WSGI environ, names in lower case: as they came where our own server has read them."""
    known: dict[str, str] | None = environ.get("emulator.headers")
    if known is not None:
        return known
    found = {_header_name(name[5:]): value for name, value in environ.items() if name[:5] == "HTTP_"}
    if kind := environ.get("CONTENT_TYPE"):
        found["content-type"] = kind
    if length := environ.get("CONTENT_LENGTH"):
        found["content-length"] = length
    return found


@lru_cache(4096)
def _header_name(name: str) -> str:
    return name.replace("_", "-").lower()


def request(environ: Mapping[str, Any], body: Readable, known: Mapping[str, str] | None = None) -> Request:
    """The request of a WSGI environ; ``known`` are its headers, if already read.

    Raises 400 ``InvalidURI`` for a path that is not UTF-8 and ``RequestHeaderSectionTooLarge``.
    """
    found = headers(environ) if known is None else known
    if sum(map(len, found.values())) > MAX_HEADERS:
        message = "Your request header section exceeds the maximum allowed size."
        raise ServiceError("RequestHeaderSectionTooLarge", message, 400, {"MaxSizeAllowed": MAX_HEADERS})
    path = environ.get("PATH_INFO", "/")
    try:
        path = path if path.isascii() else path.encode("latin-1").decode("utf-8")
    except UnicodeError as error:
        raise ServiceError("InvalidURI", "Couldn't parse the specified URI.") from error
    return Request(
        method=environ["REQUEST_METHOD"].upper(),
        path=path or "/",
        query_string=environ.get("QUERY_STRING", ""),
        headers=found,
        body=body,
        scheme=environ.get("wsgi.url_scheme", "http"),
        client=environ.get("REMOTE_ADDR", ""),
        sent_path=environ.get("emulator.path", ""),
    )
