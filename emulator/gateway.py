"""The way of a request: one WSGI callable, read :meth:`Gateway._answer` from top to bottom.

It owns two things nothing below can: the request id, and the edge where a bug becomes a 500 instead of a traceback.
Services we do not own, and operations of IAM and STS nobody registered, go to ``passthrough``, a WSGI callable too.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, BinaryIO

from emulator import arns
from emulator.arns import Scope
from emulator.aws import chunked, detect, http, presign, registry, serialize
from emulator.aws.call import Call, FileBody
from emulator.aws.http import Request, Response
from emulator.aws.keys import Keys
from emulator.aws.parse import parse
from emulator.aws.signatures.admit import Admitted, admit
from emulator.aws.signatures.forms import admit_form
from emulator.browser import cors, forms
from emulator.errors import ServiceError, unknown_operation
from emulator.objects import integrity

Start = Callable[..., Any]
Run = Callable[[Call, Any], dict[str, Any]]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]

log = logging.getLogger("emulator.gateway")

#: What these do takes microseconds as a rule; of all others the server is told that they may take long.
_QUICK = {"s3", "sagemaker", "sagemaker-featurestore-runtime", "sagemaker-metrics", "logs"}
_PIECE = 256 << 10
_AT_ONCE = 64 << 10  # a small file goes out in one write with its headers, not through the server's piecewise path
_NO_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Gateway:
    """AWS calls over WSGI.

    ``services`` is handed to handlers, ``passthrough`` answers for everything not ours, ``keys`` tells whose access key
    a call was signed with, and whether that is checked, ``run`` runs a call (the registry's; tests give their own).
    """

    def __init__(
        self,
        services: Any,
        passthrough: Wsgi,
        keys: Keys | None = None,
        run: Run = registry.run,
    ) -> None:
        self._services = services
        self._passthrough = passthrough
        self._keys = keys or Keys(services.settings.account)
        self._run = run

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        began = time.perf_counter()
        request_id = arns.request_id()
        source = chunked.Bounded(environ["wsgi.input"], _length(environ))
        target = detect.Target("s3")
        try:
            headers = http.headers(environ)
            request = http.request(environ, chunked.unwrap(source, headers), headers)
            target = detect.detect(request)
            if target.service not in _QUICK and "emulator.aside" in environ:
                environ["emulator.aside"]()
            account, request = self._caller(request, target)
            if not _ours(target):
                log.info("%s passed through", target)
                return self._passthrough(_replayed(environ, request), start_response)
            response = self._s3(request, target, request_id) if target.service == "s3" else None
            response = response or self._answer(request, target, account, request_id)
        except registry.NotOurs:
            return self._passthrough(_replayed(environ, request), start_response)
        except ServiceError as error:
            response = serialize.error(target.service, error, request_id)
        except Exception:
            log.exception("bug in %s, request id %s", target, request_id)
            response = serialize.error(target.service, _bug(request_id), request_id)
        if target.service == "s3" and "HTTP_ORIGIN" in environ:
            response.headers += self._allowed(environ, source)
        milliseconds = (time.perf_counter() - began) * 1000
        log.info("%s %d %.1f ms", target, response.status, milliseconds)
        return _send(response, environ, start_response)

    def _caller(self, request: Request, target: detect.Target) -> Admitted:
        """The account a request is from, and the request with what guards its body, if that is checked."""
        preflight = target.service == "s3" and request.method == "OPTIONS"  # browsers sign none, see _s3
        if self._keys.strict and not preflight:
            return admit(request, target, self._keys)
        if _ours(target):
            presign.check(request)
        return Admitted(self._keys.account(target.key), request)

    def _s3(self, request: Request, target: detect.Target, request_id: str) -> Response | None:
        """What S3 does for web pages; None for everything that is an operation of its model."""
        if request.method == "OPTIONS":
            return cors.preflight(request, self._services.store)
        if not forms.is_form(request):
            return None
        made, meant, form = forms.put(request, target)
        account = admit_form(form.fields, self._keys) if self._keys.strict else self._keys.account(meant.key)
        return forms.answer(made, form, self._answer(made, meant, account, request_id))

    def _answer(self, request: Request, target: detect.Target, account: str, request_id: str) -> Response:
        if target.operation is None:
            raise _no_operation(request, target)
        call = Call(
            service=target.service,
            operation=target.operation,
            params=parse(target.service, target.operation, request, target.labels),
            scope=Scope(account, target.region or self._services.settings.region),
            request_id=request_id,
            headers=request.headers,
            url=_url(request),
            key=target.key if account else "",
            client=request.client,
        )
        if call.service == "s3" and "data" in request.__dict__:
            trailers: Mapping[str, str] = getattr(request.body, "trailers", {})
            integrity.check(call.operation, {**request.headers, **trailers}, request.data)
        output = self._run(call, self._services)
        return serialize.response(call.service, call.operation, output, request_id)

    def _allowed(self, environ: dict[str, Any], source: chunked.Bounded) -> list[tuple[str, str]]:
        """CORS headers, of errors too: a page could not tell them from a broken network otherwise."""
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return []
        try:
            return cors.applied(http.request(environ, source), self._services.store)
        except ServiceError:  # a request that could not be read
            return []


def _ours(target: detect.Target) -> bool:
    return target.service in detect.OWNED or registry.handles(target.service, target.operation)


def _no_operation(request: Request, target: detect.Target) -> ServiceError:
    """The answer to a request that names no operation: S3's 405 for a method a path has not, else 404."""
    if target.service != "s3":
        return unknown_operation(target.asked)
    fields = {"Method": request.method, "ResourceType": "OBJECT" if "Key" in target.labels else "SERVICE"}
    return ServiceError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, fields)


def _bug(request_id: str) -> ServiceError:
    return ServiceError("InternalFailure", f"A bug in sagemaker-emulator; its log names request id {request_id}.", 500)


def _length(environ: Mapping[str, Any]) -> int | None:
    """The body's length; ``None`` (until the end) for chunked transfer encoding, 0 for no body at all."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        return int(length)
    return None if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else 0


def _url(request: Request) -> str:
    return f"{request.scheme}://{request.headers.get('host', '')}{request.path}"


def _replayed(environ: dict[str, Any], request: Request) -> dict[str, Any]:
    """The environ with its body put back, where finding the operation has read it."""
    if "data" in request.__dict__:
        environ["wsgi.input"] = io.BytesIO(request.data)
        environ["CONTENT_LENGTH"] = str(len(request.data))
    return environ


def _send(response: Response, environ: Mapping[str, Any], start_response: Start) -> Iterable[bytes]:
    body = response.body
    headers = response.headers
    sized = "Content-Length" in dict(headers)  # the spelling of the models, from which headers come
    if not sized and response.status not in _NO_BODY and (length := _known_length(body)) is not None:
        headers = [*headers, ("Content-Length", str(length))]
    start_response(_status_line(response.status), headers)
    if isinstance(body, bytes):
        return (body,) if body and _has_body(response, environ) else ()
    if isinstance(body, FileBody) and 0 < body.length <= _AT_ONCE and _has_body(response, environ):
        return (body.read(),)
    pieces = _file(body, environ) if isinstance(body, FileBody) else body
    if _has_body(response, environ):
        return pieces
    _close(pieces)
    return ()


def _has_body(response: Response, environ: Mapping[str, Any]) -> bool:
    if isinstance(response.body, FileBody) and response.body.length == 0:
        return False  # a server that expects nothing more neither reads nor closes it
    return environ["REQUEST_METHOD"] != "HEAD" and response.status not in _NO_BODY


def _known_length(body: http.Body) -> int | None:
    if isinstance(body, bytes):
        return len(body)
    return body.length if isinstance(body, FileBody) else None


@cache
def _status_line(status: int) -> str:
    try:
        return f"{int(status)} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _close(pieces: object) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _file(body: FileBody, environ: Mapping[str, Any]) -> Iterable[bytes]:
    """A slice of a file; a server's own wrapper (sendfile) starts where the file stands and ends at Content-Length."""
    file = body.open()
    wrapper: Callable[[Any, int], Iterable[bytes]] | None = environ.get("wsgi.file_wrapper")
    return wrapper(file, _PIECE) if wrapper else _Pieces(file, body.length)


class _Pieces:
    """A slice of a file in pieces. A class, because a generator nobody started would not close its file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data = self._file.read(min(self._left, _PIECE)) if self._left > 0 else b""
        if not data:
            self.close()
            raise StopIteration
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file; the server calls this at the end and when the client has left."""
        self._file.close()
