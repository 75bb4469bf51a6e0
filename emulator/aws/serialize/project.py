"""Cutting an output to its shape: one compiled closure per shape, built on an operation's first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from emulator.aws import model

Cut = Callable[[Any], Any]
XML = {"rest-xml", "query", "ec2"}

# An unfinished closure in another thread's hands would call itself for ever.
_compiling = threading.Lock()


def project(service: str, operation: str, output: dict[str, Any]) -> dict[str, Any]:
    """``output`` with only the members its shape has, at every depth; ``None`` and private members are gone. XML is
    cut at the top only: what writes it goes through every member and leaves out the same."""
    owner = model.service(service)
    shape = owner.operation(operation).output_shape
    if shape is None:
        return {}
    if owner.protocol in XML:
        return {name: item for name, item in output.items() if item is not None and name in shape.members}
    found: dict[str, Any] = cutter(service, shape.name)(output)
    return found


@cache
def cutter(service: str, shape_name: str) -> Cut:
    """The closure of a named structure."""
    with _compiling:
        cut = _compile(model.service(service).model.shape_for(shape_name), _shapes(service))
    assert cut is not None, f"{shape_name} is not a structure"
    return cut


@cache
def _shapes(_service: str) -> dict[str, Cut | None]:
    """A service's finished closures by shape name."""
    return {}


def _compile(shape: model.Shape, known: dict[str, Cut | None]) -> Cut | None:
    """``None`` means: hand the value on as it is (scalars, lists of scalars, streams)."""
    name = shape.name
    if name not in known:
        if shape.type_name == "structure" and not _opaque(shape):
            known[name] = _later(known, name)
        known[name] = _new(shape, known)
    return known[name]


def _later(known: dict[str, Cut | None], name: str) -> Cut:
    """Stands for a shape's closure while it is being made, for shapes that hold themselves."""

    def cut(value: Any) -> Any:
        finished = known[name]
        return value if finished is None else finished(value)

    return cut


def _opaque(shape: model.Shape) -> bool:
    return bool(shape.is_document_type or shape.serialization.get("eventstream"))


def _new(shape: model.Shape, known: dict[str, Cut | None]) -> Cut | None:
    if shape.type_name == "structure":
        return None if _opaque(shape) else _structure(shape, known)
    if shape.type_name == "list":
        return _list(_compile(shape.member, known))
    if shape.type_name == "map":
        return _map(_compile(shape.value, known))
    return None


def _list(cut: Cut | None) -> Cut | None:
    return None if cut is None else lambda value: [cut(item) for item in value if item is not None]


def _map(cut: Cut | None) -> Cut | None:
    return None if cut is None else lambda value: {key: cut(item) for key, item in value.items()}


def _structure(shape: model.Shape, known: dict[str, Cut | None]) -> Cut:
    members = {name: _compile(member, known) for name, member in shape.members.items()}

    def structure(value: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, item in value.items():
            if item is not None and name in members:
                cut = members[name]
                found[name] = item if cut is None else cut(item)
        return found

    return structure
