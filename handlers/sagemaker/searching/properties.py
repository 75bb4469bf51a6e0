"""Property names (``HyperParameters.eta``, ``InputDataConfig.ChannelName``, ``Tags.team``) as functions of a candidate.

A name is followed through the shape of its ``SearchRecord`` member, which tells what type its values have and whether
there is such a property at all. Lists on the way are looked into; what follows a map's name is its key, dots and all.
Names are taken whatever their case: the SDK sorts by ``metrics.test:accuracy.max``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from emulator.aws import model
from emulator.aws.model import Shape
from emulator.errors import validation
from handlers.sagemaker.resource import SERVICE
from handlers.sagemaker.searching.kinds import Searched, Subject

TYPES = {
    "string": "text",
    "boolean": "boolean",
    "timestamp": "time",
    **dict.fromkeys(("integer", "long", "float", "double"), "number"),
}
STATISTICS = {name.lower(): name for name in ("Max", "Min", "Last", "Count", "Avg", "StdDev")}

Getter = Callable[[Subject], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Property:
    """``values`` gives what a candidate has under ``name``. ``type``: text, number, time, boolean, parameter (text that
    may be a number) or structure."""

    name: str
    type: str
    values: Getter


def search_shape(searched: Searched) -> Shape:
    """The shape of a resource's answers."""
    record = model.service(SERVICE).operation("Search").output_shape.members["Results"].member
    return record.members[searched.member]


def find(searched: Searched, name: str) -> Property:
    """The property of that name. ``ValidationException`` when the resource has none."""
    head, _, rest = name.partition(".")
    if head.lower() == "tags" and rest:
        return Property(name, "text", lambda subject: _tag(subject, rest))
    if head.lower() == "metrics" and rest:
        return _metric(searched, name, rest)
    shape = search_shape(searched)
    if searched.within and _own(shape, head) is None:
        inner = find_in(shape.members[searched.within], name, name)
        return Property(name, inner.type, lambda subject: inner.values(subject.get(searched.within)))
    member = _own(shape, head)
    if member is None:
        raise unknown(name)
    if not rest:
        leaf = _element(shape.members[member])
        return Property(name, TYPES.get(leaf.type_name, "structure"), lambda subject: each(subject.get(member)))
    below = find_in(shape.members[member], rest, name)
    return Property(name, below.type, lambda subject: below.values(subject.get(member)))


def find_in(shape: Shape, path: str, name: str) -> Below:
    """The property ``path`` of values of this shape; ``name`` is what the caller called it."""
    shape = _element(shape)
    if shape.type_name == "map":
        return _entry(shape, path)
    head, _, rest = path.partition(".")
    member = _own(shape, head) if shape.type_name == "structure" else None
    if member is None:
        raise unknown(name)
    inner = shape.members[member]
    if not rest:
        return Below(TYPES.get(_element(inner).type_name, "structure"), lambda value: _at(value, member))
    below = find_in(inner, rest, name)
    return Below(below.type, lambda value: (found for one in _at(value, member) for found in below.values(one)))


@dataclass(frozen=True, slots=True)
class Below:
    """As :class:`Property`, of a value inside a candidate."""

    type: str
    values: Callable[[Any], Iterator[Any]]


def _entry(shape: Shape, path: str) -> Below:
    """An entry of a map; of a map of structures (``Parameters.eta.NumberValue``) a member or whatever it has."""
    if shape.value.type_name != "structure":
        kind = TYPES.get(shape.value.type_name, "structure")
        return Below("parameter" if kind == "text" else kind, lambda value: _at(value, path))
    key, _, last = path.rpartition(".")
    member = _own(shape.value, last) if key else None
    if member is None:
        return Below("parameter", lambda value: (found for one in _at(value, path) for found in scalars(one)))
    kind = TYPES.get(shape.value.members[member].type_name, "structure")
    return Below(
        "parameter" if kind == "text" else kind,
        lambda value: (found for one in _at(value, key) for found in _at(one, member)),
    )


def _metric(searched: Searched, name: str, path: str) -> Property:
    """``Metrics.accuracy`` of a training job is its final value; a component has statistics (``.Max``) or its last."""
    if searched.kind == "TrainingJob":
        return Property(name, "number", lambda subject: _named(subject.get("FinalMetricDataList"), path, "Value"))
    if "Metrics" not in search_shape(searched).members:
        raise unknown(name)
    metric, _, last = path.rpartition(".")
    statistic = STATISTICS.get(last.lower())
    if not metric or statistic is None:
        metric, statistic = path, "Last"
    return Property(name, "number", lambda subject: _named(subject.get("Metrics"), metric, statistic))


def _named(metrics: Any, name: str, member: str) -> Iterator[Any]:
    return (metric[member] for metric in metrics or () if metric["MetricName"] == name and member in metric)


def _tag(subject: Subject, key: str) -> Iterator[Any]:
    return (tag["Value"] for tag in subject.tags() if tag["Key"] == key)


def _own(shape: Shape, name: str) -> str | None:
    if name in shape.members:
        return name
    return next((member for member in shape.members if member.lower() == name.lower()), None)


def _element(shape: Shape) -> Shape:
    while shape.type_name == "list":
        shape = shape.member
    return shape


def each(value: Any) -> Iterator[Any]:
    """A value, or the elements of a list."""
    if isinstance(value, list):
        for one in value:
            yield from each(one)
    elif value is not None:
        yield value


def _at(value: Any, key: str) -> Iterator[Any]:
    for one in each(value):
        if isinstance(one, dict):
            yield from each(one.get(key))


def scalars(value: Any) -> Iterator[Any]:
    """All texts, numbers and truth values in a structure."""
    for one in each(list(value.values()) if isinstance(value, dict) else value):
        if isinstance(one, dict):
            yield from scalars(one)
        else:
            yield one


def unknown(name: str) -> Exception:
    """The error of a property that the resource does not have."""
    return validation(f"Unknown property name: {name}")
