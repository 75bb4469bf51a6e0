"""Calls without a client's own checks: botocore's serializer makes the request, its parser reads the answer.

boto3 refuses much on the client that a server has to refuse too; what is sent through here reaches the server as it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlencode

import botocore.parsers
import botocore.serialize
from requests.structures import CaseInsensitiveDict

from emulator.aws import model

#: What makes a plain HTTP request to S3 the server's own account's; without it, it is nobody's.
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, "
    "Signature=0"
}
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def environ(service: str, operation: str, params: dict[str, Any], region: str = "us-east-1") -> dict[str, Any]:
    """The WSGI environ of the request botocore's serializer makes, with the credential scope its signer adds."""
    owner = model.service(service)
    serializer = botocore.serialize.create_serializer(owner.protocol, include_validation=False)
    made = serializer.serialize_to_request(params, owner.operation(operation))
    path, _, literals = made["url_path"].partition("?")
    query = made["query_string"]
    encoded = query if isinstance(query, str) else urlencode(query, doseq=True)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    data = body.encode() if isinstance(body, str) else bytes(body)
    headers = {name.lower(): value for name, value in made["headers"].items()}
    scope = owner.metadata.get("signingName", owner.metadata["endpointPrefix"])
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=AKID/20260101/{region}/{scope}/aws4_request, Signature=0"
    return {
        "REQUEST_METHOD": made["method"],
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "QUERY_STRING": "&".join(part for part in (literals, encoded) if part),
        "HTTP_HOST": "127.0.0.1:4577",
        "wsgi.input": io.BytesIO(data),
        **{_environ_name(name): value for name, value in headers.items()},
    }


def _environ_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{upper}"


def ask(
    app: Application, service: str, operation: str, params: dict[str, Any], body: bytes | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the parsed answer of a WSGI application to one call; ``body`` replaces the serializer's."""
    head: list[Any] = []
    request = environ(service, operation, params)
    if body is not None:
        request["wsgi.input"] = io.BytesIO(body)
    request["CONTENT_LENGTH"] = str(len(request["wsgi.input"].getvalue()))
    pieces = app(request, lambda status, headers: head.extend((status, headers)))
    status = int(head[0].split()[0])
    return status, received(service, operation, status, head[1], b"".join(pieces))


class _Raw:
    """An event stream's connection, as urllib3 offers it to botocore."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        yield self._data

    def close(self) -> None:
        pass


def received(
    service: str, operation: str, status: int, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    """What botocore's parser makes of an answer."""
    owner = model.service(service)
    shape = owner.operation(operation).output_shape
    parser = botocore.parsers.create_parser(owner.protocol)
    made = {
        "status_code": status,
        "headers": CaseInsensitiveDict(headers),
        "body": _as_botocore_gets_it(shape, body) if status < 300 else body,
        "context": {"operation_name": operation},
    }
    parsed: dict[str, Any] = parser.parse(made, shape)
    if status >= 300:  # as botocore's endpoint adds a modelled error's own members
        modelled = owner.model.shape_for_error_code(parsed["Error"]["Code"])
        parsed |= parser.parse(made, modelled) if modelled is not None else {}
    return parsed


def _as_botocore_gets_it(shape: Any, body: bytes) -> Any:
    if shape is not None and shape.event_stream_name:
        return _Raw(body)
    payload = shape.serialization.get("payload") if shape is not None else None
    return io.BytesIO(body) if payload and shape.members[payload].type_name == "blob" else body
