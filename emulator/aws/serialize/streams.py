"""Event streams: an iterator of one-key dicts as framed messages; a ServiceError on the way is an exception event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from emulator.aws import eventstream, model
from emulator.aws.http import Response
from emulator.aws.serialize import errors, json, xml
from emulator.errors import ServiceError

Event = dict[str, dict[str, Any]]


def answer(service: str, shape: model.Shape, output: dict[str, Any], response: Response) -> Response:
    """Give a response the framed events of its output shape's stream member as an iterator body."""
    owner = model.service(service)
    name = shape.event_stream_name
    first = {key: value for key, value in output.items() if key != name}
    # RPC protocols send members beside the stream as its first event; REST ones have them in headers.
    head = json.dumps(service, shape, first) if owner.protocol == "json" else None
    # Content-Type may be a modelled header of the payload's own (InvokeEndpointWithResponseStream: X-Amzn-...).
    response.headers.append(("Content-Type", eventstream.CONTENT_TYPE))
    response.body = _frames(owner, shape.members[name], output.get(name, ()), head)
    return response


def _frames(owner: model.Service, stream: model.Shape, events: Iterable[Event], head: bytes | None) -> Iterator[bytes]:
    if head is not None:
        yield eventstream.event("initial-response", head, "application/x-amz-json-1.1")
    try:
        for event in events:
            for name, value in event.items():
                yield frame(owner, stream.members[name], name, value)
    except ServiceError as error:
        if error.code in stream.members:
            yield eventstream.exception(error.code, orjson.dumps(errors.body(owner, error), default=str))
        else:
            yield eventstream.error(error.code, error.message)
    finally:
        close = getattr(events, "close", None)
        if close:
            close()


def frame(owner: model.Service, shape: model.Shape, name: str, value: dict[str, Any]) -> bytes:
    """One event by its shape: a blob or text payload raw, a structure in the service's format."""
    payload = next((key for key, member in shape.members.items() if member.serialization.get("eventpayload")), None)
    if payload is not None:
        inner, item = shape.members[payload], value.get(payload)
        if inner.type_name == "blob":
            return eventstream.event(name, item or b"", "application/octet-stream")
        if inner.type_name == "string":
            return eventstream.event(name, (item or "").encode(), "text/plain")
        shape, value = inner, item or {}
    if owner.protocol == "rest-xml":
        return eventstream.event(name, xml.document(shape.name, shape, value) if shape.members else b"", "text/xml")
    return eventstream.event(name, json.dumps(owner.name, shape, value), "application/json")
