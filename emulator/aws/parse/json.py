"""JSON bodies -> params. One reader per shape, compiled on first use of an operation, kept for good.

The messages of type errors are those of AWS's own JSON deserializer (seen on SageMaker and DynamoDB).
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson

from emulator.aws import model, times
from emulator.errors import ServiceError

Reader = Callable[[Any], Any]

_INT_LIMITS = {"integer": 1 << 31, "long": 1 << 63}
_SPECIAL_FLOATS = {"NaN", "Infinity", "-Infinity"}


def body(service: str, operation: str, data: bytes) -> dict[str, Any]:
    """The params in an RPC body; an empty body means no members."""
    value = loads(data)
    shape = model.service(service).operation(operation).input_shape
    if shape is None:
        return {}
    params: dict[str, Any] = reader(service, shape.name)(value)
    return params


def loads(data: bytes) -> Any:
    """A JSON document, ``{}`` for no bytes at all; 400 ``SerializationException`` if it is none."""
    if not data:
        return {}
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ServiceError("SerializationException", f"Could not parse the request body as JSON: {error}") from error


@cache
def reader(service: str, shape_name: str) -> Reader:
    """The reader of a named shape."""
    return _compile(service, model.service(service).model.shape_for(shape_name), {})


def _compile(service: str, shape: model.Shape, known: dict[str, Reader]) -> Reader:
    if shape.name in known:
        return known[shape.name]
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        known[shape.name] = _later(known, shape.name)
        known[shape.name] = _structure(service, shape, known)
        return known[shape.name]
    if kind == "list":
        return _list(_compile(service, shape.member, known))
    if kind == "map":
        return _map(_compile(service, shape.value, known))
    return SCALARS.get(kind, _anything)


def _later(known: dict[str, Reader], name: str) -> Reader:
    """Stands for a shape's reader while it is being made, for shapes that hold themselves."""

    def read(value: Any) -> Any:
        return known[name](value)

    return read


def _structure(service: str, shape: model.Shape, known: dict[str, Reader]) -> Reader:
    members: dict[str, tuple[str, Reader]] = {}
    for name, member in shape.members.items():
        if "location" not in member.serialization:
            members[member.serialization.get("name", name)] = (name, _compile(service, member, known))

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise wrong(value, "Structure")
        found = {}
        for key, item in value.items():
            if item is not None and key in members:
                name, convert = members[key]
                found[name] = convert(item)
        return found

    return read


def _list(convert: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise wrong(value, "List")
        return [convert(item) for item in value if item is not None]

    return read


def _map(convert: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise wrong(value, "Map")
        return {key: convert(item) for key, item in value.items() if item is not None}

    return read


def wrong(value: Any, wanted: str) -> ServiceError:
    """400 ``SerializationException`` for a value of another JSON type than the shape's."""
    if wanted in {"List", "Map", "Structure"} and not isinstance(value, dict | list):
        message = f"Unexpected value type in payload: expected {wanted.lower()}"
    elif isinstance(value, list):
        message = "Start of list found where not expected"
    elif isinstance(value, dict):
        message = "Start of structure or map found where not expected."
    else:
        message = f"{_token(value)} can not be converted to {'an' if wanted[0] in 'AEIOU' else 'a'} {wanted}"
    return ServiceError("SerializationException", message)


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"


def _anything(value: Any) -> Any:
    return value


def _string(value: Any) -> Any:
    if type(value) is not str:
        raise wrong(value, "String")
    return value


def _whole(kind: str) -> Reader:
    limit = _INT_LIMITS[kind]
    wanted = kind.capitalize()

    def read(value: Any) -> Any:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not -limit <= value < limit:
            raise wrong(value, wanted)
        return value

    return read


def _float(value: Any) -> Any:
    if type(value) is int or type(value) is float:
        return float(value)
    if value in _SPECIAL_FLOATS:
        return float(value)
    raise wrong(value, "Double")


def _boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise wrong(value, "Boolean")
    return value


def _timestamp(value: Any) -> Any:
    try:
        return times.read(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise wrong(value, "Timestamp") from error


def _blob(value: Any) -> Any:
    if type(value) is not str:
        raise wrong(value, "Blob")
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(value, "Blob") from error


SCALARS: dict[str, Reader] = {
    "string": _string,
    "integer": _whole("integer"),
    "long": _whole("long"),
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
}
