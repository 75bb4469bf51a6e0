"""Is an input what the model says: :func:`validate`, in AWS's own words.

One checker per shape, compiled on first use. A checker returns nothing on a good value (that is the fast path: no path
is built), else a list of (path, value, what must hold). botocore's own validator ignores max, pattern and enum, and its
wording is a client's. A newcomer would get the wording wrong: scalars in lists and maps are reported at the list
("Member must satisfy constraint: [...]"), structures in lists at ``tags.1.member.key``, counted from one.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from emulator.aws import constraints, model
from emulator.aws.constraints import Check, Problem
from emulator.aws.parse import json, xml
from emulator.errors import ServiceError

# Values longer than this are cut in a message, so that a bad 4 MB document is not echoed whole.
_SHOWN = 1024
# An unfinished checker in another thread's hands would call itself for ever.
_compiling = threading.Lock()
_NONE: list[Problem] = []
_CODES = ("ValidationException", "ValidationError", "InvalidParameterException")


def validate(service: str, operation: str, params: dict[str, Any]) -> None:
    """Raise 400 ``ValidationException`` (or the service's own code) naming every violated constraint of an input."""
    if model.service(service).protocol == "rest-xml":
        _validate_s3(service, operation, params)
        return
    check = _checker(service, operation)
    problems = check(params) if check else None
    if problems:
        raise ServiceError(_code(service, operation), message(problems))


def message(problems: list[Problem]) -> str:
    """``2 validation errors detected: Value 'x' at 'a' failed to satisfy constraint: ...; Value null at 'b' ...``."""
    count = len(problems)
    parts = [
        f"Value {_shown(value)} at '{'.'.join(path)}' failed to satisfy constraint: {what}"
        for path, value, what in problems
    ]
    return f"{count} validation error{'s' if count > 1 else ''} detected: " + "; ".join(parts)


def _shown(value: Any) -> str:
    return "null" if value is None else f"'{_java(value)[:_SHOWN]}'"


def _java(value: Any) -> str:
    """A value as Java prints it, which is what AWS's messages hold."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "java.nio.HeapByteBuffer" if isinstance(value, bytes) else str(value)


@cache
def _code(service: str, operation: str) -> str:
    owner = model.service(service)
    modelled = {shape.error_code for shape in owner.operation(operation).error_shapes}
    default = "ValidationError" if owner.protocol == "query" else "ValidationException"
    if "InvalidParameterException" in modelled:
        # CloudWatch Logs models both and answers broken constraints with this one.
        return "InvalidParameterException"
    return next((code for code in _CODES if code in modelled), default)


@cache
def _checker(service: str, operation: str) -> Check | None:
    shape = model.service(service).operation(operation).input_shape
    with _compiling:
        return _compile(shape, _shapes(service)) if shape else None


@cache
def _shapes(_service: str) -> dict[str, Check]:
    """A service's finished checkers by shape name."""
    return {}


def _compile(shape: model.Shape, known: dict[str, Check]) -> Check:
    name = shape.name
    if name not in known:
        known[name] = _later(known, name)
        known[name] = _new(shape, known)
    return known[name]


def _later(known: dict[str, Check], name: str) -> Check:
    """Stands for a shape's checker while it is being made, for shapes that hold themselves."""

    def check(value: Any) -> list[Problem] | None:
        return known[name](value)

    return check


def _new(shape: model.Shape, known: dict[str, Check]) -> Check:
    if shape.type_name == "structure":
        return _anything if shape.is_document_type else _structure(shape, known)
    if shape.type_name == "list":
        return _list(shape, known)
    if shape.type_name == "map":
        return _map(shape, known)
    return constraints.compile_scalar(shape)


def _anything(_value: Any) -> None:
    return None


def _structure(shape: model.Shape, known: dict[str, Check]) -> Check:
    required = tuple(shape.required_members)
    members = {name: (constraints.camel(name), _compile(member, known)) for name, member in shape.members.items()}
    union = shape.is_tagged_union

    def structure(value: Any) -> list[Problem] | None:
        if type(value) is not dict:
            raise json.wrong(value, "Structure")
        found = _NONE
        for name in required:
            if value.get(name) is None:
                found = [*found, ((constraints.camel(name),), None, "Member must not be null")]
        for name, item in value.items():
            if item is None or name not in members:
                continue
            wire, check = members[name]
            problems = check(item)
            if problems:
                found = [*found, *(((wire, *path), bad, what) for path, bad, what in problems)]
        if union and len(value) != 1:
            raise ServiceError("SerializationException", f"Union {shape.name} must have exactly one member set")
        return found

    return structure


def _list(shape: model.Shape, known: dict[str, Check]) -> Check:
    size = constraints.length(shape)
    nested = shape.member.type_name in {"structure", "list", "map"}
    check_item = _compile(shape.member, known)

    def check(value: Any) -> list[Problem] | None:
        if type(value) is not list:
            raise json.wrong(value, "List")
        found: list[Problem] = [((), value, what) for what in size(value)] if size else []
        for number, item in enumerate(value, 1):
            problems = check_item(item)
            if problems and nested:
                found += [((str(number), "member", *path), bad, what) for path, bad, what in problems]
            elif problems:
                found.append(((), value, "Member must satisfy constraint: " + constraints.every(shape.member)))
                break
        return found

    return check


def _map(shape: model.Shape, known: dict[str, Check]) -> Check:
    size = constraints.length(shape)
    nested = shape.value.type_name in {"structure", "list", "map"}
    check_key, check_item = _compile(shape.key, known), _compile(shape.value, known)

    def check(value: Any) -> list[Problem] | None:
        if type(value) is not dict:
            raise json.wrong(value, "Map")
        found: list[Problem] = [((), value, what) for what in size(value)] if size else []
        if any(check_key(key) for key in value):
            found.append(((), value, "Map keys must satisfy constraint: " + constraints.every(shape.key)))
        for key, item in value.items():
            problems = check_item(item)
            if problems and nested:
                found += [((key, "member", *path), bad, what) for path, bad, what in problems]
            elif problems:
                found.append(((), value, "Map value must satisfy constraint: " + constraints.every(shape.value)))
                break
        return found

    return check


# S3 itself checks no patterns and no lengths at this level; its names, ids and headers are the handlers' business.


def _validate_s3(service: str, operation: str, params: dict[str, Any]) -> None:
    shape = model.service(service).operation(operation).input_shape
    if shape is None:
        return
    payload = shape.serialization.get("payload")
    for name in shape.required_members:
        if params.get(name) is None:
            raise _missing_s3(shape.members[name], name, structured=name == payload)
    if payload in params and not _complete(shape.members[payload], params[payload]):
        raise xml.malformed()


def _missing_s3(member: model.Shape, name: str, structured: bool) -> ServiceError:
    if structured:
        return ServiceError("MissingRequestBodyError", "Request Body is empty")
    wire = member.serialization.get("name", name)
    where = "header" if member.serialization.get("location") == "header" else "parameter"
    fields = {"ArgumentName": wire}
    return ServiceError("InvalidArgument", f"Missing required {where} for this request: {wire}", 400, fields)


def _complete(shape: model.Shape, value: Any) -> bool:
    """Whether all required members of an XML document are there, at every depth."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return all(name in value for name in shape.required_members) and all(
            _complete(shape.members[name], item) for name, item in value.items() if name in shape.members
        )
    if shape.type_name == "list" and isinstance(value, list):
        return all(_complete(shape.member, item) for item in value)
    return True
