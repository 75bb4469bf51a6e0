"""REST requests -> params: path labels, query string, headers, and the body by the shape's ``payload``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from emulator.aws import model
from emulator.aws.http import Readable, Request
from emulator.aws.parse import json, text, xml
from emulator.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member comes from: ``uri``, ``querystring``, ``header`` or ``headers`` (a prefix), and its wire name."""

    member: str
    location: str
    name: str
    shape: model.Shape


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one operation's input.

    ``named`` are its places by location and wire name, since requests have far fewer headers and parameters than S3's
    inputs have members; ``prefixed`` are maps. ``payload`` is the member the body is, ``inside`` whether members share
    it.
    """

    named: Mapping[str, Mapping[str, Place]]
    prefixed: tuple[Place, ...]
    payload: str
    payload_shape: model.Shape
    inside: bool
    shape_name: str


def params(service: str, operation: str, request: Request, labels: dict[str, str]) -> dict[str, Any]:
    """The params of a REST operation. Raises 400 ``InvalidArgument``, ``MalformedXML``, ``SerializationException``."""
    plan = _plan(service, operation)
    if plan is None:
        return {}
    xml_service = model.service(service).protocol == "rest-xml"
    found: dict[str, Any] = {}
    for location, given in (("uri", labels), ("header", request.headers), ("querystring", request.query)):
        places = plan.named[location]
        for name, value in given.items() if places else ():
            if name in places and (converted := _converted(places[name], value, xml_service)) is not None:
                found[places[name].member] = converted
    for place in plan.prefixed:
        if of_prefix := _prefixed(place.name.lower(), request):
            found[place.member] = of_prefix
    if plan.payload:
        body = _payload(service, plan, request, xml_service)
        if body is not None:
            found[plan.payload] = body
    elif plan.inside:
        found.update(_structured(service, plan.shape_name, request.data, xml_service) or {})
    return found


@cache
def _plan(service: str, operation: str) -> Plan | None:
    shape = model.service(service).operation(operation).input_shape
    if shape is None:
        return None
    places = [
        Place(name, where["location"], where.get("name", name), member)
        for name, member in shape.members.items()
        if "location" in (where := member.serialization)
    ]
    named: dict[str, dict[str, Place]] = {"uri": {}, "header": {}, "querystring": {}}
    for place in places:
        if place.location != "headers":
            wire = place.name.lower() if place.location == "header" else place.name
            named[place.location][wire] = place
    prefixed = tuple(place for place in places if place.location == "headers")
    payload = shape.serialization.get("payload", "")
    return Plan(named, prefixed, payload, shape.members.get(payload), len(places) < len(shape.members), shape.name)


def _prefixed(prefix: str, request: Request) -> dict[str, str]:
    return {name[len(prefix) :]: _utf8(value) for name, value in request.headers.items() if name.startswith(prefix)}


def _utf8(value: str) -> str:
    """A header's text: WSGI gives bytes as latin-1, clients that send more than ASCII mean UTF-8."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _converted(place: Place, value: Any, xml_service: bool) -> Any:
    kind = place.shape.type_name
    if place.location == "header":
        value = _utf8(value)
    try:
        if kind == "list":
            items = value if isinstance(value, list) else text.split_list(value)
            return [text.convert(place.shape.member, item) for item in items]
        return text.convert(place.shape, value[0] if isinstance(value, list) else value)
    except (ValueError, OverflowError) as error:
        if place.location == "header" and place.name.lower().endswith("modified-since"):
            return None  # a condition whose date is none must be ignored (RFC 9110, 13.1.3 and 13.1.4)
        raise _invalid(place, value, xml_service) from error


def _invalid(place: Place, value: Any, xml_service: bool) -> ServiceError:
    shown = value[0] if isinstance(value, list) else value
    if not xml_service:
        return json.wrong(shown, place.shape.type_name.capitalize())
    what = "an integer or within integer range" if place.shape.type_name in {"integer", "long"} else "a valid value"
    fields = {"ArgumentName": place.name, "ArgumentValue": shown}
    return ServiceError("InvalidArgument", f"Provided {place.name} not {what}", 400, fields)


def _payload(service: str, plan: Plan, request: Request, xml_service: bool) -> Any:
    shape = plan.payload_shape
    if shape.type_name == "blob":
        return _stream(request) if shape.serialization.get("streaming") else request.data or None
    if shape.type_name == "string":
        return request.data.decode("utf-8", "replace")
    if xml_service and not request.data:
        return None
    return _structured(service, shape.name, request.data, xml_service)


def _stream(request: Request) -> Readable:
    """The body as it comes. Of what comes in chunks S3 wants to know the length before, and so do we (411)."""
    lengths = {"content-length", "x-amz-decoded-content-length"}
    if "transfer-encoding" in request.headers and not lengths & request.headers.keys():
        raise ServiceError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    return request.body


def _structured(service: str, shape_name: str, data: bytes, xml_service: bool) -> Any:
    if xml_service:
        return xml.document(model.service(service).model.shape_for(shape_name), data) if data else None
    return json.reader(service, shape_name)(json.loads(data))
