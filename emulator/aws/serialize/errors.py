"""Errors as answers, by protocol, and the request-id headers every answer carries."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson

from emulator.aws import model
from emulator.aws.http import Response
from emulator.aws.serialize.xml import DECLARATION, escaped
from emulator.errors import ServiceError

_BAD_REQUEST = 400
_SERVER_ERRORS = 500


def identity(protocol: str, request_id: str) -> list[tuple[str, str]]:
    """The request-id headers: S3 has its own pair, all others share one."""
    if protocol == "rest-xml":
        return [("x-amz-request-id", s3_id(request_id)), ("x-amz-id-2", _host_id(request_id))]
    return [("x-amzn-RequestId", request_id)]


def s3_id(request_id: str) -> str:
    """A request id in S3's form: 16 upper-case hexadecimal digits."""
    return request_id.replace("-", "")[:16].upper()


def _host_id(request_id: str) -> str:
    return b64encode(sha256(request_id.encode()).digest()).decode()


def error(service: str, problem: ServiceError, request_id: str = "") -> Response:
    """A ServiceError in the service's protocol; unknown services get JSON, which every SDK's fallback reads."""
    try:
        owner = model.service(service)
    except KeyError:
        return _json(None, problem, request_id, problem.status)
    status = _status(owner, problem)
    if owner.protocol == "rest-xml":
        return _s3(problem, request_id, status)
    if owner.protocol in {"query", "ec2"}:
        return _query(owner, problem, request_id, status)
    return _json(owner, problem, request_id, status)


def _status(owner: model.Service, error: ServiceError) -> int:
    """The model's status for a modelled error that was raised without one (400 is the default)."""
    shape = owner.error_shape(error.code)
    if shape is None or error.status != _BAD_REQUEST:
        return error.status
    return int(shape.metadata.get("error", {}).get("httpStatusCode", error.status))


def body(owner: model.Service | None, error: ServiceError) -> dict[str, Any]:
    """The JSON members of an error: the message under its modelled name, then the error's own fields."""
    shape = owner.error_shape(error.code) if owner else None
    names = shape.members if shape is not None else ()
    return {"Message" if "Message" in names else "message": error.message, **error.fields}


def _json(owner: model.Service | None, error: ServiceError, request_id: str, status: int) -> Response:
    rest = owner is not None and owner.protocol == "rest-json"
    content_type = "application/json" if rest else "application/x-amz-json-1.1"
    headers = [*identity("json", request_id), ("Content-Type", content_type), ("x-amzn-ErrorType", error.code)]
    members = body(owner, error) if rest else {"__type": error.code, **body(owner, error)}
    return Response(status, headers, orjson.dumps(members, default=str))


def _s3(error: ServiceError, request_id: str, status: int) -> Response:
    headers = [*identity("rest-xml", request_id), ("Content-Type", "application/xml"), *error.headers.items()]
    fields = "".join(f"<{name}>{escaped(str(value))}</{name}>" for name, value in error.fields.items())
    text = (
        f"{DECLARATION}<Error><Code>{escaped(error.code)}</Code><Message>{escaped(error.message)}</Message>{fields}"
        f"<RequestId>{s3_id(request_id)}</RequestId><HostId>{_host_id(request_id)}</HostId></Error>"
    )
    return Response(status, headers, text.encode())


def _query(owner: model.Service, error: ServiceError, request_id: str, status: int) -> Response:
    headers = [*identity("query", request_id), ("Content-Type", "text/xml")]
    kind = "Receiver" if status >= _SERVER_ERRORS else "Sender"
    namespace = quoteattr(owner.metadata.get("xmlNamespace", ""))
    text = (
        f"<ErrorResponse xmlns={namespace}><Error><Type>{kind}</Type><Code>{escaped(error.code)}</Code>"
        f"<Message>{escaped(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Response(status, headers, text.encode())
