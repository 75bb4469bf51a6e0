"""A SearchExpression as one function of a candidate: filters, nested filters and sub-expressions, joined by And or Or.

What is compared how, which operators go with which types, the limit on ``Contains`` and its wording: API reference,
``Filter`` and ``SearchExpression``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from emulator.aws import times
from emulator.errors import validation
from handlers.sagemaker.searching.kinds import Searched, Subject
from handlers.sagemaker.searching.properties import Property, each, find, find_in, scalars, search_shape, unknown

Record = dict[str, Any]
Condition = Callable[[Any], bool]

MOST = 50
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda a, b: bool(a > b),
    "GreaterThanOrEqualTo": lambda a, b: bool(a >= b),
    "LessThan": lambda a, b: bool(a < b),
    "LessThanOrEqualTo": lambda a, b: bool(a <= b),
}
# Properties that may be asked for with Contains more than once.
OFTEN = {
    "Experiment": {"DisplayName", "ExperimentName", "Tags"},
    "Trial": {"DisplayName", "TrialName", "Tags"},
    "TrialComponent": {"DisplayName", "TrialComponentName", "Tags", "InputArtifacts", "OutputArtifacts"},
}


def condition(searched: Searched, expression: Record | None) -> Condition:
    """Whether a candidate matches; without an expression all do. ``ValidationException`` on names and values that make
    no sense."""
    if expression is None:
        return lambda subject: True
    filters = list(_all(expression))
    if len(filters) > MOST:
        raise validation(f"A SearchExpression can have at most {MOST} filters, {len(filters)} given.")
    limited = [name for name, operator in filters if operator == "Contains" and not _often(searched, name)]
    if len(limited) > 1:
        raise validation("'CONTAINS' operator usage limit of 1 exceeded.")
    return _expression(searched, expression)


def visible(conditions: list[Record]) -> Condition:
    """VisibilityConditions: a resource that has one of these tags must have it with the value given."""
    wanted: dict[str, set[str]] = {}
    for one in conditions:
        key = one.get("Key", "")
        if not key.startswith("Tags."):
            raise validation(f"The key {key!r} of VisibilityConditions must have the format Tags.<key>.")
        wanted.setdefault(key.removeprefix("Tags."), set()).add(one.get("Value", ""))

    def test(subject: Subject) -> bool:
        return all(tag["Value"] in wanted.get(tag["Key"], (tag["Value"],)) for tag in subject.tags())

    return test


def _all(expression: Record) -> Iterator[tuple[str, str]]:
    """Name and operator of every filter, however deep."""
    nested = [part for one in expression.get("NestedFilters", []) for part in one["Filters"]]
    for part in (*expression.get("Filters", []), *nested):
        yield part["Name"], part.get("Operator", "Equals")
    for one in expression.get("SubExpressions", []):
        yield from _all(one)


def _often(searched: Searched, name: str) -> bool:
    return name.partition(".")[0] in OFTEN.get(searched.member, ())


def _expression(searched: Searched, expression: Record) -> Condition:
    parts = [_filter(find(searched, part["Name"]), part) for part in expression.get("Filters", [])]
    parts += [_nested(searched, part) for part in expression.get("NestedFilters", [])]
    parts += [_expression(searched, part) for part in expression.get("SubExpressions", [])]
    if not parts:
        raise validation("A SearchExpression must have at least one filter, nested filter or subexpression.")
    join: Callable[[Iterator[bool]], bool] = any if expression.get("Operator", "And") == "Or" else all
    return lambda subject: join(part(subject) for part in parts)


def _nested(searched: Searched, nested: Record) -> Condition:
    """All filters must hold for one and the same element of the list."""
    name = nested["NestedPropertyName"]
    outer, shape = find(searched, name), search_shape(searched)
    for part in name.split("."):
        while shape.type_name == "list":
            shape = shape.member
        shape = next((inner for member, inner in shape.members.items() if member.lower() == part.lower()), shape)
    parts = []
    for given in nested["Filters"]:
        if not given["Name"].lower().startswith(name.lower() + "."):
            raise unknown(given["Name"])
        below = find_in(shape, given["Name"][len(name) + 1 :], given["Name"])
        parts.append(_filter(Property(given["Name"], below.type, below.values), given))
    return lambda subject: any(all(part(element) for part in parts) for element in outer.values(subject))


def _filter(found: Property, given: Record) -> Condition:
    operator, values = given.get("Operator", "Equals"), found.values
    if operator == "Exists":
        return lambda subject: any(True for _ in values(subject))
    if operator == "NotExists":
        return lambda subject: not any(True for _ in values(subject))
    if "Value" not in given:
        raise validation(f"The filter on {found.name} needs a Value for the operator {operator}.")
    test = _test(found, operator, given["Value"])
    if operator == "NotEquals":
        return lambda subject: not any(test(value) for value in values(subject))
    return lambda subject: any(test(value) for value in values(subject))


def _test(found: Property, operator: str, wanted: str) -> Callable[[Any], bool]:
    """The operator as a function of one value of the property."""
    if operator in {"Contains", "In"}:
        return _textual(found, operator, wanted)
    if operator in ORDER and found.type in {"text", "structure", "boolean"}:
        raise validation(f"Operator {operator} is not supported for property {found.name}.")
    compare = ORDER.get(operator, lambda a, b: bool(a == b))
    if found.type == "parameter":
        return _parameter(found, operator, wanted, compare)
    if found.type in {"number", "time"}:
        return _measured(found, wanted, compare)
    folded = wanted.lower() if found.type == "boolean" else wanted
    fold = str.lower if found.type == "boolean" else str
    return lambda value: any(fold(str(one)) == folded for one in scalars(value))


def _measured(found: Property, wanted: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any], bool]:
    if found.type == "number":
        number = _read(found, wanted, float, "number")
        return lambda value: compare(value, number)
    second = int(_read(found, wanted, times.read, "date and time in ISO 8601"))
    return lambda value: compare(int(value), second)


def _textual(found: Property, operator: str, wanted: str) -> Callable[[Any], bool]:
    if found.type in {"number", "time", "boolean"}:
        raise validation(f"Operator {operator} is not supported for property {found.name}.")
    if operator == "In":
        options = {option.strip() for option in wanted.split(",")}
        return lambda value: str(value) in options
    part = wanted.lower()
    return lambda value: any(part in str(one).lower() for one in _texts(value))


def _texts(value: Any) -> Iterator[Any]:
    """The keys of a structure count too: the name of an input artifact, the key of a tag."""
    if isinstance(value, dict):
        yield from value
        yield from scalars(value)
    else:
        yield from each(value)


def _parameter(
    found: Property, operator: str, wanted: str, compare: Callable[[Any, Any], bool]
) -> Callable[[Any], bool]:
    """Hyperparameters are text. They are compared as decimals with a decimal, as integers with an integer."""
    number = as_number(wanted)
    if number is None:
        if operator in ORDER:
            raise validation(f"Value {wanted!r} of the filter on {found.name} is not a number.")
        return lambda value: str(value) == wanted
    whole = wanted.strip().lstrip("+-").isdigit() and operator in ORDER

    def test(value: Any) -> bool:
        given = as_number(value)
        return given is not None and compare(int(given) if whole else given, number)

    return test


def as_number(value: Any) -> float | None:
    """The number a parameter is, if it is one (``nan`` is none: it has no place in an order)."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None


def _read(found: Property, wanted: str, read: Callable[[Any], float], what: str) -> float:
    try:
        return read(wanted)
    except (ValueError, TypeError):
        raise validation(f"Value {wanted!r} of the filter on {found.name} is not a {what}.") from None
