"""Forms of the query protocol (STS, IAM) -> params: ``Tags.member.1.Key=...`` becomes nested values by shape."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from emulator.aws import model
from emulator.aws.http import Request
from emulator.aws.parse import text
from emulator.errors import ServiceError

Tree = dict[str, Any]
_SELF = ""
_INDEX = re.compile(r"[0-9]{1,9}")


def params(service: str, operation: str, request: Request) -> dict[str, Any]:
    """The params of a form or query string. Raises 400 ``MalformedInput`` for a value of the wrong type."""
    shape = model.service(service).operation(operation).input_shape
    if shape is None:
        return {}
    fields = [(name, values[0]) for name, values in request.query.items()]
    if request.method == "POST":
        fields += parse_qsl(request.data.decode("utf-8", "replace"), keep_blank_values=True)
    found: dict[str, Any] = _structure(shape, _tree(fields))
    return found


def _tree(fields: list[tuple[str, str]]) -> Tree:
    root: Tree = {}
    for name, value in fields:
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[_SELF] = value
    return root


def _value(shape: model.Shape, node: Tree) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, node)
    if shape.type_name == "list":
        return _list(shape, node)
    if shape.type_name == "map":
        return _map(shape, node)
    try:
        return text.convert(shape, node.get(_SELF, ""))
    except (ValueError, OverflowError) as error:
        raise ServiceError("MalformedInput", f"Invalid {shape.type_name}: {node.get(_SELF)!r}") from error


def _structure(shape: model.Shape, node: Tree) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if member.serialization.get("flattened") and member.type_name == "list":
            wire = member.member.serialization.get("name", wire)
        if wire in node:
            found[name] = _value(member, node[wire])
    return found


def _numbered(node: Tree) -> list[Tree]:
    return [node[key] for key in sorted((key for key in node if _INDEX.fullmatch(key)), key=int)]


def _list(shape: model.Shape, node: Tree) -> list[Any]:
    if not shape.serialization.get("flattened"):
        node = node.get(shape.member.serialization.get("name", "member"), {})
    return [_value(shape.member, item) for item in _numbered(node)]


def _map(shape: model.Shape, node: Tree) -> dict[str, Any]:
    if not shape.serialization.get("flattened"):
        node = node.get("entry", {})
    key = shape.key.serialization.get("name", "key")
    value = shape.value.serialization.get("name", "value")
    return {_value(shape.key, item[key]): _value(shape.value, item.get(value, {})) for item in _numbered(node)}
