"""Hypothesis strategies for inputs of botocore's model, and every way to spoil one member of a valid input.

``valid(shape)`` draws inputs that keep every constraint of the model. ``faults(shape, value)`` yields, for a valid
input, what to do to break exactly one constraint, with the path and the words that the answer must then have; both
are worked out here from the model, not with the code under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from resource_inputs import bounds, matches, texts
from resource_inputs import value as one

NUMBERS = {"integer": 1 << 31, "long": 1 << 62, "float": 1 << 20, "double": 1 << 20}
LONGEST = 5000
MOST_ITEMS = 300
DEEPEST = 4
# What no sensible pattern admits; the first that breaks a pattern is taken.
ODD = (" !", "\n!", "ü", "!", "-", "x" * 9, "_")


# Shape name -> texts that mean something to the server under test.
KNOWN: dict[str, list[str]] = {}


def remember(shape: Any, value: Any) -> None:
    """Take note of every text in an input or output, so that inputs drawn later refer to what is there."""
    kind = shape.type_name
    if kind == "structure":
        for name in value.keys() & shape.members.keys():
            remember(shape.members[name], value[name])
    elif kind == "list":
        for item in value:
            remember(shape.member, item)
    elif kind == "string" and not shape.enum and value not in KNOWN.setdefault(_meaning(shape), []):
        KNOWN[_meaning(shape)].append(value)


def _meaning(shape: Any) -> str:
    """What the texts of a shape are, whatever else they may be: ``FeatureGroupNameOrArn`` -> ``FeatureGroupName``."""
    return str(shape.name.removesuffix("OrArn"))


@cache
def valid(shape: Any, depth: int = 0) -> SearchStrategy[Any]:
    """Values of a shape that keep all its constraints. Optional members get rarer with depth."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, depth)
    if kind == "list":
        least = shape.metadata.get("min", 0)
        most = min(shape.metadata.get("max", least + 2), least + 2)
        return st.lists(_later(shape.member, depth + 1), min_size=least, max_size=most)
    if kind == "map":
        least = shape.metadata.get("min", 0)
        return st.dictionaries(_later(shape.key, depth), _later(shape.value, depth + 1), min_size=least, max_size=2)
    return _scalar(shape)


def _later(shape: Any, depth: int) -> SearchStrategy[Any]:
    return st.deferred(lambda: valid(shape, depth))


def _structure(shape: Any, depth: int) -> SearchStrategy[dict[str, Any]]:
    required = list(shape.required_members)
    optional = [] if depth > DEEPEST else [name for name in shape.members if name not in required]
    if shape.is_tagged_union:
        names: SearchStrategy[list[str]] = st.sampled_from(list(shape.members)).map(lambda name: [name])
    else:
        chosen = st.lists(st.sampled_from(optional), max_size=4 if depth == 0 else 1) if optional else st.just([])
        names = chosen.map(lambda more: list(dict.fromkeys([*required, *more])))

    def members(found: list[str]) -> SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({name: _later(shape.members[name], depth + 1) for name in found})

    return names.flatmap(members)


def _scalar(shape: Any) -> SearchStrategy[Any]:
    kind, limits = shape.type_name, shape.metadata
    if kind == "string":
        return _string(shape)
    if kind in NUMBERS:
        edge = NUMBERS[kind]
        lowest = 1 if shape.name.endswith("MaxResults") else -edge  # some models forget that a page holds something
        least, most = max(limits.get("min", lowest), -edge), min(limits.get("max", edge - 1), edge - 1)
        return st.integers(int(least), int(most)) if kind in {"integer", "long"} else st.floats(least, most, width=32)
    if kind == "blob":
        return st.binary(min_size=limits.get("min", 0), max_size=min(limits.get("max", 20), 20))
    moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))
    return st.booleans() if kind == "boolean" else moments


def _string(shape: Any) -> SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    least, most = bounds(shape)
    if "pattern" in shape.metadata or shape.serialization.get("location"):
        known = [text for text in KNOWN.get(_meaning(shape), ()) if matches(shape, text)]
        kept = st.sampled_from(_kept(shape))
        return st.one_of(st.sampled_from(known), kept) if known else kept
    lengths = {size for size in (least, most) if 0 < size <= LONGEST}
    edges = [st.just("x" * size) for size in sorted(lengths)]
    return st.one_of(st.text(min_size=least, max_size=max(least, min(most, 12))), *edges)


@cache
def _kept(shape: Any) -> list[str]:
    """Plausible texts that keep a shape's pattern and length: as they are, and cut or filled to its bounds."""
    _, most = bounds(shape)
    known = texts(shape)
    filled = [_filled(text, most) for text in known]
    return list(dict.fromkeys([*known, *(text for text in filled if matches(shape, text))]))


def _filled(text: str, most: int) -> str:
    return text.ljust(most, "x")[:most] if most <= LONGEST else text


@dataclass(frozen=True)
class Fault:
    """One broken constraint: ``spoil(input)`` gives the spoilt copy; ``path`` and ``rule`` must be in the answer.

    ``of`` is the shape that is broken. A fault that is found while a call is read (``UNREAD``) is told without path.
    """

    kind: str
    path: str
    rule: str
    spoil: Callable[[Any], Any]
    of: str

    def __repr__(self) -> str:
        return f"{self.kind} at {self.path}"

    @property
    def depth(self) -> int:
        """How many structures deep the member lies: 1 is a member of the call."""
        parts = self.path.split(".")
        return len(parts) - 2 * parts.count("member")


Place = tuple[Any, ...]
UNREAD = ("union", "type")
# Shape type -> what no reader takes for it.
OTHER: dict[str, Any] = {"string": {}, "structure": "text", "list": {}, "map": [], "timestamp": [], "blob": 1}
OTHER |= dict.fromkeys(("boolean", "integer", "long", "float", "double"), "text")


def faults(shape: Any, params: dict[str, Any]) -> Iterator[Fault]:
    """Every fault of every member that an input has, at any depth."""
    located = {camel(name) for name, member in shape.members.items() if _outside_body(member)}
    located.add(camel(shape.serialization.get("payload", "")))
    found = _faults(shape, params, (), ())
    return (fault for fault in found if fault.kind != "type" or fault.path.split(".")[0] not in located)


def _faults(shape: Any, value: Any, place: Place, path: tuple[str, ...]) -> Iterator[Fault]:
    kind = shape.type_name
    if path:
        yield Fault("type", ".".join(path), "", _put(place, OTHER[kind]), shape.name)
    if kind == "structure":
        yield from _missing(shape, value, place, path)
        yield from _not_one(shape, value, place, path)
        for name, item in value.items():
            yield from _faults(shape.members[name], item, (*place, name), (*path, camel(name)))
        return
    for name, rule, bad in _broken(shape, value):
        yield Fault(name, ".".join(path), rule, _put(place, bad), shape.name)
    if kind == "list":
        yield from _inside(shape.member, list(enumerate(value)), place, path)
    if kind == "map":
        yield from _inside(shape.value, list(value.items()), place, path)


def _missing(shape: Any, value: Any, place: Place, path: tuple[str, ...]) -> Iterator[Fault]:
    for name in shape.required_members:
        if shape.members[name].serialization.get("location") != "uri" and not shape.is_tagged_union:
            inner = ".".join((*path, camel(name)))
            yield Fault("missing", inner, "Member must not be null", _drop((*place, name)), f"{shape.name}.{name}")


def _not_one(shape: Any, value: Any, place: Place, path: tuple[str, ...]) -> Iterator[Fault]:
    """A union with no member, and with one more."""
    if shape.is_tagged_union:
        rule = f"Union {shape.name} must have exactly one member set"
        more = [name for name in shape.members if name not in value]
        for bad in ({}, *(value | {name: one(shape.members[name])} for name in more[:1])):
            yield Fault("union", ".".join(path), rule, _put(place, bad), shape.name)


def _inside(shape: Any, items: list[tuple[Any, Any]], place: Place, path: tuple[str, ...]) -> Iterator[Fault]:
    """Faults of a list's or map's entries; those of scalars are told of the whole."""
    nested = shape.type_name in {"structure", "list", "map"}
    for key, item in items:
        name = str(key + 1) if isinstance(key, int) else key
        inner = (*path, name, "member") if nested else path
        yield from _faults(shape, item, (*place, key), inner)


def _broken(shape: Any, value: Any) -> Iterator[tuple[str, str, Any]]:
    """(what is wrong, the rule, the bad value) for one value that is no structure."""
    if shape.type_name in NUMBERS:
        yield from _broken_number(shape)
    elif shape.type_name == "string":
        yield from _broken_string(shape)
    elif shape.type_name == "list" and value:
        yield from _broken_list(shape, value)
    elif shape.type_name == "map" and value:
        yield from _broken_map(shape, value)


def _broken_number(shape: Any) -> Iterator[tuple[str, str, Any]]:
    limits = shape.metadata
    if "max" in limits:
        yield "too great", f"value less than or equal to {limits['max']}", limits["max"] + 1
    if limits.get("min", -NUMBERS[shape.type_name]) > -NUMBERS[shape.type_name]:
        yield "too small", f"value greater than or equal to {limits['min']}", limits["min"] - 1


def _broken_string(shape: Any) -> Iterator[tuple[str, str, Any]]:
    limits = shape.metadata
    if shape.enum:
        yield "no such value", "Member must satisfy enum value set", "no-such-value"
    if "pattern" in limits and (odd := _odd(shape)):
        yield "other form", "Member must satisfy regular expression pattern", odd
    if limits.get("max", LONGEST) < LONGEST:
        yield "too long", f"length less than or equal to {limits['max']}", "x" * (limits["max"] + 1)
    if limits.get("min", 0) > 0 and not _outside_body(shape):
        yield "too short", f"length greater than or equal to {limits['min']}", "x" * (limits["min"] - 1)


def _broken_list(shape: Any, value: list[Any]) -> Iterator[tuple[str, str, Any]]:
    limits = shape.metadata
    if limits.get("max", MOST_ITEMS) < MOST_ITEMS:
        yield "too many", f"length less than or equal to {limits['max']}", value[:1] * (limits["max"] + 1)
    if limits.get("min", 0) > 0 and not _outside_body(shape):
        yield "too few", f"length greater than or equal to {limits['min']}", value[: limits["min"] - 1]


def _broken_map(shape: Any, value: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    limits, (key, item) = shape.metadata, next(iter(value.items()))
    for kind, _, bad in _broken_string(shape.key):
        if kind != "too short":
            yield "key", "Map keys must satisfy constraint: [Member must ", {bad: item}
    if limits.get("max", MOST_ITEMS) < MOST_ITEMS and not shape.key.enum:
        many = {f"{key[:10]}{number}": item for number in range(limits["max"] + 1)}
        yield "too many", f"length less than or equal to {limits['max']}", many
    if limits.get("min", 0) > 0:
        yield "too few", f"length greater than or equal to {limits['min']}", {}


def _outside_body(shape: Any) -> bool:
    """Whether a member stands in a path, a query or a header, where what is empty is not there."""
    return bool(shape.serialization.get("location"))


def _odd(shape: Any) -> str:
    """A text that breaks a shape's pattern, and can stand in a header; nothing where the pattern admits all."""
    least, most = bounds(shape)
    fitting = [text.ljust(least, " ")[:most] for text in ODD if text == "!" or not _outside_body(shape)]
    return next((text for text in fitting if not matches(shape, text)), "")


def camel(name: str) -> str:
    """How AWS's messages spell a member."""
    return re.sub(r"^.", lambda first: first[0].lower(), name)


def _put(place: Place, bad: Any) -> Callable[[Any], Any]:
    def spoil(params: Any) -> Any:
        spoilt = deepcopy(params)
        _at(spoilt, place[:-1])[place[-1]] = bad
        return spoilt

    return spoil


def _drop(place: Place) -> Callable[[Any], Any]:
    def spoil(params: Any) -> Any:
        spoilt = deepcopy(params)
        del _at(spoilt, place[:-1])[place[-1]]
        return spoilt

    return spoil


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value
