"""The constraints on one value (type, length, range, pattern, enum) and AWS's wording for each."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from emulator.aws import model
from emulator.aws.parse import json

#: (path to the value, the value, what must hold)
Problem = tuple[tuple[str, ...], Any, str]
# What re warns of as a possible nested set or set operation, and reads otherwise than Java.
_NESTED = re.compile(r"\[\^?[^\]]*\[|--|&&|\|\||~~")

#: What is wrong with a value; nothing for a good one. Raises SerializationException for one of another type.
Check = Callable[[Any], list[Problem] | None]

_NUMBERS = frozenset({"integer", "long", "float", "double"})
# Longer texts (a 4 MB pipeline definition) are documents; no pattern says more of them than "anything".
_PATTERN_LIMIT = 1 << 20


def camel(name: str) -> str:
    """``TrainingJobName`` -> ``trainingJobName``: how messages spell a member."""
    return name[:1].lower() + name[1:]


# Characters beyond the first 65,536 as Java writes them, in halves; and the same range for Python.
_HALVES, _WHOLE = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"


@cache
def pattern(text: str) -> Callable[[str], object] | None:
    r"""``fullmatch`` of a model's pattern; ``None`` for one that is no regular expression at all (S3 has such).

    The patterns are Java's, where ``\w`` and ``\d`` are ASCII. ``re`` is twice as fast as ``regex``, which is imported
    only for what ``re`` cannot read: ``\p{L}`` and the like, and sets inside sets.
    """
    text = text.replace(_HALVES, _WHOLE)
    if not _NESTED.search(text):
        try:
            return re.compile(text, re.ASCII).fullmatch
        except re.error:
            pass
    import regex

    try:
        found: Callable[[str], object] = regex.compile(text).fullmatch
    except regex.error:
        return None
    return found


def length(shape: model.Shape) -> Callable[[Any], list[str]] | None:
    """A check of ``len(value)``, or ``None`` when the shape has no bounds."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is None and most is None:
        return None
    return lambda value: _outside(len(value), least, most, "length ")


def _outside(size: float, least: float | None, most: float | None, what: str) -> list[str]:
    found = []
    if most is not None and size > most:
        found.append(f"Member must have {what}less than or equal to {most}")
    if least is not None and size < least:
        found.append(f"Member must have {what}greater than or equal to {least}")
    return found


def every(shape: model.Shape) -> str:
    """All constraints of a scalar as one text, as AWS writes them for the members of lists and maps."""
    what = "value " if shape.type_name in _NUMBERS else "length "
    rules = []
    if shape.metadata.get("max") is not None:
        rules.append(f"Member must have {what}less than or equal to {shape.metadata['max']}")
    if shape.metadata.get("min") is not None:
        rules.append(f"Member must have {what}greater than or equal to {shape.metadata['min']}")
    if shape.metadata.get("pattern"):
        rules.append(_pattern_text(shape.metadata["pattern"]))
    if shape.metadata.get("enum"):
        rules.append(_enum_text(shape.metadata["enum"]))
    return f"[{', '.join(rules)}]"


def _pattern_text(text: str) -> str:
    return f"Member must satisfy regular expression pattern: {text}"


def _enum_text(values: list[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def compile_scalar(shape: model.Shape) -> Check:
    """The check of one scalar shape."""
    kind = shape.type_name
    if kind == "string":
        return _string(shape)
    if kind in _NUMBERS:
        return _number(shape)
    if kind == "boolean":
        return _typed((bool,), "Boolean")
    if kind == "timestamp":
        return _typed((float, int), "Timestamp")
    return _blob(shape)


def _typed(types: tuple[type, ...], name: str) -> Check:
    def check(value: Any) -> None:
        if type(value) not in types:
            raise json.wrong(value, name)

    return check


def _string(shape: model.Shape) -> Check:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    highest = sys.maxsize if most is None else most
    values = frozenset(shape.metadata.get("enum", ()))
    text = shape.metadata.get("pattern")
    matches = pattern(text) if text else None
    if not (least or most or values or matches):
        return _typed((str,), "String")

    def check(value: Any) -> list[Problem] | None:
        if (
            type(value) is str
            and least <= len(value) <= highest
            and (matches is None or len(value) > _PATTERN_LIMIT or matches(value))
            and (not values or value in values)
        ):
            return None
        return broken(value)

    def broken(value: Any) -> list[Problem]:
        if type(value) is not str:
            raise json.wrong(value, "String")
        found = _outside(len(value), least, most, "length ")
        if matches is not None and not matches(value):
            found.append(_pattern_text(text))
        if values and value not in values:
            found.append(_enum_text(shape.metadata["enum"]))
        return [((), value, what) for what in found]

    return check


def _number(shape: model.Shape) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    types: tuple[type, ...] = (int,) if shape.type_name in {"integer", "long"} else (float, int)
    name = shape.type_name.capitalize()
    if least is None and most is None:
        return _typed(types, name)

    def check(value: Any) -> list[Problem] | None:
        if type(value) not in types:
            raise json.wrong(value, name)
        return [((), value, what) for what in _outside(value, least, most, "value ")]

    return check


def _blob(shape: model.Shape) -> Check:
    size = length(shape)

    def check(value: Any) -> list[Problem] | None:
        if size is None or not isinstance(value, bytes):
            return None  # a stream has no length yet
        return [((), value, what) for what in size(value)]

    return check
