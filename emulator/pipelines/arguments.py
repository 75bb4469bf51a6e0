"""Arguments of steps against the input shape of the operation they become.

Two uses: :func:`problems` for CreatePipeline (unknown members and literals of the wrong type, in AWS's wording), and
:func:`fit` for the run, when references have become values: an Integer parameter used as a hyperparameter must become
a string, a String parameter used as an instance count an integer. Shapes are botocore's, through ``aws/model.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.aws import model
from emulator.pipelines import references
from emulator.pipelines.parameters import text

_EXPECTED: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def problems(operation: str, arguments: Mapping[str, Any], left_out: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a step's ``arguments``; the members ``left_out`` are the service's to fill in."""
    shape = model.service("sagemaker").operation(operation).input_shape
    yield from _problems(shape, arguments, "")
    for member in shape.required_members:
        if member not in left_out and arguments.get(member) is None:
            yield f"Missing required Argument member '{member}'"


def _problems(shape: Any, value: Any, name: str) -> Iterator[str]:
    if value is None or references.is_get(value) or references.is_function(value):
        return
    expected = _EXPECTED.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)):
        yield f"Property '{name}' with value '{value}' isn't of the expected type '{shape.type_name.capitalize()}'"
    elif shape.type_name == "structure":
        for member, inner in value.items():
            if member not in shape.members:
                yield f"Unknown Argument member '{member}'"
            else:
                yield from _problems(shape.members[member], inner, member)
    elif shape.type_name == "list":
        for inner in value:
            yield from _problems(shape.member, inner, name)
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _problems(shape.value, inner, key)


def fit(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Resolved arguments with primitives turned into what the operation's input shape asks for."""
    fitted = _fit(model.service("sagemaker").operation(operation).input_shape, arguments)
    return dict(fitted)


def _fit(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {k: _fit(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if kind == "map" and isinstance(value, dict):
        return {key: _fit(shape.value, inner) for key, inner in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_fit(shape.member, inner) for inner in value]
    return _primitive(kind, value)


def _primitive(kind: str, value: Any) -> Any:
    """Left as it is when it does not convert: the operation's own validation then tells."""
    if kind == "string" and isinstance(value, bool | int | float):
        return text(value)
    try:
        if kind in {"integer", "long"} and isinstance(value, str | float):
            return int(value)
        if kind in {"float", "double"} and isinstance(value, str):
            return float(value)
    except ValueError:
        return value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value
