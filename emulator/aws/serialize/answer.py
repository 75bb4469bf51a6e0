"""One operation's output or error as an HTTP answer, by protocol: status, headers, body."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from emulator.aws import model, times
from emulator.aws.http import Response
from emulator.aws.serialize import errors, json, streams, xml
from emulator.aws.serialize.text import header, text

JSON = "application/x-amz-json-1.1"

_statuses: dict[tuple[str, str], int] = {}


class _Form(NamedTuple):
    """What is the same in all answers of an operation."""

    owner: model.Service
    protocol: str
    shape: model.Shape | None
    status: int
    streams: bool


def answers_with(service: str, operation: str, status: int) -> None:
    """Give an operation's answers a status that its model does not tell; before the first of them."""
    _statuses[service, operation] = status


@cache
def _form(service: str, operation: str) -> _Form:
    owner = model.service(service)
    shape = owner.operation(operation).output_shape
    modelled = owner.operation(operation).http.get("responseCode", HTTPStatus.OK)
    status = int(_statuses.get((service, operation), modelled))
    return _Form(owner, owner.protocol, shape, status, shape is not None and bool(shape.event_stream_name))


def response(service: str, operation: str, output: dict[str, Any], request_id: str = "") -> Response:
    """A projected output in the operation's protocol. The body of a HEAD answer is dropped by the gateway."""
    owner, protocol, shape, status, streamed = _form(service, operation)
    headers = errors.identity(protocol, request_id)
    if protocol == "query":
        return Response(status, [*headers, ("Content-Type", "text/xml")], _query(owner, operation, output, request_id))
    if protocol == "json":
        if shape is not None and streamed:
            return streams.answer(service, shape, output, Response(status, headers))
        # SageMaker answers operations without output (DeleteModel) with an empty body.
        body = json.dumps(service, shape, output) if shape is not None else b""
        return Response(status, [*headers, ("Content-Type", JSON)], body)
    return _rest(owner, operation, output, Response(status, headers))


def _query(owner: model.Service, operation: str, output: dict[str, Any], request_id: str) -> bytes:
    shape = owner.operation(operation).output_shape
    namespace = owner.metadata.get("xmlNamespace", "")
    parts = [f"<{operation}Response xmlns={quoteattr(namespace)}>"]
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation}Result")
        parts.append(f"<{wrapper}>")
        parts.append(xml.members(shape, output))
        parts.append(f"</{wrapper}>")
    parts.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>")
    return "".join(parts).encode()


def _rest(owner: model.Service, operation: str, output: dict[str, Any], answer: Response) -> Response:
    shape = owner.operation(operation).output_shape
    if shape is None:
        return answer
    answer.headers += _headers(owner.name, operation, output)
    names = {name.lower() for name, _ in answer.headers}
    if "content-range" in names:
        answer.status = HTTPStatus.PARTIAL_CONTENT
    if shape.event_stream_name:
        return streams.answer(owner.name, shape, output, answer)
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in {"blob", "string"}:
        body = output.get(payload, b"")
        answer.body = body.encode() if isinstance(body, str) else body
        if "content-type" not in names:
            answer.headers.append(("Content-Type", _raw_type(shape.members[payload])))
        return answer
    answer.body = _structured(owner, operation, shape, output)
    if answer.body:
        answer.headers.append(
            ("Content-Type", "application/xml" if owner.protocol == "rest-xml" else "application/json")
        )
    return answer


def _raw_type(payload: model.Shape) -> str:
    """A policy is JSON in text; anything else without a type of its own is bytes."""
    return "application/json" if payload.type_name == "string" else "binary/octet-stream"


def _structured(owner: model.Service, operation: str, shape: model.Shape, output: dict[str, Any]) -> bytes:
    payload = shape.serialization.get("payload")
    if owner.protocol == "rest-json":
        return json.dumps(
            owner.name, shape.members[payload] if payload else shape, output.get(payload, {}) if payload else output
        )
    if operation == "GetBucketLocation":
        # The one S3 answer whose root is the value: <LocationConstraint>eu-west-1</LocationConstraint>
        place = xml.escaped(output.get("LocationConstraint") or "")
        return f'{xml.DECLARATION}<LocationConstraint xmlns="{xml.S3_NAMESPACE}">{place}</LocationConstraint>'.encode()
    if payload:
        inner = shape.members[payload]
        if payload not in output:
            return b""
        return xml.document(inner.serialization.get("name", payload), inner, output[payload])
    if len(_places(owner.name, operation)) == len(shape.members):
        return b""
    return xml.document(xml.ROOTS.get(operation, shape.name), shape, output)


@cache
def _places(service: str, operation: str) -> dict[str, tuple[str, str, model.Shape]]:
    """The members of an output that are headers: ``header`` or ``headers`` (a prefix), the name, the shape."""
    members = model.service(service).operation(operation).output_shape.members
    found = {name: (member.serialization.get("location", ""), member) for name, member in members.items()}
    return {
        name: (where, member.serialization.get("name", name), member)
        for name, (where, member) in found.items()
        if where in {"header", "headers"}
    }


def _headers(service: str, operation: str, output: dict[str, Any]) -> list[tuple[str, str]]:
    places, found = _places(service, operation), []
    for member, value in output.items():
        if member not in places:
            continue
        where, name, shape = places[member]
        if where == "header":
            found.append((name, header(value if type(value) is str else _header_text(shape, value))))
        else:
            found += [(name + key, header(str(item))) for key, item in value.items()]
    return found


def _header_text(member: model.Shape, value: Any) -> str:
    if member.type_name == "list":
        return ",".join(text(member.member, item, times.RFC) for item in value)
    return text(member, value, times.RFC)
