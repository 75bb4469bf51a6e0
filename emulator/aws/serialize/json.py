"""Values -> JSON bodies.

Most outputs are written straight by orjson: epoch seconds are already what JSON protocols carry, blobs become base64 on
the way. Only shapes that rename members or format times are rewritten first. NaN and infinities,
which JSON lacks and orjson writes as ``null``, are looked for only when a ``null`` came out.
"""

from __future__ import annotations

import math
from base64 import b64encode
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from emulator.aws import model, times


def dumps(service: str, shape: model.Shape, value: dict[str, Any]) -> bytes:
    """The JSON body of a structure's members that have no other location."""
    if _special(service, shape.name):
        value = _rewrite(shape, value)
    data = orjson.dumps(value, default=_default)
    return orjson.dumps(_finite(value), default=_default) if b"null" in data else data


def _default(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON form for {type(value).__name__}")


@cache
def _special(service: str, shape_name: str) -> bool:
    """Whether values of a shape must be rewritten before orjson sees them."""
    seen: set[str] = set()
    queue = [model.service(service).model.shape_for(shape_name)]
    while queue:
        shape = queue.pop()
        where = shape.serialization
        if where.keys() & {"name", "location"} or where.get("timestampFormat", times.UNIX) != times.UNIX:
            return True
        if shape.name not in seen:
            seen.add(shape.name)
            queue += _parts(shape)
    return False


def _parts(shape: model.Shape) -> list[model.Shape]:
    if shape.type_name == "structure":
        return list(shape.members.values())
    if shape.type_name == "list":
        return [shape.member]
    return [shape.value] if shape.type_name == "map" else []


def _rewrite(shape: model.Shape, value: Any) -> Any:
    where = shape.serialization
    if shape.type_name == "structure" and not shape.is_document_type:
        members = ((name, shape.members[name], item) for name, item in value.items())
        return {
            member.serialization.get("name", name): _rewrite(member, item)
            for name, member, item in members
            if "location" not in member.serialization
        }
    if shape.type_name == "list":
        return [_rewrite(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: _rewrite(shape.value, item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return times.render(value, where.get("timestampFormat", times.UNIX))
    return value


def _finite(value: Any) -> Any:
    """The value with NaN and infinities as the words AWS's JSON protocols have for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
